/// What is done around an optimiser's rule: to its rate, to gradients before it, and to weights after it.
///
/// In the order of a step: the slow part of the gradient is amplified, the gradient is clipped, decay and rule change the
/// weights, their norm is restored.
public struct OptimiserOptions: Hashable, Sendable {
  /// How the learning rate falls; t counts steps from 1.
  ///
  /// A warm-up multiplies it besides.
  public enum Schedule: Hashable, Sendable {
    case constant
    /// η max(1 − (t − 1)/T, 0).
    case linear(steps: Int)
    /// η (1 + cos π min((t − 1)/T, 1))/2. Loshchilov and Hutter 2017 (arXiv 1608.03983), without restarts.
    case cosine(steps: Int)
  }

  /// Which slow part of the gradient is added to it.
  ///
  /// Lee et al. 2024, Grokfast (arXiv 2405.20233).
  public enum SlowGradient: Hashable, Sendable {
    case none
    /// μ ← a μ + (1 − a) g, g ← g + λ μ; the first μ is the first g, as in the authors' code.
    case exponential(decay: Double, factor: Double)
    /// g ← g + λ times the mean of the last `window` gradients, once there are so many.
    case mean(window: Int, factor: Double)
  }

  public var schedule = Schedule.constant
  /// The largest norm of the gradient of all weights together, nil for none.
  ///
  /// A longer one is multiplied by it over (norm + 10⁻⁶), as `clip_grad_norm_` does.
  public var clipNorm: Double?
  /// Whether decay is towards the initial weights instead of 0.
  ///
  /// Power et al. 2022 (arXiv 2201.02177), `to_init`.
  public var decaysTowardsInitial = false
  /// Whether all weights are multiplied after each step so that their norm stays the initial one.
  ///
  /// Liu, Michaud and Tegmark 2023, Omnigrok (arXiv 2210.01117).
  public var keepsNorm = false
  public var slowGradient = SlowGradient.none

  public init() {}

  /// How often these take the memory of all weights at a run's peak.
  ///
  /// The initial weights, zeros, and what is kept of gradients, which a checkpoint has again as tensors and as bytes.
  public var weightCopies: Int {
    let gradients =
      switch slowGradient {
      case .none: 0
      case .exponential: 1
      case .mean(let window, _): window + 1
      }
    return 3 * gradients + (decaysTowardsInitial ? 1 : 0)
      + (clipNorm != nil || keepsNorm ? 1 : 0)
  }

  /// What the rate of a step is multiplied by.
  ///
  /// - Parameter step: t, from 1.
  /// - Returns: a factor from 0 to 1.
  func rateFactor(step: Int) -> Double {
    func progress(_ steps: Int) -> Double { min(Double(step - 1) / Double(max(steps, 1)), 1) }
    switch schedule {
    case .constant: return 1
    case .linear(let steps): return 1 - progress(steps)
    case .cosine(let steps): return (1 + Self.cosine(ofPiTimes: progress(steps))) / 2
    }
  }

  /// cos(π x), x from 0 to 1, as a sine by its series: the same bits on every machine, which a library's does not promise.
  private static func cosine(ofPiTimes x: Double) -> Double {
    let y = Double.pi * (0.5 - x)
    var (sum, term) = (y, y)
    for n in stride(from: 2.0, through: 26, by: 2) {
      term *= -y * y / (n * (n + 1))
      sum += term
    }
    return sum
  }
}
