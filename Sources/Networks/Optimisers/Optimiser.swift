public import LinearAlgebra

/// Takes the steps of one rule, and keeps what the rule remembers of each weight.
public struct Optimiser<Scalar: BLASScalar>: Sendable {
  public let rule: OptimiserRule
  /// η.
  public let learningRate: Double
  /// λ.
  public let weightDecay: Double
  /// w: the t-th step has the rate η min((t − 1)/w, 1); 0 for η throughout.
  public let warmUp: Int
  public let options: OptimiserOptions
  /// t, the steps taken.
  public private(set) var steps = 0
  /// m of each matrix of weights, or the velocity v of momentum.
  private var first: [Matrix<Scalar>]
  /// v of each matrix of weights; empty with momentum.
  private var second: [Matrix<Scalar>]
  private var slow: SlowGradient<Scalar>
  /// The initial weights; empty if decay is towards 0.
  private let initial: [Matrix<Scalar>]
  /// The norm of the initial weights; nil if theirs may change.
  private let keptNorm: Double?
  /// What norms are distances from; empty if none is needed.
  private let zeros: [Matrix<Scalar>]

  /// - Parameters:
  ///   - rule: what a step is.
  ///   - learningRate: η.
  ///   - weightDecay: λ.
  ///   - warmUp: w.
  ///   - options: what is done around the rule.
  ///   - weights: the initial weights, matrices of the shapes that steps will be given.
  public init(
    _ rule: OptimiserRule, learningRate: Double, weightDecay: Double, warmUp: Int = 0,
    options: OptimiserOptions = OptimiserOptions(), for weights: [Matrix<Scalar>]
  ) {
    self.rule = rule
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
    self.options = options
    let zeros = weights.map { Matrix<Scalar>(rows: $0.rows, columns: $0.columns) }
    first = zeros
    if case .momentum = rule { second = [] } else { second = zeros }
    slow = SlowGradient(options.slowGradient, like: zeros)
    initial = options.decaysTowardsInitial ? weights : []
    self.zeros = options.clipNorm != nil || options.keepsNorm ? zeros : []
    keptNorm = options.keepsNorm ? Self.norm(weights, zeros) : nil
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
    slow.amplify(&gradients, seen: steps)
    clip(&gradients)
    steps += 1
    let rate = presentRate
    // Towards the initial weights it is done beforehand.
    let decay = initial.isEmpty ? weightDecay : 0
    for index in weights.indices {
      if !initial.isEmpty { decayTowardsInitial(&weights[index], &gradients[index], index, rate) }
      switch rule {
      case .momentum(let momentum):
        if decay > 0 { gradients[index].add(weights[index], times: Scalar(decay)) }
        first[index].multiply(by: Scalar(momentum))
        first[index].add(gradients[index], times: 1)
        weights[index].add(first[index], times: Scalar(-rate))
      case .adam(let beta1, let beta2, let epsilon):
        weights[index].takeAdamStep(
          gradient: gradients[index], first: &first[index], second: &second[index],
          adamStep(beta1, beta2, epsilon, coupled: decay, keep: 1))
      case .adamW(let beta1, let beta2, let epsilon):
        weights[index].takeAdamStep(
          gradient: gradients[index], first: &first[index], second: &second[index],
          adamStep(beta1, beta2, epsilon, coupled: 0, keep: 1 - rate * decay))
      }
    }
    guard let keptNorm else { return }
    let factor = Scalar(keptNorm / Self.norm(weights, zeros))
    for index in weights.indices { weights[index].multiply(by: factor) }
  }

  /// λ (w − w₀), the difference made first: Adam makes a step of whatever small a gradient is left where they are equal.
  private func decayTowardsInitial(
    _ weights: inout Matrix<Scalar>, _ gradient: inout Matrix<Scalar>, _ index: Int, _ rate: Double
  ) {
    if isDecoupled {
      weights.add(differenceFrom: initial[index], times: Scalar(-rate * weightDecay))
    } else {
      gradient.add(differenceOf: weights, and: initial[index], times: Scalar(weightDecay))
    }
  }

  /// Whether decay changes the weights beside the gradient.
  private var isDecoupled: Bool { if case .adamW = rule { true } else { false } }

