extension ExperimentDefinition {
  /// A network of rectified units learns to classify images from files.
  ///
  /// `standard`: f = the network's output times α, weights and biases uniform between ∓w/√inputs, w the weight scale: PyTorch's
  /// linear layers times w. Liu, Michaud and Tegmark 2023 (arXiv 2210.01117), app. C. `ntk`: no biases, weights of N(0, 2w²/inputs),
  /// a hidden layer divided by √inputs, the output by N and multiplied by α. Kumar et al. 2024 (arXiv 2310.06110), Fig. 6a. The loss
  /// is the mean of (f − y)² over images and classes, y the label as a vector of zeros and a one; pixels are between 0 and
  /// 1; an image counts as right if its largest output is its label's.
  public static let imageMLP = ExperimentDefinition(
    name: "image-mlp", version: 2,
    summary: "A network of rectified units classifies images; large initial weights delay it.",
    source: "Omnigrok, arXiv 2210.01117, MNIST; Kumar et al. 2024, arXiv 2310.06110, Fig. 6a",
    isHidden: false,
    parameters: ImageMLPParameters.network + ImageMLPParameters.data
      + OptimiserParameters.all(
        learningRate: 0.001, weightDecay: 0.01, source: "Omnigrok; Fig. 6a")
      + ImageMLPParameters.computation,
    thresholds: Thresholds(
      loss: [0.01, 0.02, 0.05, 0.1], accuracy: [0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.99, test: 0.8),
    maxSteps: 100_000,
    convergenceRule: nil,
    isRepeatedNearThresholds: true,
    resolve: { _, _ in },
    observables: [.weightNorm, .weightChange]
      + ObservableDefinition.alignment(labels: "one-hot labels") + [
        .kernelRegression("its mean over the classes, for each of them")
      ])
}

private enum ImageMLPParameters {
  static let network = [
    ParameterDefinition(
      name: "parametrisation", kind: .choice(["standard", "ntk"]), defaultValue: "standard",
      meaning: "standard: PyTorch's linear layers with biases; ntk: without biases, a hidden layer "
        + "divided by √inputs, the output by N", unit: nil,
      source: "standard: Omnigrok; ntk: Fig. 6a"),
    ParameterDefinition(
      name: "alpha", kind: .number(.above(0)), defaultValue: 1,
      meaning: "output scale α: how lazy the network is", unit: nil,
      source: "Fig. 6a: 0.001 to 0.5"),
    ParameterDefinition(
      name: "weight_scale", kind: .number(.above(0)), defaultValue: 8,
      meaning: "factor of all initial weights and biases", unit: nil,
      source: "Omnigrok; 150 with ntk: Fig. 6a"),
    ParameterDefinition(
      name: "hidden_layers", kind: .integer(1...16), defaultValue: 2,
      meaning: "hidden layers of rectified units", unit: nil, source: "Omnigrok; 3: Fig. 6a"),
    ParameterDefinition(
      name: "hidden_units", kind: .integer(1...8192), defaultValue: 200,
      meaning: "N, units of each hidden layer", unit: nil, source: "Omnigrok; Fig. 6a"),
    ParameterDefinition(
      name: "classes", kind: .integer(2...256), defaultValue: 10,
      meaning: "K, outputs; labels are below", unit: nil, source: "MNIST"),
  ]

  /// What a file without which there is no run is said to be needed for.
  private static let place =
    "MNIST's four files are at https://ossci-datasets.s3.amazonaws.com/mnist/, to be unpacked "
    + "with gunzip"

  private static func file(_ set: String, _ kind: String, _ example: String) -> ParameterDefinition
  {
    ParameterDefinition(
      name: "\(set)_\(kind)", kind: .file, defaultValue: nil,
      meaning: "an IDX file with the \(kind) of the \(set) set, such as \(example), not compressed",
      unit: nil, source: "MNIST", fileFormat: .idx, whereToGet: "such as \(example); \(place)")
  }

  static let data = [
    file("train", "images", "train-images-idx3-ubyte"),
    file("train", "labels", "train-labels-idx1-ubyte"),
    file("test", "images", "t10k-images-idx3-ubyte"),
    file("test", "labels", "t10k-labels-idx1-ubyte"),
    ParameterDefinition(
      name: "train_examples", kind: .integer(1...1_000_000), defaultValue: 1000,
      meaning: "P, how many images are learned, from the first of their file on", unit: nil,
      source: "Omnigrok; Fig. 6a"),
    ParameterDefinition(
      name: "test_examples", kind: .integer(1...1_000_000), defaultValue: 2000,
      meaning: "images of the test set, from the first of their file on", unit: nil,
      source: "Fig. 6a"),
    ParameterDefinition(
      name: "batch_size", kind: .integer(1...1_000_000), defaultValue: 200,
      meaning:
        "images of a step; batches follow one another in the order of the file, the last one "
        + "of a round may be smaller", unit: nil, source: "Omnigrok; Fig. 6a"),
  ]

  static let computation = [
    ParameterDefinition(
      name: "linearised", kind: .choice(["none", "regression"]), defaultValue: "none",
      meaning: "regression: kernel_regression_loss, the test loss of regression with the initial "
        + "tangent kernel, is recorded at step 0", unit: nil, source: "ours",
      isLeftOutAtDefault: true),
    ParameterDefinition(
      name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
      meaning: "draws of the initial weights", unit: nil, source: "ours"),
    ParameterDefinition(
      name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
      meaning: "arithmetic of the training step", unit: nil,
      source: "float64: Omnigrok; float32: Fig. 6a"),
  ]
}
