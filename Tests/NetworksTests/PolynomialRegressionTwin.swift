import LinearAlgebra
import Networks

/// The network of polynomial regression as its formulas stand on paper: every sum a loop, float64.
struct PolynomialRegressionTwin {
  /// Inputs with their labels and the initial output at them, which is 0 where nothing is subtracted.
  struct Examples {
    let inputs: [[Double]]
    let targets: [Double]
    var initial: [Double]
  }

  let task: PolynomialRegressionTask
  private(set) var train: Examples
  private(set) var test: Examples
  /// W, `[N × D]`, and a, `[N]`.
  var weights: [[Double]]
  var readouts: [Double]
  private var velocity: [[Double]]
  private var readoutVelocity: [Double]

  init(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    func rows(_ matrix: Matrix<Double>) -> [[Double]] {
      (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix[row, $0] } }
    }
    self.task = task
    weights = rows(draws.weights)
    readouts = draws.readouts.map { rows($0)[0] } ?? weights.map { _ in 1 }
    velocity = weights.map { $0.map { _ in 0 } }
    readoutVelocity = readouts.map { _ in 0 }
    let directions = rows(draws.target)
    func examples(_ inputs: [[Double]], labels: [Double]?) -> Examples {
      Examples(
        inputs: inputs,
        targets: labels ?? inputs.map { Self.label($0, directions, task) },
        initial: inputs.map { _ in 0 })
    }
    train = examples(rows(draws.examples), labels: draws.givenLabels?.train)
    test = examples(draws.testExamples.map(rows) ?? [], labels: draws.givenLabels?.test)
    guard task.isCentred else { return }
    train.initial = train.inputs.map { output($0) }
    test.initial = test.inputs.map { output($0) }
  }

  static func dot(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func hermite(_ degree: Int, _ z: Double) -> Double {
    // He₀ = 1, He₁ = z, Heₙ₊₁ = z Heₙ − n Heₙ₋₁.
    var (before, now) = (1.0, z)
    for n in 1..<degree { (before, now) = (now, z * now - Double(n) * before) }
    return now
  }

  private static func label(
    _ x: [Double], _ directions: [[Double]], _ task: PolynomialRegressionTask
  ) -> Double {
    task.labelScale
      * directions.reduce(0) { sum, beta in
        switch task.target {
        case .quadratic: return sum + dot(beta, x) * dot(beta, x) / 2
        case .hermite(let degree):
          let length = dot(beta, beta).squareRoot()
          return sum + hermite(degree, Double(x.count).squareRoot() * dot(beta, x) / length)
        }
      }
  }

  private func activation(_ h: Double) -> Double {
    switch task.target {
    case .quadratic: h + task.epsilon / 2 * h * h
    case .hermite(let degree): h + task.epsilon / 2 * Self.hermite(degree, h)
    }
  }

  /// φ′, with Heₙ′ = n Heₙ₋₁.
  private func slope(_ h: Double) -> Double {
    switch task.target {
    case .quadratic: 1 + task.epsilon * h
    case .hermite(let degree):
      1 + task.epsilon / 2 * Double(degree) * Self.hermite(degree - 1, h)
    }
  }

  private func output(_ x: [Double]) -> Double {
    task.alpha / Double(weights.count)
      * zip(weights, readouts).reduce(0) { $0 + $1.1 * activation(Self.dot($1.0, x)) }
  }

  func residuals(_ examples: Examples) -> [Double] {
    examples.inputs.indices.map {
      output(examples.inputs[$0]) - examples.initial[$0] - examples.targets[$0]
    }
  }

  func loss(_ examples: Examples) -> Double {
    let residuals = residuals(examples)
    return Self.dot(residuals, residuals) / Double(residuals.count)
  }

  /// ∂f/∂W and, where they are trained, ∂f/∂a at an input, one after the other.
  func gradient(at x: [Double]) -> [Double] {
    let share = task.alpha / Double(weights.count)
    var gradient: [Double] = []
    for (row, readout) in zip(weights, readouts) {
      let h = Self.dot(row, x)
      gradient += x.map { share * readout * slope(h) * $0 }
      if task.trainsReadouts { gradient.append(share * activation(h)) }
    }
    return gradient
  }

  /// Kernel-task alignment on a set as printed, yᵀKy/(‖K‖|y|²), and with column means taken off K and the mean off y.
  func alignments(on set: Examples) -> (printed: Double, centred: Double) {
    let gradients = set.inputs.map { gradient(at: $0) }
    let kernel = gradients.map { left in gradients.map { Self.dot(left, $0) } }
    func alignment(_ kernel: [[Double]], _ y: [Double]) -> Double {
      let norm = kernel.reduce(0) { $0 + Self.dot($1, $1) }.squareRoot()
      return Self.dot(y, kernel.map { Self.dot($0, y) }) / (norm * Self.dot(y, y))
    }
    let count = Double(set.targets.count)
    let mean = set.targets.reduce(0, +) / count
    let columns = set.targets.indices.map { j in kernel.reduce(0) { $0 + $1[j] } / count }
    let centred = kernel.map { row in zip(row, columns).map { $0 - $1 } }
    return (alignment(kernel, set.targets), alignment(centred, set.targets.map { $0 - mean }))
  }

  /// A step of heavy ball with λ w in the gradient, η = η₀ N/(ασ)².
  mutating func descend() {
    let residuals = residuals(train)
    let units = weights.count
    let share = 2 * task.alpha / Double(units * residuals.count)
    let rate =
      task.learningRate * Double(units) / (task.alpha * task.alpha * task.sigma * task.sigma)
    let (oldWeights, oldReadouts) = (weights, readouts)
    for unit in 0..<units {
      var gradient = oldWeights[unit].map { task.weightDecay * $0 }
      var readoutGradient = task.weightDecay * oldReadouts[unit]
      for (x, r) in zip(train.inputs, residuals) {
        let h = Self.dot(oldWeights[unit], x)
        for place in x.indices {
          gradient[place] += share * r * oldReadouts[unit] * slope(h) * x[place]
        }
        readoutGradient += share * r * activation(h)
      }
      for place in gradient.indices {
        velocity[unit][place] = task.momentum * velocity[unit][place] + gradient[place]
        weights[unit][place] -= rate * velocity[unit][place]
      }
      guard task.trainsReadouts else { continue }
      readoutVelocity[unit] = task.momentum * readoutVelocity[unit] + readoutGradient
      readouts[unit] -= rate * readoutVelocity[unit]
    }
  }
}
