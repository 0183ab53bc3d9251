import Experiments
import Networks
import OrderedCollections
import Testing
import Training

@Suite struct TrainingRunTests {
  static let small: OrderedDictionary<String, ParameterValue> = [
    "alpha": 1.2, "epsilon": 0.1, "input_dimension": 12, "hidden_units": 30,
    "train_examples": 60, "seed": 3, "learning_rate": 2,
  ]
  static let thresholds = Thresholds(loss: [0.01, 0.05, 0.1, 0.2, 0.3, 0.4])

  static func configuration(
    _ changes: OrderedDictionary<String, ParameterValue> = [:]
  ) throws -> Configuration {
    try ExperimentDefinition.polynomialRegression.configuration(
      small.merging(changes) { $1 })
  }

  /// All records and the summary, in slices of the given length.
  static func finish(_ run: inout TrainingRun, slice: Int = 1000) -> ([RunRecord], RunSummary) {
    var records: [RunRecord] = []
    while true {
      let part = run.advance(steps: slice)
      records += part.records
      if let summary = part.finished { return (records, summary) }
    }
  }

  @Test(arguments: [("reduced", "float32"), ("reduced", "float64"), ("direct", "float32")])
  func `a run gives the same records twice, however it is sliced`(
    engine: String, precision: String
  ) throws {
    let configuration = try Self.configuration([
      "engine": .text(engine), "precision": .text(precision),
    ])
    let request = Request(maxSteps: 700, thresholds: Self.thresholds)
    var whole = try TrainingRun(configuration, request: request)
    var sliced = try TrainingRun(configuration, request: request)
    let (first, second) = (Self.finish(&whole), Self.finish(&sliced, slice: 7))
    #expect(first.0 == second.0)
    #expect(first.1 == second.1)
    #expect(first.1.stopped == .stepLimit && first.1.steps == 700)
    #expect(first.0.map(\.step).prefix(3) == [0, 1, 2] && first.0.last?.step == 700)
  }

  @Test(
    arguments: [("reduced", "float32"), ("reduced", "float64"), ("direct", "float64")],
    [1, 3, 250])
  func `a run continued from a checkpoint goes on to the bit`(
    engine: (String, String), pause: Int
  ) throws {
    let configuration = try Self.configuration([
      "engine": .text(engine.0), "precision": .text(engine.1),
    ])
    let request = Request(maxSteps: 900, thresholds: Self.thresholds)
    var whole = try TrainingRun(configuration, request: request)
    let expected = Self.finish(&whole)
    var first = try TrainingRun(configuration, request: request)
    var records = first.advance(steps: pause).records
    let bytes = first.checkpoint().bytes
    var second = try TrainingRun(
      configuration, request: request, checkpoint: try Safetensors(bytes: bytes))
    #expect(second.step == pause)
    let rest = Self.finish(&second)
    records += rest.0
    #expect(records == expected.0)
    #expect(rest.1 == expected.1)
    #expect(whole.checkpoint().bytes == second.checkpoint().bytes)
  }

  @Test(
    arguments: [
      ["momentum": 0.9, "learning_rate": 0.2],
      ["readouts": "trained", "predictor": "uncentred", "learning_rate": 0.2],
      ["readouts": "trained", "momentum": 0.5, "weight_decay": 0.0001, "learning_rate": 0.1],
      ["target": "hermite-3", "directions": 2, "learning_rate": 0.1],
      ["target": "hermite-3", "test_loss": "population", "learning_rate": 0.1],
      ["linearised": "twin", "weight_change": "recorded", "weight_decay": 0.0001],
      [
        "weight_decay": 0.0001, "sigma": 0.5, "scaling": "fig3a", "target": "hermite-2",
        "learning_rate": 0.1,
      ],
    ] as [OrderedDictionary<String, ParameterValue>])
  func `whatever is asked for, a run continued from a checkpoint goes on to the bit`(
    changes: OrderedDictionary<String, ParameterValue>
  ) throws {
    let configuration = try Self.configuration(changes)
    let request = Request(maxSteps: 200, thresholds: Self.thresholds)
    var whole = try TrainingRun(configuration, request: request)
    let expected = Self.finish(&whole)
    #expect(expected.1.stopped == .stepLimit)
    #expect(try #require(expected.1.final.trainLoss) < #require(expected.1.initial.trainLoss))
    var first = try TrainingRun(configuration, request: request)
    var records = first.advance(steps: 77).records
    var second = try TrainingRun(
      configuration, request: request,
      checkpoint: try Safetensors(bytes: first.checkpoint().bytes))
    let rest = Self.finish(&second)
    records += rest.0
    #expect(records == expected.0)
    #expect(rest.1 == expected.1)
  }

