import LinearAlgebra
import Networks

/// The network of `ModularMLPEngine` as its formulas stand on paper: one-hot vectors, every sum a loop, float64.
struct ModularMLPTwin {
  /// Examples as vectors: x has two ones among 2p places, y one among p.
  struct Examples {
    var inputs: [[Double]] = []
    var targets: [[Double]] = []

    init(_ pairs: TokenPairs) {
      let p = pairs.classes
      for place in 0..<pairs.count {
        let (a, b, label) = pairs[place]
        var (x, y) = ([Double](repeating: 0, count: 2 * p), [Double](repeating: 0, count: p))
        x[a] = 1
        x[p + b] = 1
        y[label] = 1
        inputs.append(x)
        targets.append(y)
      }
    }
  }

  let task: ModularMLPTask
  let train: Examples
  let test: Examples
  /// W₁, `[N × 2p]`, and W₂, `[p × N]`.
  var first: [[Double]]
  var second: [[Double]]
  private var firstVelocity: [[Double]]
  private var secondVelocity: [[Double]]

  init(task: ModularMLPTask, draws: ModularMLPDraws) {
    self.task = task
    train = Examples(draws.train)
    test = Examples(draws.test)
    let (units, p) = (draws.hiddenUnits, draws.modulus)
    first = (0..<units).map { n in (0..<2 * p).map { draws.embedding[$0, n] } }
    second = (0..<p).map { c in (0..<units).map { draws.readout[c, $0] } }
    firstVelocity = first.map { $0.map { _ in 0 } }
    secondVelocity = second.map { $0.map { _ in 0 } }
  }

  /// α/(DN).
  private var scale: Double { task.alpha / Double(first[0].count * first.count) }

  private func hidden(_ x: [Double]) -> [Double] {
    first.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  private func outputs(_ h: [Double]) -> [Double] {
    second.map { row in scale * zip(row, h).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } }
  }

  func measure(_ examples: Examples) -> (loss: Double, accuracy: Double) {
    var (squares, correct) = (0.0, 0)
    for (x, y) in zip(examples.inputs, examples.targets) {
      let f = outputs(hidden(x))
      squares += zip(f, y).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      if f.firstIndex(of: f.max() ?? 0) == y.firstIndex(of: 1) { correct += 1 }
    }
    let count = Double(examples.inputs.count)
    return (squares / (count * Double(second.count)), Double(correct) / count)
  }

  /// ∂L/∂W₁ and ∂L/∂W₂, decay excluded.
  func gradient() -> (first: [[Double]], second: [[Double]]) {
    var firstGradient = first.map { $0.map { _ in 0.0 } }
    var secondGradient = second.map { $0.map { _ in 0.0 } }
    for (x, y) in zip(train.inputs, train.targets) {
      let h = hidden(x)
      let f = outputs(h)
      for c in second.indices {
        let slope = 2 * (f[c] - y[c]) / Double(train.inputs.count * second.count) * scale
        for n in h.indices {
          secondGradient[c][n] += slope * h[n] * h[n]
          for d in x.indices { firstGradient[n][d] += slope * second[c][n] * 2 * h[n] * x[d] }
        }
      }
    }
    return (firstGradient, secondGradient)
  }

  /// The gradient of every output of an example, all weights one after the other.
  private func jacobian(_ x: [Double]) -> [[Double]] {
    let h = hidden(x)
    return second.indices.map { c in
      let ofFirst = h.indices.flatMap { n in x.map { scale * second[c][n] * 2 * h[n] * $0 } }
      let ofSecond = second.indices.flatMap { row in
        h.map { row == c ? scale * $0 * $0 : 0 }
      }
      return ofFirst + ofSecond
    }
  }

  /// CKA of the tangent kernel's trace with the kernel of the labels, with and without means.
  func alignments(_ examples: Examples) -> (plain: Double, centred: Double) {
    let jacobians = examples.inputs.map(jacobian)
    func dot(_ left: [Double], _ right: [Double]) -> Double {
      zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let kernel = jacobians.map { left in
      jacobians.map { right in zip(left, right).reduce(0) { $0 + dot($1.0, $1.1) } }
    }
    let task = examples.targets.map { left in examples.targets.map { dot(left, $0) } }
    func centred(_ matrix: [[Double]]) -> [[Double]] {
      let count = Double(matrix.count)
      let ofColumns = matrix[0].indices.map { column in
        matrix.reduce(0) { $0 + $1[column] } / count
      }
      let flat = matrix.map { row in zip(row, ofColumns).map { $0 - $1 } }
      return flat.map { row in row.map { $0 - row.reduce(0, +) / count } }
    }
    func alignment(_ left: [[Double]], _ right: [[Double]]) -> Double {
      let (left, right) = (left.flatMap(\.self), right.flatMap(\.self))
      return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }
    return (alignment(kernel, task), alignment(centred(kernel), centred(task)))
  }

  mutating func descend() {
    let gradient = gradient()
    let rate = task.learningRate / (task.alpha * task.alpha)
    func move(_ weights: inout [[Double]], _ velocity: inout [[Double]], along g: [[Double]]) {
      for row in weights.indices {
        for column in weights[row].indices {
          let slope = g[row][column] + task.weightDecay * weights[row][column]
          velocity[row][column] = task.momentum * velocity[row][column] + slope
          weights[row][column] -= rate * velocity[row][column]
        }
      }
    }
    move(&first, &firstVelocity, along: gradient.first)
    move(&second, &secondVelocity, along: gradient.second)
  }
}
