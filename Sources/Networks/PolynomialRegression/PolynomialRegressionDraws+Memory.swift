extension PolynomialRegressionDraws.Sizes {
  /// The memory that a run of these sizes takes at its peak, in bytes.
  ///
  /// The largest of what is held at once: while the draws are made, each as a list and then as a matrix;
  /// while the engine copies them, each through a list again; when the engine is complete, with the draws
  /// still there; and without them, while the direct engine's weights are saved as a matrix, a list and
  /// bytes, or the kernel is measured. Padding and vectors are left out.
  ///
  /// - Parameters:
  ///   - isDirect: whether the engine goes through all hidden units.
  ///   - hasMomentum: whether there are velocities.
  ///   - isLinearised: whether the linearised network is made.
  ///   - scalarBytes: the size of the engine's numbers.
  /// - Returns: an estimate that is neither far below nor far above.
  public func bytes(
    isDirect: Bool, hasMomentum: Bool = false, isLinearised: Bool = false, scalarBytes: Int
  ) -> Int {
    let train = trainExamples * inputDimension
    let test = testExamples * inputDimension
    let weights = hiddenUnits * inputDimension
    let square = inputDimension * inputDimension
    // In the order of making: x, w, test_x.
    let drawing = 8 * max(2 * train, train + 2 * weights, train + weights + 2 * test)
    // The draws, and M in double precision.
    let held = 8 * (train + weights + test + square)
    // Wᵀ with its initial value, its gradient, its velocity and itself times the readouts, or nothing; and M.
    let copies = 3 + (hasMomentum ? 1 : 0) + (hasReadouts ? 1 : 0)
    let state = scalarBytes * ((isDirect ? copies * weights : 0) + square)
    let copyingWeights = isDirect ? (8 + scalarBytes) * weights : 0
    let copyingInputs =
      state + max((8 + scalarBytes) * train, scalarBytes * train + (8 + scalarBytes) * test)
    // The direct engine's hidden layer and moment, or the kernels' panels and six matrices of the step.
    let workspace =
      isDirect
      ? min(max(trainExamples, testExamples), 512) * hiddenUnits + square : train + 6 * square
    let complete = state + scalarBytes * (train + test + workspace)
    let saving = complete + (isDirect ? (hasMomentum ? 6 : 3) * scalarBytes * weights : 0)
    let usual = max(
      drawing, held + max(copyingWeights, copyingInputs, complete), saving,
      complete + measuringBytes(isDirect: isDirect, scalarBytes: scalarBytes))
    guard isLinearised else { return usual }
    // Its kernels stay; while they are made, their factors are there as matrices and as lists, and hidden layers.
    let pairs = trainExamples * max(trainExamples, testExamples)
    let layers = 4 * (trainExamples + testExamples) * hiddenUnits
    return max(usual + 8 * pairs, held + 8 * (7 * pairs + layers))
  }

  /// While an eigenvector of the initial kernel on all examples is found: the kernel and its two factors as matrices
  /// and as lists, later the eigenvectors with LAPACK's workspace; and the hidden layer three times.
  public var bytesForKernel: Int {
    let points = trainExamples + testExamples
    return 8 * (6 * points * points + points * (3 * hiddenUnits + 2 * inputDimension))
  }

  /// While the kernel is measured: two or three matrices of pairs of examples, and X M, or the hidden layer as a
  /// matrix, in lists of both precisions, as a layer, and as one times the readouts.
  private func measuringBytes(isDirect: Bool, scalarBytes: Int) -> Int {
    let probe = min(testExamples > 0 ? testExamples : trainExamples, KernelAlignment.examplesMax)
    let pairs = (hasReadouts ? 3 : 2) * probe * probe
    let layer = probe * (isDirect ? hiddenUnits : inputDimension)
    return isDirect
      ? scalarBytes * (pairs + 4 * layer) + 8 * layer : scalarBytes * (pairs + layer)
  }
}
