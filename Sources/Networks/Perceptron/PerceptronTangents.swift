import LinearAlgebra
import OrderedCollections

/// What the gradients of a perceptron's outputs at some examples are made of, and the tangent kernels that they make.
///
///     f_c = α (s_L h_{L−1} W_L + b_L)_c,  ∂f_c/∂Wₗ = sₗ hₗ₋₁ᵀ δₗᶜ,  ∂f_c/∂bₗ = δₗᶜ,
///     δ_Lᶜ = α e_c,  δₗᶜ = (sₗ₊₁ δₗ₊₁ᶜ Wₗ₊₁ᵀ) ∘ φ′,
///     K_cd(x, x′) = Σₗ (sₗ² hₗ₋₁·h′ₗ₋₁ + β) (δₗᶜ·δ′ₗᵈ),  β = 1 where layers have biases, else 0
///
/// hₗ are the activations of layer l, h₀ the inputs, sₗ a factor of the layer. Jacot et al. 2018 (arXiv 1806.07572). In double
/// precision: these are computed seldom, and solved for.
struct PerceptronTangents: Sendable {
  /// Their weights times their factors.
  private let layers: PerceptronLayers<Double>
  private let scales: [Double]
  private let hasBiases: Bool
  private let alpha: Double
  /// h₀, `[P × inputs]`.
  private let inputs: Matrix<Double>
  /// hₗ of hidden layers, and α f.
  private let pass: PerceptronPass<Double>

  /// - Parameters:
  ///   - layers: the weights, without their factors, and the biases: zeros where there are none.
  ///   - scales: s, one a layer; ones if nil.
  ///   - hasBiases: whether the biases are weights, too.
  ///   - alpha: α.
  ///   - inputs: a row an example.
  init(
    _ layers: PerceptronLayers<Double>, scales: [Double]? = nil, hasBiases: Bool = true,
    alpha: Double, inputs: Matrix<Double>
  ) {
    self.scales = scales ?? Array(repeating: 1, count: layers.count)
    precondition(self.scales.count == layers.count, "\(self.scales.count) factors")
    var scaled = layers
    for (layer, scale) in self.scales.enumerated() {
      scaled.matrices[2 * layer].multiply(by: scale)
    }
    self.layers = scaled
    self.hasBiases = hasBiases
    self.alpha = alpha
    self.inputs = inputs
    var pass = PerceptronPass(scaled, examples: inputs.rows)
    scaled.forward(inputs, into: &pass, outputScale: alpha)
    self.pass = pass
  }

  /// α f, `[P × K]`.
  private var outputs: Matrix<Double> { pass.layers[layers.count - 1] }
  private var examples: Int { inputs.rows }
  private var classes: Int { outputs.columns }

  /// δₗᶜ of every layer, `[P × units]` each.
  private func deltas(of output: Int) -> [Matrix<Double>] {
    var delta = Matrix<Double>(rows: examples, columns: classes)
    for row in 0..<examples { delta[row, output] = alpha }
    var deltas = [delta]
    for layer in (1..<layers.count).reversed() {
      let weights = layers.matrices[2 * layer]
      var below = Matrix<Double>(rows: examples, columns: weights.rows)
      below.setProduct(of: delta, weights, transposed: .right)
      below.multiplyBySlopes(
        of: layers.activation, hidden: pass.layers[layer - 1], slopes: pass.kept[layer - 1],
        rows: examples)
      deltas.append(below)
      delta = below
    }
    return deltas.reversed()
  }

  /// sₗ² hₗ₋₁·h′ₗ₋₁ + β of every layer, `[P × Q]` each.
  private func grams(with other: PerceptronTangents) -> [Matrix<Double>] {
    (0..<layers.count).map { layer in
      var gram = Matrix<Double>(rows: examples, columns: other.examples)
      if hasBiases { gram.fill(Matrix(ones: other.examples), rows: examples) }
      let (own, others) =
        layer == 0
        ? (inputs, other.inputs) : (pass.layers[layer - 1], other.pass.layers[layer - 1])
      gram.setProduct(
        of: own, others, transposed: .right, scale: scales[layer] * scales[layer], keep: 1)
      return gram
    }
  }

  /// Σ_c K_cc for every example here with every one there.
  ///
  /// - Parameter other: examples of the same network; these if nil.
  /// - Returns: `[P × Q]`.
  func traceKernel(with other: PerceptronTangents? = nil) -> Matrix<Double> {
    var products = layers.matrices.indices.filter { $0 % 2 == 0 }.map { _ in
      Matrix<Double>(rows: examples, columns: (other ?? self).examples)
    }
    for output in 0..<classes {
      let own = deltas(of: output)
      let others = other?.deltas(of: output) ?? own
      for layer in products.indices {
        products[layer].setProduct(of: own[layer], others[layer], transposed: .right, keep: 1)
      }
    }
    return Self.sum(grams(with: other ?? self), products)
  }