  /// Shortens the gradient of all weights together to the largest norm.
  private func clip(_ gradients: inout [Matrix<Scalar>]) {
    guard let largest = options.clipNorm else { return }
    let norm = Self.norm(gradients, zeros)
    guard norm + 1e-6 > largest else { return }
    for index in gradients.indices {
      gradients[index].multiply(by: Scalar(largest / (norm + 1e-6)))
    }
  }

  private static func norm(_ matrices: [Matrix<Scalar>], _ zeros: [Matrix<Scalar>]) -> Double {
    var squares = 0.0
    for index in matrices.indices { squares += matrices[index].squaredDistance(to: zeros[index]) }
    return squares.squareRoot()
  }

  /// The learning rate of the step that was begun last, as PyTorch's `LambdaLR` has it with min(epoch/w, 1).
  private var presentRate: Double {
    let rate =
      warmUp == 0 ? learningRate : learningRate * min(Double(steps - 1) / Double(warmUp), 1)
    return rate * options.rateFactor(step: steps)
  }

  private func adamStep(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double, coupled: Double, keep: Double
  ) -> AdamStep {
    AdamStep(
      coupled: coupled, keep: keep, beta1: beta1, beta2: beta2,
      rate: presentRate / (1 - Self.power(beta1, steps)),
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
  ///
  /// - Parameters:
  ///   - layout: the names and places of the weights in the only matrix; nil where each matrix is one tensor.
  ///   - name: what all names begin with, where a network has several optimisers.
  ///   - arranged: puts the rows of moments into the order that a file has them in.
  /// - Returns: tensors, those of the moments named after the weights' place or name.
  public func state(
    _ layout: ParameterLayout? = nil, named name: String = "",
    arranged: ([Matrix<Scalar>]) -> [Matrix<Scalar>] = { $0 }
  ) -> [Tensor] {
    var tensors = [
      Tensor(name: name + "optimiser_steps", shape: [], elements: .float64([Double(steps)]))
    ]
    let rules = [("first_moment_", first), ("second_moment_", second)]
    for (prefix, moments) in rules + slow.moments
    where !moments.isEmpty {
      for (index, matrix) in arranged(moments).enumerated() {
        tensors +=
          layout?.tensors(of: matrix, prefix: name + prefix)
          ?? [Tensor(name: "\(name)\(prefix)\(index)", matrix: matrix)]
      }
    }
    return tensors
  }

  /// Takes up what `state()` gave, to the bit.
  ///
  /// - Parameters:
  ///   - state: a file that has it.
  ///   - layout: as it was given to `state()`.
  ///   - name: likewise.
  ///   - arranged: undoes what `state()` was given.
  /// - Throws: `SafetensorsError` if something is missing or of another shape; then nothing has changed.
  public mutating func restore(
    _ state: Safetensors, _ layout: ParameterLayout? = nil, named name: String = "",
    arranged: ([Matrix<Scalar>]) -> [Matrix<Scalar>] = { $0 }
  ) throws(SafetensorsError) {
    guard case .float64(let counts) = try state.tensor(named: name + "optimiser_steps").elements,
      counts.count == 1, let restoredSteps = Int(exactly: counts[0]), restoredSteps >= 0
    else { throw SafetensorsError("\(name)optimiser_steps is not a number of steps") }
    func restored(
      _ moments: [Matrix<Scalar>], _ prefix: String
    ) throws(SafetensorsError) -> [Matrix<Scalar>] {
      var restored = moments
      for (index, matrix) in moments.enumerated() {
        if let layout {
          try layout.read(state, prefix: name + prefix, into: &restored[index])
        } else {
          restored[index] = try state.matrix(
            named: "\(name)\(prefix)\(index)", shape: [matrix.rows, matrix.columns])
        }
      }
      return restored.isEmpty ? restored : arranged(restored)
    }
    let restoredFirst = try restored(first, "first_moment_")
    let restoredSecond = try restored(second, "second_moment_")
    var restoredSlow: [[Matrix<Scalar>]] = []
    for (prefix, moments) in slow.moments { restoredSlow.append(try restored(moments, prefix)) }
    slow.restore(restoredSlow)
    second = restoredSecond
    (steps, first) = (restoredSteps, restoredFirst)
  }
}
