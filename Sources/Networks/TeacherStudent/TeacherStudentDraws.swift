public import LinearAlgebra

/// What a run of the student draws: both networks' weights, and the examples that the teacher has labelled.
///
/// Train inputs, test inputs, teacher and student have a stream of the generator each: another number of examples
/// keeps the networks, and the first examples.
public struct TeacherStudentDraws: Sendable {
  /// The sizes of a run.
  public struct Sizes: Hashable, Sendable {
    public var inputDimension: Int
    /// N, the width of both hidden layers.
    public var hiddenUnits: Int
    public var outputDimension: Int
    public var trainExamples: Int
    public var testExamples: Int

    public init(
      inputDimension: Int = 5, hiddenUnits: Int = 100, outputDimension: Int = 5,
      trainExamples: Int = 100, testExamples: Int = 100
    ) {
      self.inputDimension = inputDimension
      self.hiddenUnits = hiddenUnits
      self.outputDimension = outputDimension
      self.trainExamples = trainExamples
      self.testExamples = testExamples
    }

    /// How many weights a network has, biases counted.
    var weights: Int {
      hiddenUnits * (inputDimension + 1 + hiddenUnits + 1 + outputDimension) + outputDimension
    }

    /// The memory that a run of these sizes takes at its peak, in bytes.
    ///
    /// Both networks and the examples as drawn; weights, initial and present, gradients and two moments, and activations with their gradients;
    /// at the end a checkpoint's tensors and bytes.
    ///
    /// - Parameters:
    ///   - linearisation: what is computed of the linearised network.
    ///   - copies: how often the options of the optimiser take the memory of the weights.
    ///   - scalarBytes: the size of the engine's numbers.
    /// - Returns: an estimate that is neither far below nor far above.
    public func bytes(
      linearisation: Linearisation = .none, copies: Int = 0, scalarBytes: Int
    ) -> Int {
      let examples = trainExamples + testExamples
      let drawn =
        8 * (3 * weights + examples * (inputDimension + 2 * hiddenUnits + outputDimension))
      let activations = examples * (2 * hiddenUnits + outputDimension) + trainExamples * hiddenUnits
      let engine =
        scalarBytes * (5 * weights + activations + examples * (inputDimension + outputDimension))
      let saved = (6 + copies) * scalarBytes * weights
      // A twin has the same again, but for the draws, and its tangents.
      let twin = linearisation == .twin ? engine + scalarBytes * activations + saved : 0
      return drawn + max(engine + saved + twin, measuringBytes, regressionBytes(linearisation))
    }

    /// While the alignment is measured: kernels of three layers, of the labels and of the whole, as matrices and as lists.
    private var measuringBytes: Int {
      let probe = min(testExamples, KernelAlignment.examplesMax)
      return 8 * (10 * probe * probe + probe * (6 * hiddenUnits + outputDimension))
    }

    /// While regression with the initial kernel is solved: the kernel, its factor and copies, and that of test examples.
    private func regressionBytes(_ linearisation: Linearisation) -> Int {
      guard linearisation != .none else { return 0 }
      let outputs = outputDimension * outputDimension
      let slopes = outputDimension * (2 * hiddenUnits + outputDimension)
      return 8
        * (outputs * trainExamples * (4 * trainExamples + testExamples)
          + (trainExamples + testExamples) * slopes)
    }
  }

  /// The student's weights at step 0.
  public let student: PerceptronLayers<Double>
  /// `[train examples × inputs]`.
  public let trainInputs: Matrix<Double>
  /// The teacher's outputs, `[train examples × outputs]`.
  public let trainTargets: Matrix<Double>
  /// `[test examples × inputs]`.
  public let testInputs: Matrix<Double>
  /// `[test examples × outputs]`.
  public let testTargets: Matrix<Double>

  /// - Parameters:
  ///   - sizes: the shapes.
  ///   - studentScale: what the student's initial weights and biases are multiplied by; the teacher's are not.
  ///   - seed: the run's seed.
  public init(sizes: Sizes, studentScale: Double = 2, seed: Int) {
    func generator(_ stream: UInt64) -> Xoshiro256 {
      Xoshiro256(seed: UInt64(bitPattern: Int64(seed)), stream: stream)
    }
    func inputs(_ count: Int, stream: UInt64) -> Matrix<Double> {
      var generator = generator(stream)
      return Matrix<Double>(
        rows: count, columns: sizes.inputDimension,
        elements: NormalDeviates.array(count: count * sizes.inputDimension, using: &generator))
    }
    func network(stream: UInt64, scale: Double) -> PerceptronLayers<Double> {
      var generator = generator(stream)
      let widths = [
        sizes.inputDimension, sizes.hiddenUnits, sizes.hiddenUnits, sizes.outputDimension,
      ]
      return .standard(widths: widths, scale: scale, using: &generator)
    }
    let train = inputs(sizes.trainExamples, stream: 1)
    let test = inputs(sizes.testExamples, stream: 2)
    let teacher = network(stream: 3, scale: 1)
    self.init(
      student: network(stream: 4, scale: studentScale),
      train: (train, teacher.outputs(of: train)), test: (test, teacher.outputs(of: test)))
  }

  /// The test loss of regression with the student's initial tangent kernel, which has all outputs.
  func regressionLoss(alpha: Double) -> Double {
    func tangents(_ inputs: Matrix<Double>) -> PerceptronTangents {
      PerceptronTangents(student, alpha: alpha, inputs: inputs)
    }
    return tangents(trainInputs).regressionLoss(
      targets: trainTargets, test: tangents(testInputs), testTargets: testTargets, form: .whole)
  }

  /// Takes weights and examples as they are.
  ///
  /// - Parameters:
  ///   - student: the weights at step 0.
  ///   - train: inputs and targets, a row an example.
  ///   - test: the same of the test set.
  /// - Precondition: the shapes fit.
  public init(
    student: PerceptronLayers<Double>, train: (inputs: Matrix<Double>, targets: Matrix<Double>),
    test: (inputs: Matrix<Double>, targets: Matrix<Double>)
  ) {
    for set in [train, test] {
      precondition(
        set.inputs.rows == set.targets.rows && set.inputs.columns == student.matrices[0].rows
          && set.targets.columns == student.outputBias.columns && set.inputs.rows > 0,
        "\(set.inputs.shape) and \(set.targets.shape)")
    }
    self.student = student
    (trainInputs, trainTargets) = train
    (testInputs, testTargets) = test
  }
}
