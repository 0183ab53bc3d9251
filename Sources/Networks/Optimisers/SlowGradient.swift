import LinearAlgebra

/// Adds the slow part of gradients to them, and keeps what that takes.
///
/// The mean over a window subtracts nothing: the gradients of the present round of `window` steps are in one sum, and those of
/// the round before in the place of each have become its sum with all after it. So a sum of small gradients has no rounding
/// left of large ones that have gone.
struct SlowGradient<Scalar: BLASScalar>: Sendable {
  private let kind: OptimiserOptions.SlowGradient
  /// μ, or the sum of the present round; a matrix for each of the weights', none if nothing is added.
  private(set) var sum: [Matrix<Scalar>] = []
  /// Of each step of a round the gradient, or of the round before the sum from that step on.
  private(set) var round: [[Matrix<Scalar>]] = []

  init(_ kind: OptimiserOptions.SlowGradient, like zeros: [Matrix<Scalar>]) {
    self.kind = kind
    switch kind {
    case .none: return
    case .exponential: sum = zeros
    case .mean(let window, _):
      sum = zeros
      // Memory for each: what they shared would be copied in the first round's steps.
      round = (0..<window).map { _ in
        zeros.map { Matrix(rows: $0.rows, columns: $0.columns) }
      }
    }
  }

  /// - Parameters:
  ///   - gradients: become amplified.
  ///   - seen: how many were given before.
  mutating func amplify(_ gradients: inout [Matrix<Scalar>], seen: Int) {
    switch kind {
    case .none: return
    case .exponential(let decay, let factor):
      for index in gradients.indices {
        if seen == 0 {
          sum[index].set(gradients[index], times: 1)
        } else {
          sum[index].multiply(by: Scalar(decay))
          sum[index].add(gradients[index], times: Scalar(1 - decay))
        }
        gradients[index].add(sum[index], times: Scalar(factor))
      }
    case .mean(let window, let factor):
      let place = seen % window
      let share = Scalar(factor / Double(window))
      for index in gradients.indices {
        round[place][index].set(gradients[index], times: 1)
        if place == 0 {
          sum[index].set(gradients[index], times: 1)
        } else {
          sum[index].add(gradients[index], times: 1)
        }
        guard seen + 1 >= window else { continue }
        gradients[index].add(sum[index], times: share)
        if place + 1 < window { gradients[index].add(round[place + 1][index], times: share) }
      }
      guard place + 1 == window else { return }
      for step in (0..<window - 1).reversed() {
        for index in gradients.indices {
          round[step][index].add(round[step + 1][index], times: 1)
        }
      }
    }
  }

  /// All that is kept, each with what its tensors' names begin with.
  var moments: [(String, [Matrix<Scalar>])] {
    guard !sum.isEmpty else { return [] }
    return [("slow_gradient_", sum)]
      + round.enumerated().map { ("gradient_sum_\($0)_", $1) }
  }

  /// Takes up what `moments` gave.
  mutating func restore(_ moments: [[Matrix<Scalar>]]) {
    precondition(
      moments.count == (sum.isEmpty ? 0 : 1) + round.count, "\(moments.count) moments")
    guard let first = moments.first else { return }
    sum = first
    round = Array(moments.dropFirst())
  }
}
