import LinearAlgebra
import Networks

/// Gradient descent on the linearised network in all its weights, with its Jacobian written out: every sum a loop.
struct LinearisedTwin {
  private typealias Dot = PolynomialRegressionTwin
  private let task: PolynomialRegressionTask
  private let rate: Double
  /// Gradients and residuals at step 0, on train and test examples.
  private let train: (jacobian: [[Double]], residuals: [Double])
  private let test: (jacobian: [[Double]], residuals: [Double])
  private let initialWeights: [Double]
  /// w − w₀ and its velocity, in the order of the gradients.
  private var change: [Double]
  private var velocity: [Double]

  init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    let twin = PolynomialRegressionTwin(task: task, draws: draws)
    self.task = task
    rate =
      task.learningRate * Double(twin.weights.count)
      / (task.alpha * task.alpha * task.sigma * task.sigma)
    func start(_ set: PolynomialRegressionTwin.Examples) -> ([[Double]], [Double]) {
      (set.inputs.map { twin.gradient(at: $0) }, twin.residuals(set))
    }
    train = start(twin.train)
    test = start(twin.test)
    initialWeights = zip(twin.weights, twin.readouts).flatMap { row, readout in
      row + (task.trainsReadouts ? [readout] : [])
    }
    change = initialWeights.map { _ in 0 }
    velocity = change
  }

  private func residuals(_ set: (jacobian: [[Double]], residuals: [Double])) -> [Double] {
    zip(set.jacobian, set.residuals).map { Dot.dot($0, change) + $1 }
  }

  var losses: (train: Double, test: Double) {
    let (train, test) = (residuals(train), residuals(test))
    return (
      Dot.dot(train, train) / Double(train.count), Dot.dot(test, test) / Double(test.count)
    )
  }

  mutating func descend() {
    let residuals = residuals(train)
    for place in change.indices {
      var gradient = task.weightDecay * (initialWeights[place] + change[place])
      for (row, r) in zip(train.jacobian, residuals) {
        gradient += 2 * r * row[place] / Double(residuals.count)
      }
      velocity[place] = task.momentum * velocity[place] + gradient
    }
    for place in change.indices { change[place] -= rate * velocity[place] }
  }
}
