/// The numbers that define one run of a student that learns from a teacher of its own shape.
///
/// f(x) = α (W₃ tanh(W₂ tanh(W₁ x + b₁) + b₂) + b₃); the loss is the mean of (f − y)² over examples and outputs, y the
/// teacher's outputs, α = 1 there. Not centred. Kumar et al. 2024 (arXiv 2310.06110), Fig. 8, 17 and 18; the set-up is that
/// of Liu, Michaud and Tegmark 2023 (arXiv 2210.01117).
public struct TeacherStudentTask: Hashable, Sendable {
  /// α, the scale of the student's output.
  public var alpha: Double
  public var optimiser: OptimiserRule
  /// η.
  public var learningRate: Double
  /// λ.
  public var weightDecay: Double
  public var options = OptimiserOptions()
  /// θ: an example counts as right if the mean of its squared errors is below.
  public var tolerance: Double

  /// What is computed of the network linearised at the initial weights.
  public var linearisation = Linearisation.none

  /// Further θ whose accuracies are recorded, so that one can be chosen afterwards; the paper has such a figure, the 18th.
  public static let recordedTolerances = [1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 1e-1]

  public init(
    alpha: Double = 1,
    optimiser: OptimiserRule = .adamW(beta1: 0.9, beta2: 0.999, epsilon: 1e-8),
    learningRate: Double = 3e-4, weightDecay: Double = 0.05, tolerance: Double = 1e-3
  ) {
    self.alpha = alpha
    self.optimiser = optimiser
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.tolerance = tolerance
  }
}