  /// K of every example and output here with every one there.
  ///
  /// - Parameter other: examples of the same network; these if nil.
  /// - Returns: `[K P × K Q]`: the examples of the first output, then those of the second, and so on.
  func kernel(with other: PerceptronTangents? = nil) -> Matrix<Double> {
    let columns = (other ?? self).examples
    let grams = grams(with: other ?? self)
    let own = (0..<classes).map { deltas(of: $0) }
    let others = other.map { other in (0..<classes).map { other.deltas(of: $0) } } ?? own
    var kernel = Matrix<Double>(rows: classes * examples, columns: classes * columns)
    for (left, leftDeltas) in own.enumerated() {
      for (right, rightDeltas) in others.enumerated() {
        let products = zip(leftDeltas, rightDeltas).map { delta, other in
          var product = Matrix<Double>(rows: examples, columns: columns)
          product.setProduct(of: delta, other, transposed: .right)
          return product
        }
        let block = Self.sum(grams, products)
        for row in 0..<examples {
          for column in 0..<columns {
            kernel[left * examples + row, right * columns + column] = block[row, column]
          }
        }
      }
    }
    return kernel
  }

  /// Σₗ of the products of two matrices a layer, element by element.
  private static func sum(
    _ grams: [Matrix<Double>], _ products: [Matrix<Double>]
  ) -> Matrix<Double> {
    let (rows, columns) = (grams[0].rows, grams[0].columns)
    var sum = [Double](repeating: 0, count: rows * columns)
    for (gram, product) in zip(grams, products) {
      let (left, right) = (gram.elements, product.elements)
      for place in sum.indices { sum[place] += left[place] * right[place] }
    }
    return Matrix(rows: rows, columns: columns, elements: sum)
  }
}

extension PerceptronTangents {
  /// What stands for the kernel of several outputs.
  enum KernelForm {
    /// All of it.
    case whole
    /// The mean of the outputs' own kernels for each of them, which is what they tend to in wide networks.
    case mean
  }

  /// The test loss of regression with the tangent kernel and without a ridge: f(x) = f₀(x) + K(x, X) K⁻¹ (Y − f₀(X)).
  ///
  /// With the whole kernel it is where gradient descent of the linearised network ends.
  ///
  /// - Parameters:
  ///   - targets: Y of these examples, `[P × K]`.
  ///   - test: other examples of the same network.
  ///   - testTargets: their targets.
  ///   - form: what K is.
  /// - Returns: the mean square over examples and outputs; not a number where the kernel is not finite.
  func regressionLoss(
    targets: Matrix<Double>, test: PerceptronTangents, testTargets: Matrix<Double>,
    form: KernelForm
  ) -> Double {
    func residuals(_ tangents: PerceptronTangents, _ targets: Matrix<Double>) -> Matrix<Double> {
      var residuals = targets
      residuals.add(tangents.outputs, times: -1)
      let byOutput = residuals.transposed
      guard form == .whole else { return byOutput }
      return Matrix(rows: 1, columns: byOutput.rows * byOutput.columns, elements: byOutput.elements)
    }
    func kernel(_ tangents: PerceptronTangents, _ other: PerceptronTangents?) -> Matrix<Double> {
      guard form == .mean else { return tangents.kernel(with: other) }
      var kernel = tangents.traceKernel(with: other)
      kernel.multiply(by: 1 / Double(classes))
      return kernel
    }
    do {
      let coefficients = try KernelRegression.coefficients(
        kernel: kernel(self, nil), rightSides: residuals(self, targets))
      var left = residuals(test, testTargets)
      left.setProduct(of: coefficients, kernel(test, self), transposed: .right, scale: -1, keep: 1)
      return left.elements.reduce(0) { $0 + $1 * $1 }
        / Double(testTargets.rows * testTargets.columns)
    } catch {
      return .nan
    }
  }
}

extension Matrix {
  /// The first rows, of which there are as many.
  func firstRows(_ count: Int) -> Matrix {
    Matrix(rows: count, columns: columns, elements: Array(elements.prefix(count * columns)))
  }
}

extension Matrix where Scalar == Double {
  /// A row of ones.
  fileprivate init(ones count: Int) {
    self.init(rows: 1, columns: count, elements: Array(repeating: 1.0, count: count))
  }
}
