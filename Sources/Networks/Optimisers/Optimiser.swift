public import LinearAlgebra

/// Takes the steps of one rule, and keeps what the rule remembers of each weight.
public struct Optimiser<Scalar: BLASScalar>: Sendable {
  public let rule: OptimiserRule
  /// η.
  public let learningRate: Double
  /// λ.
  public let weightDecay: Double
  /// t, the steps taken.
  public private(set) var steps = 0
  /// m of each matrix of weights, or the velocity v of momentum.
  private var first: [Matrix<Scalar>]
  /// v of each matrix of weights; empty with momentum.
  private var second: [Matrix<Scalar>]

  /// - Parameters:
  ///   - rule: what a step is.
  ///   - learningRate: η.
  ///   - weightDecay: λ.
  ///   - weights: matrices of the shapes that steps will be given.
  public init(
    _ rule: OptimiserRule, learningRate: Double, weightDecay: Double, for weights: [Matrix<Scalar>]
  ) {
    self.rule = rule
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    let zeros = weights.map { Matrix<Scalar>(rows: $0.rows, columns: $0.columns) }
    first = zeros
    if case .momentum = rule { second = [] } else { second = zeros }
  }

  /// One step.
  ///
  /// - Parameters:
  ///   - weights: in the shapes and the order of `init`.
  ///   - gradients: one for each, which the step may change.
  public mutating func step(_ weights: inout [Matrix<Scalar>], _ gradients: inout [Matrix<Scalar>])
  {
    precondition(
      weights.count == first.count && gradients.count == first.count,
      "\(weights.count) weights and \(gradients.count) gradients for \(first.count) moments")
    steps += 1
    for index in weights.indices {
      switch rule {
      case .momentum(let momentum):
        if weightDecay > 0 { gradients[index].add(weights[index], times: Scalar(weightDecay)) }
        first[index].multiply(by: Scalar(momentum))
        first[index].add(gradients[index], times: 1)
        weights[index].add(first[index], times: Scalar(-learningRate))
      case .adam(let beta1, let beta2, let epsilon):
        weights[index].takeAdamStep(
          gradient: gradients[index], first: &first[index], second: &second[index],
          adamStep(beta1, beta2, epsilon, coupled: weightDecay, keep: 1))
      case .adamW(let beta1, let beta2, let epsilon):
        weights[index].takeAdamStep(
          gradient: gradients[index], first: &first[index], second: &second[index],
          adamStep(beta1, beta2, epsilon, coupled: 0, keep: 1 - learningRate * weightDecay))
      }
    }
  }

  private func adamStep(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double, coupled: Double, keep: Double
  ) -> AdamStep {
    AdamStep(
      coupled: coupled, keep: keep, beta1: beta1, beta2: beta2,
      rate: learningRate / (1 - Self.power(beta1, steps)),
      root: 1 / (1 - Self.power(beta2, steps)).squareRoot(), epsilon: epsilon)
  }

  /// By squaring: the same bits on every machine, which a library's power does not promise.
  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, factor, rest) = (1.0, base, exponent)
    while rest > 0 {
      if rest % 2 == 1 { result *= factor }
      factor *= factor
      rest /= 2
    }
    return result
  }

  /// What the rule remembers, for a checkpoint: a tensor of each moment of each matrix, and the steps taken.
  public func state() -> [Tensor] {
    var tensors = [Tensor(name: "optimiser_steps", shape: [], elements: .float64([Double(steps)]))]
    for (index, matrix) in first.enumerated() {
      tensors.append(Tensor(name: "first_moment_\(index)", matrix: matrix))
    }
    for (index, matrix) in second.enumerated() {
      tensors.append(Tensor(name: "second_moment_\(index)", matrix: matrix))
    }
    return tensors
  }

  /// Takes up what `state()` gave, to the bit.
  ///
  /// - Throws: `SafetensorsError` if something is missing or of another shape; then nothing has changed.
  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    guard case .float64(let counts) = try state.tensor(named: "optimiser_steps").elements,
      counts.count == 1, let restoredSteps = Int(exactly: counts[0]), restoredSteps >= 0
    else { throw SafetensorsError("optimiser_steps is not a number of steps") }
    var (restoredFirst, restoredSecond) = (first, second)
    for (index, matrix) in first.enumerated() {
      restoredFirst[index] = try state.matrix(
        named: "first_moment_\(index)", shape: [matrix.rows, matrix.columns])
    }
    for (index, matrix) in second.enumerated() {
      restoredSecond[index] = try state.matrix(
        named: "second_moment_\(index)", shape: [matrix.rows, matrix.columns])
    }
    (steps, first, second) = (restoredSteps, restoredFirst, restoredSecond)
  }
}
