/// What is computed of the network linearised at its initial weights.
public enum Linearisation: Hashable, Sendable {
  case none
  /// The test loss of regression with the initial kernel.
  case regression
  /// That, and the losses of the linearised network trained beside this one.
  case twin
}
