public import OrderedCollections

/// A network, its data and its optimiser: what a run steps through.
///
/// The caller alternates: `evaluate()` measures the present state and prepares the step from it, or `prepare()` does
/// the latter alone, and `descend()` takes that step.
public protocol TrainingEngine: Sendable {
  /// Train and test loss of the present state; keeps what `descend()` needs.
  mutating func evaluate() -> (train: Double, test: Double)

  /// Keeps what `descend()` needs of the present state, without measuring it.
  mutating func prepare()

  /// Train and test accuracy of the state that was evaluated last; nil where examples have no classes.
  var accuracies: (train: Double, test: Double)? { get }

  /// One optimiser step from the state that was evaluated last.
  mutating func descend()

  /// Further quantities of the present state, by name.
  func observables() -> OrderedDictionary<String, Double>

  /// Quantities that take as long as many a step, recorded at steps 0, 1, 4, 16, 64 and so on and at the last.
  func costlyObservables() -> OrderedDictionary<String, Double>

  /// Quantities of the initial state alone, recorded at step 0.
  func initialObservables() -> OrderedDictionary<String, Double>

  /// What changes from step to step, for a checkpoint.
  func state() -> [Tensor]

  /// Takes up a state that `state()` gave, to the bit.
  mutating func restore(_ state: Safetensors) throws(SafetensorsError)
}

extension TrainingEngine {
  public mutating func prepare() { _ = evaluate() }

  public var accuracies: (train: Double, test: Double)? { nil }

  public func costlyObservables() -> OrderedDictionary<String, Double> { [:] }

  public func initialObservables() -> OrderedDictionary<String, Double> { [:] }
}
