public import LinearAlgebra

/// What a run of an image classifier begins with: images, and weights at step 0.
public struct ImageMLPDraws: Sendable {
  /// The sizes of a run, but for the pixels, which the files settle.
  public struct Sizes: Hashable, Sendable {
    public var hiddenLayers: Int
    /// N, the width of every hidden layer.
    public var hiddenUnits: Int
    public var classes: Int
    public var trainExamples: Int
    public var testExamples: Int

    public init(
      hiddenLayers: Int = 2, hiddenUnits: Int = 200, classes: Int = 10, trainExamples: Int = 1000,
      testExamples: Int = 2000
    ) {
      self.hiddenLayers = hiddenLayers
      self.hiddenUnits = hiddenUnits
      self.classes = classes
      self.trainExamples = trainExamples
      self.testExamples = testExamples
    }

    /// The inputs of each layer and its units, from the first to the outputs.
    func layers(pixels: Int) -> [(inputs: Int, units: Int)] {
      let widths =
        [pixels] + Array(repeating: hiddenUnits, count: hiddenLayers) + [classes]
      return zip(widths, widths.dropFirst()).map { ($0, $1) }
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// Images and weights as drawn; weights, gradients and two moments, and what a block of images makes; at the end a
    /// checkpoint's tensors and bytes.
    ///
    /// - Parameters:
    ///   - pixels: of an image; MNIST's have 28 times 28.
    ///   - batchSize: the images of a step.
    ///   - hasRegression: whether regression with the initial kernel is solved.
    ///   - copies: how often the options of the optimiser take the memory of the weights.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(
      pixels: Int, batchSize: Int, hasRegression: Bool = false, copies: Int = 0,
      scalarBytes: Int
    ) -> Int {
      let weights = layers(pixels: pixels).reduce(0) { $0 + ($1.inputs + 1) * $1.units }
      let images = (trainExamples + testExamples) * (pixels + classes)
      let activations = 2 * batchSize * (hiddenLayers * hiddenUnits + classes)
      let held = (8 + scalarBytes) * images + 8 * weights + scalarBytes * 4 * weights
      let usual = scalarBytes * ((7 + copies) * weights + activations)
      let probe = min(testExamples, KernelAlignment.examplesMax)
      let measuring = tangentBytes(probe, pixels: pixels) + kernelBytes(probe * probe)
      let examples = trainExamples + testExamples
      let regression =
        tangentBytes(examples, pixels: pixels) + kernelBytes(trainExamples * examples)
      return held + max(usual, measuring, hasRegression ? regression : 0)
    }

    /// Images in double precision, and what two passes make of them.
    private func tangentBytes(_ examples: Int, pixels: Int) -> Int {
      8 * examples * (2 * pixels + 3 * hiddenLayers * hiddenUnits)
    }

    /// A product and a factor of it a layer, and the sum with its copies.
    private func kernelBytes(_ pairs: Int) -> Int { 8 * pairs * (2 * (hiddenLayers + 1) + 4) }
  }

  /// W₁ `[pixels × N]`, b₁ `[1 × N]`, W₂, b₂ and so on; without biases W₁, W₂ and so on.
  public let weights: [Matrix<Double>]
  public let train: LabelledImages
  public let test: LabelledImages
  public let classes: Int

  /// Draws weights for images.
  ///
  /// - Parameters:
  ///   - sizes: the shapes.
  ///   - parametrisation: what is drawn.
  ///   - weightScale: the factor of everything drawn.
  ///   - seed: the run's seed.
  ///   - train: what is learned.
  ///   - test: what is not; images of as many pixels.
  public init(
    sizes: Sizes, parametrisation: ImageMLPTask.Parametrisation, weightScale: Double, seed: Int,
    train: LabelledImages, test: LabelledImages
  ) {
    var generator = Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: 1)
    var weights: [Matrix<Double>] = []
    for (inputs, units) in sizes.layers(pixels: train.images.columns) {
      switch parametrisation {
      case .standard:
        let bound = weightScale / Double(inputs).squareRoot()
        for rows in [inputs, 1] {
          weights.append(
            .uniform(rows: rows, columns: units, bound: bound, using: &generator))
        }
      case .tangentKernel:
        let factor = weightScale * (2 / Double(inputs)).squareRoot()
        let numbers = NormalDeviates.array(count: inputs * units, using: &generator)
        weights.append(Matrix(rows: inputs, columns: units, elements: numbers.map { factor * $0 }))
      }
    }
    self.init(weights: weights, classes: sizes.classes, train: train, test: test)
  }

  /// Takes weights and images as they are.
  ///
  /// - Parameters:
  ///   - weights: as the property has them.
  ///   - classes: the outputs.
  ///   - train: what is learned.
  ///   - test: what is not.
  public init(
    weights: [Matrix<Double>], classes: Int, train: LabelledImages, test: LabelledImages
  ) {
    precondition(
      train.images.columns == weights[0].rows && test.images.columns == weights[0].rows
        && weights[weights.count - 1].columns == classes && train.images.rows > 0
        && test.images.rows > 0,
      "\(train.images.shape) and \(test.images.shape) for weights of \(weights.map(\.shape))")
    self.weights = weights
    self.train = train
    self.test = test
    self.classes = classes
  }
}
