import Experiments
import LinearAlgebra
import Networks
import OrderedCollections

extension ExperimentEngine {
  static func imageMLPSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> ImageMLPDraws.Sizes {
    ImageMLPDraws.Sizes(
      hiddenLayers: try parameters.integer("hidden_layers"),
      hiddenUnits: try parameters.integer("hidden_units"),
      classes: try parameters.integer("classes"),
      trainExamples: try parameters.integer("train_examples"),
      testExamples: try parameters.integer("test_examples"))
  }

  /// The images that a run learns, or those that it does not.
  ///
  /// - Parameters:
  ///   - set: `train` or `test`, with which the names of the parameters begin.
  ///   - count: how many, from the first on.
  ///   - classes: every label must be below.
  ///   - files: the contents of the input files, by the name of their parameter.
  /// - Returns: so many images.
  /// - Throws: `TrainingError` with the parameter whose file does not fit.
  private static func images(
    _ set: String, _ count: Int, classes: Int, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> LabelledImages {
    let names = (images: "\(set)_images", labels: "\(set)_labels")
    guard let images = files[names.images]?.array, let labels = files[names.labels]?.array else {
      throw TrainingError("\(names.images): the run has no images")
    }
    do {
      return try LabelledImages(
        images: images, labels: labels, count: count, classes: classes, names: names)
    } catch {
      throw TrainingError(error.problem)
    }
  }

  /// The images of both sets.
  ///
  /// - Throws: `TrainingError` with the parameter whose file does not fit.
  static func imageSets(
    _ sizes: ImageMLPDraws.Sizes, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> (train: LabelledImages, test: LabelledImages) {
    let train = try images("train", sizes.trainExamples, classes: sizes.classes, files)
    let test = try images("test", sizes.testExamples, classes: sizes.classes, files)
    guard train.side == test.side else {
      throw TrainingError(
        "test_images: its images have \(test.side.rows) × \(test.side.columns) pixels, those of "
          + "train_images \(train.side.rows) × \(train.side.columns)")
    }
    return (train, test)
  }

  /// The pixels of an image; MNIST's where there is no file to say.
  static func imagePixels(_ files: OrderedDictionary<String, RunInput>) -> Int {
    let sizes = files["train_images"]?.array?.sizes ?? []
    guard sizes.count == 3 else { return 784 }
    let (pixels, overflows) = sizes[1].multipliedReportingOverflow(by: sizes[2])
    // What is larger is no image, and refused when it is read.
    return overflows ? 0 : min(pixels, LabelledImages.pixelsMax)
  }

  static func imageMLP(
    _ parameters: RunParameters, _ files: OrderedDictionary<String, RunInput>
  ) throws(TrainingError) -> any TrainingEngine {
    let sizes = try imageMLPSizes(parameters)
    let sets = try imageSets(sizes, files)
    var task = ImageMLPTask(
      alpha: try parameters.number("alpha"),
      parametrisation: try parameters.text("parametrisation") == "ntk" ? .tangentKernel : .standard,
      batchSize: try parameters.integer("batch_size"), optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"))
    task.options = try optimiserOptions(parameters)
    task.hasKernelRegression = try linearisation(parameters) != .none
    let draws = ImageMLPDraws(
      sizes: sizes, parametrisation: task.parametrisation,
      weightScale: try parameters.number("weight_scale"), seed: try parameters.integer("seed"),
      train: sets.train, test: sets.test)
    return switch try parameters.text("precision") {
    case "float64": ImageMLPEngine<Double>(task: task, draws: draws)
    default: ImageMLPEngine<Float>(task: task, draws: draws)
    }
  }
}
