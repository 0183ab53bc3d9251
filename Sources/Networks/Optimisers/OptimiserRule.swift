/// How weights follow their gradient, with the conventions of PyTorch's `torch.optim`.
///
/// g is the gradient of the loss, η the learning rate, λ the weight decay, t counts steps from 1.
public enum OptimiserRule: Hashable, Sendable {
  /// Heavy ball, Nesterov's variant and dampening left out: g ← g + λ w, v ← μ v + g, w ← w − η v (`SGD`); with μ = 0
  /// plain gradient descent.
  case momentum(Double)
  /// Kingma and Ba 2015 with a coupled decay: g ← g + λ w, m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g²,
  /// w ← w − η (m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε) (`Adam`): both moments are corrected for their bias, and ε lies
  /// outside of the root.
  case adam(beta1: Double, beta2: Double, epsilon: Double)
  /// Loshchilov and Hutter 2019: Adam of the gradient alone, after w ← (1 − η λ) w (`AdamW`): the decay is decoupled, and
  /// scaled by η.
  case adamW(beta1: Double, beta2: Double, epsilon: Double)
}