  @Test func `crossings are the first steps below, found by a look at every step`() throws {
    let configuration = try Self.configuration()
    let request = Request(maxSteps: 1500, thresholds: Self.thresholds)
    var run = try TrainingRun(configuration, request: request)
    let (_, summary) = Self.finish(&run)
    var naive = Crossings(recording: Self.thresholds)
    // A twin that steps the engine itself.
    let draws = PolynomialRegressionDraws(
      sizes: PolynomialRegressionDraws.Sizes(
        inputDimension: 12, hiddenUnits: 30, trainExamples: 60), seed: 3)
    var engine = ReducedEngine<Float>(
      task: PolynomialRegressionTask(alpha: 1.2, epsilon: 0.1, learningRate: 2), draws: draws)
    for step in 0...1500 {
      let losses = engine.evaluate()
      for threshold in Self.thresholds.loss {
        if losses.train < threshold.doubleValue, naive.step(.trainLoss, threshold) == nil {
          naive.record(step, of: .trainLoss, at: threshold)
        }
        if losses.test < threshold.doubleValue, naive.step(.testLoss, threshold) == nil {
          naive.record(step, of: .testLoss, at: threshold)
        }
      }
      engine.descend()
    }
    #expect(summary.crossings == naive)
    #expect(naive.step(.trainLoss, 0.1) != nil && naive.step(.testLoss, 0.1) != nil)
  }

  @Test func `a run that blows up is diverged at that step, and that is a result`() throws {
    let configuration = try Self.configuration(["learning_rate": 2000])
    var run = try TrainingRun(
      configuration, request: Request(maxSteps: 10_000, thresholds: Self.thresholds))
    let (records, summary) = Self.finish(&run)
    #expect(summary.stopped == .diverged)
    #expect(summary.steps > 0 && summary.steps < 1000)
    #expect(records.last?.step == summary.steps)
    #expect(summary.final.trainLoss == nil || summary.final.testLoss == nil)
    #expect(summary.initial.trainLoss != nil)
  }

  @Test func `a run stops once both thresholds of its criterion are crossed`() throws {
    let rule = GrokkedRule(measure: .loss, train: 0.1, test: 0.15)
    var run = try TrainingRun(
      try Self.configuration(),
      request: Request(maxSteps: 5000, criterion: rule, thresholds: Self.thresholds))
    let (_, summary) = Self.finish(&run)
    #expect(summary.stopped == .criterion)
    #expect(summary.steps == rule.reached(in: summary.crossings))
  }

  @Test func `convergence is noted where the run goes on, and stops it where asked`() throws {
    let configuration = try Self.configuration()
    var onwards = try TrainingRun(
      configuration, request: Request(maxSteps: 60_000, thresholds: Self.thresholds))
    var stopping = try TrainingRun(
      configuration,
      request: Request(maxSteps: 60_000, stopsWhenConverged: true, thresholds: Self.thresholds))
    let (far, near) = (Self.finish(&onwards).1, Self.finish(&stopping).1)
    #expect(near.stopped == .converged)
    #expect(near.convergedAt == near.steps)
    #expect(far.convergedAt == near.steps)
    #expect(far.steps == 60_000 && far.stopped == .stepLimit)
  }

