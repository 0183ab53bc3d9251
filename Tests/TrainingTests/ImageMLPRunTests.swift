import Experiments
import LinearAlgebra
import Networks
import OrderedCollections
import Testing
import Training

/// Runs whose states are not all measured.
@Suite struct ImageMLPRunTests {
  static let thresholds = Thresholds(loss: [0.06, 0.1, 0.2, 0.3], accuracy: [0.4, 0.6, 0.8, 0.9])
  static let small: OrderedDictionary<String, ParameterValue> = [
    "classes": 3, "hidden_units": 8, "hidden_layers": 1, "train_examples": 40, "test_examples": 30,
    "batch_size": 7, "learning_rate": 0.003, "weight_scale": 3,
  ]
  static let names = ["train_images", "train_labels", "test_images", "test_labels"]

  static func configuration(
    _ changes: OrderedDictionary<String, ParameterValue> = [:]
  ) throws -> Configuration {
    try ExperimentDefinition.imageMLP.configuration(
      small.merging(changes) { $1 },
      inputs: OrderedDictionary(uniqueKeysWithValues: names.map { ($0, "0f") }))
  }

  /// An IDX file of bytes.
  static func idx(_ sizes: [Int], _ elements: [UInt8]) throws -> RunInput {
    let header: [UInt8] = [0, 0, 8, UInt8(sizes.count)]
    let shape = sizes.flatMap { size in
      [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
    }
    return try RunInput(bytes: header + shape + elements, format: .idx)
  }

  /// Images of 2 × 3 pixels, one of which is brighter for each label, with much noise.
  static func files(
    trainImages: Int = 40, testPixels: Int = 3
  ) throws -> OrderedDictionary<String, RunInput> {
    var generator = Xoshiro256(seed: 3, stream: 1)
    func set(_ count: Int, columns: Int) throws -> (RunInput, RunInput) {
      let labels = (0..<count).map { _ in UInt8(generator.next() % 3) }
      let pixels = labels.flatMap { label in
        (0..<2 * columns).map { pixel in
          UInt8(generator.next() % 156) + (pixel == Int(label) ? 100 : 0)
        }
      }
      return (try idx([count, 2, columns], pixels), try idx([count], labels))
    }
    let (train, test) = (try set(trainImages, columns: 3), try set(30, columns: testPixels))
    return [
      "train_images": train.0, "train_labels": train.1, "test_images": test.0,
      "test_labels": test.1,
    ]
  }

  static func run(
    _ precision: String = "float32", maxSteps: Int, checkpoint: Safetensors? = nil
  ) throws -> TrainingRun {
    try TrainingRun(
      try configuration(["precision": .text(precision)]), files: try files(),
      request: Request(maxSteps: maxSteps, thresholds: thresholds), checkpoint: checkpoint)
  }

  /// Whether the schedule has a measurement there: records, and every hundredth step.
  private static func isMeasured(_ step: Int) -> Bool {
    RecordSchedule.isDue(step: step) || step % 100 == 0
  }

  @Test func `crossings are the first steps past in the first interval that ends past`() throws {
    let steps = 1500
    // Steps of one each would measure all states; a twin does.
    var every: [Measurement] = []
    let files = try Self.files()
    func set(_ name: String, _ count: Int) throws -> LabelledImages {
      guard case .array(let images) = files["\(name)_images"],
        case .array(let labels) = files["\(name)_labels"]
      else { throw TrainingError("no arrays") }
      return try LabelledImages(
        images: images, labels: labels, count: count, classes: 3, names: ("images", "labels"))
    }
    let sizes = ImageMLPDraws.Sizes(
      hiddenLayers: 1, hiddenUnits: 8, classes: 3, trainExamples: 40, testExamples: 30)
    let draws = ImageMLPDraws(
      sizes: sizes, parametrisation: .standard, weightScale: 3, seed: 0,
      train: try set("train", 40), test: try set("test", 30))
    var engine = ImageMLPEngine<Float>(
      task: ImageMLPTask(batchSize: 7, learningRate: 0.003), draws: draws)
    for _ in 0...steps {
      let losses = engine.evaluate()
      let accuracies = try #require(engine.accuracies)
      every.append(
        Measurement(
          trainLoss: losses.train, testLoss: losses.test, trainAccuracy: accuracies.train,
          testAccuracy: accuracies.test))
      engine.descend()
    }
    var expected = Crossings(recording: Self.thresholds)
    var crossed = 0
    for series in Series.allCases {
      for threshold in expected.thresholds(of: series) {
        func isPast(_ step: Int) -> Bool {
          guard let value = every[step][series] else { return false }
          return series.fallsToThreshold
            ? value < threshold.doubleValue : value >= threshold.doubleValue
        }
        var begin = -1
        for step in 0...steps where Self.isMeasured(step) {
          if isPast(step) {
            let first = (begin + 1...step).first(where: isPast)
            expected.record(first, of: series, at: threshold)
            crossed += 1
            break
          }
          begin = step
        }
      }
    }
    var run = try Self.run(maxSteps: steps)
    let (records, summary) = TrainingRunTests.finish(&run, slice: 37)
    #expect(summary.crossings == expected)
    #expect(crossed >= 8)
    // Some lie within an interval, or nothing was shown.
    let found = summary.crossings.compactMap(\.step)
    #expect(found.contains { !Self.isMeasured($0) })
    #expect(records.allSatisfy { every[$0.step] == $0.measurement })
  }

  @Test(arguments: [0, 1, 99, 100, 133, 270, 431])
  func `a run that is interrupted between two measurements goes on to the bit`(pause: Int) throws {
    var whole = try Self.run(maxSteps: 600)
    let expected = TrainingRunTests.finish(&whole)
    var first = try Self.run(maxSteps: 600)
    var records = first.advance(steps: pause).records
    // What is saved is the state that was measured last.
    #expect(Self.isMeasured(first.step) && first.step <= pause)
    var second = try Self.run(
      maxSteps: 600, checkpoint: try Safetensors(bytes: first.checkpoint().bytes))
    let rest = TrainingRunTests.finish(&second, slice: 11)
    records += rest.0
    #expect(records == expected.0)
    #expect(rest.1 == expected.1)
    #expect(whole.checkpoint().bytes == second.checkpoint().bytes)
  }

  @Test func `the last step is measured, and a longer request finds what it would have at once`()
    throws
  {
    var short = try Self.run("float64", maxSteps: 205)
    let (records, summary) = TrainingRunTests.finish(&short)
    #expect(records.last?.step == 205 && summary.steps == 205 && summary.stopped == .stepLimit)
    #expect(summary.final.testAccuracy != nil)
    // Nobody who asks for more at once measures that step.
    #expect(short.step == 200)
    var longer = try Self.run(
      "float64", maxSteps: 400, checkpoint: try Safetensors(bytes: short.checkpoint().bytes))
    var whole = try Self.run("float64", maxSteps: 400)
    let (expected, found) = (TrainingRunTests.finish(&whole), TrainingRunTests.finish(&longer))
    #expect(found.0 == expected.0.filter { $0.step > 200 })
    #expect(found.1 == expected.1)
    #expect(longer.checkpoint().bytes == whole.checkpoint().bytes)
  }

  @Test func `a run without its files says which, and where they are`() throws {
    let problem = #expect(throws: TrainingError.self) {
      try TrainingRun(
        try Self.configuration(), request: Request(maxSteps: 1, thresholds: Thresholds()))
    }?.problem
    #expect(
      problem
        == "train_images: expected the path of a file, such as train-images-idx3-ubyte; MNIST's four "
        + "files are at https://ossci-datasets.s3.amazonaws.com/mnist/, to be unpacked with gunzip; "
        + "found nothing")
  }

  @Test(arguments: [
    (39, 3, "train_images: the run takes the first 40 images, the file has 39"),
    (40, 4, "test_images: its images have 2 × 4 pixels, those of train_images 2 × 3"),
  ])
  func `files that do not fit are refused before any run`(
    images: Int, pixels: Int, problem: String
  ) throws {
    let files = try Self.files(trainImages: images, testPixels: pixels)
    let configuration = try Self.configuration()
    #expect(throws: TrainingError(problem)) {
      try TrainingRun.check(files, for: [configuration, configuration])
    }
  }

  @Test func `a file is read as what its parameter takes`() {
    #expect(
      throws: TrainingError(
        "expected an IDX file, which begins with two zero bytes, a type and a count")
    ) { try RunInput(bytes: Array("nothing of the kind".utf8), format: .idx) }
  }
}
