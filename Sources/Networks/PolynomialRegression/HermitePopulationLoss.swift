import LinearAlgebra

/// The expected squared error over x ~ N(0, I/D) for a Hermite target of degree 3 or 4, in closed form.
///
/// Network, reference and target are sums of units A p(w·x), p a polynomial. With v = w·x of variance
/// q² = |w|²/D, Heₙ(v) is Σₘ n!/(2ᵐ m! (n − 2m)!) (q² − 1)ᵐ qⁿ⁻²ᵐ Heₙ₋₂ₘ(v/q), so each unit is one of Hermite polynomials of a
/// standard normal variable, which are orthogonal:
///
///     L = Σⱼ j! Σ_{a,b} A_a A_b cⱼ(a) cⱼ(b) (w_a·w_b/D)ʲ
///
/// over all pairs of units, those of reference and target with negative A. A step's loss takes the products of the
/// network's units with one another and with the fixed ones, as many operations as 2N + K test examples would.
struct HermitePopulationLoss<Scalar: BLASScalar>: Sendable {
  /// The highest degree of a unit.
  private static var degreeMax: Int { 4 }

  private let alpha: Double
  private let expansion: Expansion
  /// The weights of reference and target, transposed, `[D × F]`.
  private let fixedWeights: Matrix<Scalar>
  /// Σ A c₀ of them, j! A cⱼ for j from 1 to 4 `[4 × F]`, and their part of the loss but for c₀.
  private let fixed: (constant: Double, factors: Matrix<Scalar>, loss: Double)

  // Workspace, made once: a step allocates nothing.
  private var products: Matrix<Scalar>
  private var fixedProducts: Matrix<Scalar>
  private var factors: Matrix<Scalar>
  private var scaledFactors: Matrix<Scalar>

  /// Nil for the quadratic target.
  ///
  /// - Parameters:
  ///   - task: what is learned.
  ///   - draws: prepared for it.
  init?(task: PolynomialRegressionTask, draws: PolynomialRegressionDraws) {
    guard case .hermite(let degree) = task.target else { return nil }
    alpha = task.alpha
    let expansion = Expansion(degree: degree, epsilon: task.epsilon)
    self.expansion = expansion
    let size = Double(draws.inputDimension)
    var rows: [[Double]] = []
    var amplitudes: [Double] = []
    let readouts = draws.initialReadouts(task: task)
    if task.isCentred {
      for unit in 0..<draws.hiddenUnits {
        rows.append((0..<draws.inputDimension).map { draws.weights[unit, $0] })
        amplitudes.append(-task.alpha * readouts[0, unit] / Double(draws.hiddenUnits))
      }
    }
    let references = rows.count
    for kind in 0..<draws.target.rows {
      let beta = (0..<draws.inputDimension).map { draws.target[kind, $0] }
      let squares = beta.reduce(0) { $0 + $1 * $1 }
      rows.append(beta.map { $0 * (size / squares).squareRoot() })
      amplitudes.append(-task.labelScale)
    }
    let weights = Matrix<Double>(
      rows: rows.count, columns: draws.inputDimension, elements: rows.flatMap { $0 })
    var gram = Matrix<Double>(rows: rows.count, columns: rows.count)
    gram.setProduct(of: weights, weights, transposed: .right, scale: 1 / size)
    var constant = 0.0
    var factors = Matrix<Double>(rows: Self.degreeMax, columns: rows.count)
    for unit in rows.indices {
      // A target's own variable is of variance 1, and its polynomial the Hermite one alone.
      func coefficient(_ power: Int) -> Double {
        unit < references
          ? expansion.coefficient(power, excess: gram[unit, unit] - 1) : power == degree ? 1 : 0
      }
      constant += amplitudes[unit] * coefficient(0)
      for power in 1...Self.degreeMax {
        factors[power - 1, unit] = amplitudes[unit] * coefficient(power)
      }
    }
    var scaled = factors
    for power in 2...Self.degreeMax {
      for unit in rows.indices { scaled[power - 1, unit] *= Expansion.factorial(power) }
    }
    fixed = (constant, Matrix(scaled), gram.powerSums(left: factors, right: scaled))
    fixedWeights = Matrix(weights.transposed)
    let units = draws.hiddenUnits
    products = Matrix(rows: units, columns: units)
    fixedProducts = Matrix(rows: units, columns: rows.count)
    self.factors = Matrix(rows: Self.degreeMax, columns: units)
    scaledFactors = self.factors
  }

  /// - Parameters:
  ///   - weights: Wᵀ, `[D × N]`.
  ///   - readouts: a, `[1 × N]`.
  /// - Returns: the expected squared residual.
  mutating func loss(weights: Matrix<Scalar>, readouts: Matrix<Scalar>) -> Double {
    let scale = Scalar(1 / Double(weights.rows))
    products.setProduct(of: weights, weights, transposed: .left, scale: scale)
    fixedProducts.setProduct(of: weights, fixedWeights, transposed: .left, scale: scale)
    var constant = fixed.constant
    let share = alpha / Double(weights.columns)
    for unit in 0..<weights.columns {
      let amplitude = share * Double(readouts[0, unit])
      let excess = Double(products[unit, unit]) - 1
      constant += amplitude * expansion.coefficient(0, excess: excess)
      var factorial = 1.0
      for power in 1...Self.degreeMax {
        let factor = amplitude * expansion.coefficient(power, excess: excess)
        factorial *= Double(power)
        factors[power - 1, unit] = Scalar(factor)
        scaledFactors[power - 1, unit] = Scalar(factorial * factor)
      }
    }
    return constant * constant + fixed.loss
      + products.powerSums(left: factors, right: scaledFactors)
      + 2 * fixedProducts.powerSums(left: factors, right: fixed.factors)
  }

  /// φ(v) = v + (ε/2) Heₙ(v) in qʲ Heⱼ(v/q), q² the variance of v.
  private struct Expansion: Sendable {
    /// Of each j the factor and the power of q² − 1.
    private let terms: [(factor: Double, power: Int)]

    init(degree: Int, epsilon: Double) {
      terms = (0...degreeMax).map { j in
        guard j <= degree, (degree - j).isMultiple(of: 2) else { return (0, 0) }
        let m = (degree - j) / 2
        let ways = Self.factorial(degree) / (Self.factorial(m) * Self.factorial(j))
        return (epsilon / 2 * ways / Double(1 << m), m)
      }
    }

    static func factorial(_ n: Int) -> Double { (1...max(n, 1)).reduce(1) { $0 * Double($1) } }

    /// cⱼ where q² − 1 is `excess`.
    func coefficient(_ j: Int, excess: Double) -> Double {
      let term = terms[j]
      var value = term.factor
      for _ in 0..<term.power { value *= excess }
      return j == 1 ? value + 1 : value
    }
  }
}
