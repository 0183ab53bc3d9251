import OrderedCollections

/// What a run computes of its linearised network, as it was asked to: nothing, one loss, or a twin beside it.
struct LinearisedReference: Sendable {
  /// Of regression with the initial kernel; nil if not asked for.
  private let regressionLoss: Double?
  private var twin: LinearisedNetwork?

  init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    guard task.linearisation != .none else {
      (regressionLoss, twin) = (nil, nil)
      return
    }
    let network = LinearisedNetwork(task: task, draws: draws)
    regressionLoss = network.regressionLoss
    twin = task.linearisation == .twin ? network : nil
  }

  mutating func descend() { twin?.descend() }

  /// The twin's losses.
  var observables: OrderedDictionary<String, Double> { twin?.observables ?? [:] }

  var initialObservables: OrderedDictionary<String, Double> {
    regressionLoss.map { ["kernel_regression_loss": $0] } ?? [:]
  }

  func state() -> [Tensor] { twin?.state() ?? [] }

  mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    try twin?.restore(state)
  }
}