  @Test func `a checkpoint of another run, or beyond the limit, is refused`()
    throws
  {
    let configuration = try Self.configuration()
    var run = try TrainingRun(
      configuration, request: Request(maxSteps: 50, thresholds: Self.thresholds))
    _ = run.advance(steps: 50)
    let checkpoint = run.checkpoint()
    func problem(_ configuration: Configuration, _ request: Request) -> String? {
      do throws(TrainingError) {
        _ = try TrainingRun(configuration, request: request, checkpoint: checkpoint)
        return nil
      } catch {
        return error.problem
      }
    }
    #expect(
      problem(configuration, Request(maxSteps: 49, thresholds: Self.thresholds))
        == "the checkpoint is at step 50, the run was asked for 49")
    #expect(
      problem(
        try Self.configuration(["seed": 4]), Request(maxSteps: 90, thresholds: Self.thresholds))
        == "checkpoint: it belongs to another run")
    #expect(problem(configuration, Request(maxSteps: 50, thresholds: Self.thresholds)) == nil)
  }

  @Test func `a run begins anew if its checkpoint has not watched for a threshold`() throws {
    let configuration = try Self.configuration()
    var before = try TrainingRun(
      configuration, request: Request(maxSteps: 50, thresholds: Self.thresholds))
    _ = before.advance(steps: 50)
    let more = Request(
      maxSteps: 90, thresholds: Self.thresholds.union(Thresholds(loss: [0.15])))
    var whole = try TrainingRun(configuration, request: more)
    var again = try TrainingRun(configuration, request: more, checkpoint: before.checkpoint())
    #expect(again.step == 0)
    let (expected, found) = (Self.finish(&whole), Self.finish(&again))
    #expect(found.0 == expected.0 && found.1 == expected.1)
  }

  @Test func `a noop run has losses that can be foretold and ends at its number of steps`() throws {
    let configuration = try ExperimentDefinition.noop.configuration(["steps": 12])
    var run = try TrainingRun(
      configuration,
      request: Request(
        maxSteps: 1000, stopsWhenConverged: true, thresholds: Thresholds(loss: [0.1, 0.5])))
    let (records, summary) = Self.finish(&run)
    #expect(records.count == 13)
    #expect(summary.steps == 12 && summary.stopped == .converged)
    #expect(summary.final.testLoss == 1 / 13.0)
    #expect(summary.crossings.step(.testLoss, 0.5) == 2)
    #expect(summary.crossings.step(.trainLoss, 0.1) == 10)
  }

  @Test(arguments: ["reduced", "direct"])
  func `alignment is recorded at steps 0, 1, 4, 16, 64 and so on and at the last`(engine: String)
    throws
  {
    var run = try TrainingRun(
      try Self.configuration(["engine": .text(engine)]),
      request: Request(maxSteps: 300, thresholds: Self.thresholds))
    let (records, _) = Self.finish(&run)
    let measured = records.filter { $0.observables["alignment"] != nil }
    #expect(measured.map(\.step) == [0, 1, 4, 16, 64, 256, 300])
    #expect(measured.allSatisfy { $0.observables["centred_alignment"] != nil })
    for name in ["weight_norm", "variance", "misalignment", "linear_power"] {
      #expect(records.allSatisfy { $0.observables[name] != nil })
    }
    // Feature learning turns the kernel to the task.
    let ends = try [measured.first, measured.last].map {
      try #require($0?.observables["centred_alignment"] ?? nil)
    }
    #expect(ends[1] > ends[0])
  }

  @Test func `kernel regression is recorded at step 0, the linearised twin throughout`() throws {
    let request = Request(maxSteps: 20, thresholds: Self.thresholds)
    for (choice, hasTwin) in [("none", false), ("regression", false), ("twin", true)] {
      var regression = try TrainingRun(
        try Self.configuration(["linearised": .text(choice)]), request: request)
      var eigenvector = try TrainingRun(
        try ExperimentDefinition.eigenvectorLabels.configuration([
          "linearised": .text(choice), "train_examples": 20, "eigenvector": 3,
        ]), request: request)
      for (records, _) in [Self.finish(&regression), Self.finish(&eigenvector)] {
        let measured = records.filter { $0.observables["kernel_regression_loss"] != nil }
        #expect(measured.map(\.step) == (choice == "none" ? [] : [0]))
        #expect(
          records.allSatisfy { ($0.observables["linearised_test_loss"] != nil) == hasTwin })
      }
    }
  }

  @Test func `records are dense early and sixteen an octave later`() {
    #expect((0...32).allSatisfy { RecordSchedule.isDue(step: $0) })
    #expect((64..<128).filter { RecordSchedule.isDue(step: $0) }.count == 16)
    #expect((65_536..<131_072).filter { RecordSchedule.isDue(step: $0) }.count == 16)
  }
}
