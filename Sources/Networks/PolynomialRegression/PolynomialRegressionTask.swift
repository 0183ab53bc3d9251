public import LinearAlgebra

/// The numbers that define one polynomial-regression run, in the field's notation.
///
/// f(x) = (α/N) Σᵢ aᵢ φ(wᵢ·x), x ~ N(0, I/D), trained by full-batch gradient descent with η = η₀ N/(ασ)² on the
/// mean of (f(x) − f₀(x) − y)², or of (f(x) − y)² where the predictor is not centred. Readouts a are 1 unless they
/// are trained. Kumar et al. 2024 (arXiv 2310.06110), eq. 3-7, section 15, appendix 12 and the authors' code.
public struct PolynomialRegressionTask: Hashable, Sendable {
  /// Where the test loss is taken.
  public enum TestLoss: Hashable, Sendable {
    /// The expectation over all x, in closed form.
    case population
    /// The mean over drawn examples.
    case sample
  }

  /// What is learned, and the activation that goes with it.
  public enum Target: Hashable, Sendable {
    /// y = (s/2) Σₖ (βₖ·x)², φ(h) = h + (ε/2) h².
    case quadratic
    /// y = s Σₖ Heₙ(uₖ) with uₖ = √D βₖ·x/|βₖ|, φ(h) = h + (ε/2) Heₙ(h).
    ///
    /// Heₙ are the probabilists' Hermite polynomials z² − 1, z³ − 3z and z⁴ − 6z² + 3.
    case hermite(degree: Int)
  }

  /// α, the output's scale.
  public var alpha: Double
  /// ε, the weight of the polynomial part of the activation.
  public var epsilon: Double
  /// η₀; the learning rate is η₀ N/(ασ)².
  public var learningRate: Double
  public var testLoss: TestLoss
  public var target = Target.quadratic
  /// s, the factor of the target.
  public var labelScale = 1.0
  /// σ, the scale of the initial weights, on which the learning rate depends.
  public var sigma = 1.0
  /// Whether the initial output is subtracted from the predictor.
  public var isCentred = true
  /// λ; each gradient gets λ w added, as (λ/2)|w|² in the loss would do.
  public var weightDecay = 0.0
  /// μ; the step follows v ← μ v + g instead of g.
  public var momentum = 0.0
  /// Whether the readouts a are trained like the other weights.
  public var trainsReadouts = false
  public var linearisation = Linearisation.none
  /// Whether the reduced engine, too, follows how far the weights are from where they started.
  public var followsWeightChange = false

  public init(
    alpha: Double, epsilon: Double, learningRate: Double = 20, testLoss: TestLoss = .population
  ) {
    self.alpha = alpha
    self.epsilon = epsilon
    self.learningRate = learningRate
    self.testLoss = testLoss
  }

  /// Whether target and network are of second degree in x.
  public var isQuadratic: Bool { target == .quadratic || target == .hermite(degree: 2) }

  /// Whether the dynamics close exactly on the mean and the second moment of the weights.
  public var closesOnMoments: Bool { isQuadratic && momentum == 0 && !trainsReadouts }

  /// η = η₀ N/(ασ)².
  func rate(hiddenUnits: Int) -> Double {
    learningRate * Double(hiddenUnits) / (alpha * alpha * sigma * sigma)
  }

  /// c = 2 η α/(N P) = 2 η₀/(α σ² P), the factor of every neuron's gradient Σ r (1 + ε h) x; N drops out.
  func stepFactor(trainExamples: Int) -> Double {
    2 * learningRate / (alpha * sigma * sigma * Double(trainExamples))
  }

  /// The coefficients of φ, from h⁰ to h⁴.
  public var activation: [Double] {
    let half = epsilon / 2
    var coefficients = hermite.map { half * $0 }
    coefficients[1] += 1
    return coefficients
  }

  /// The coefficients of the target's polynomial in its own variable.
  private var hermite: [Double] {
    switch target {
    case .quadratic: return [0, 0, 1, 0, 0]
    case .hermite(let degree):
      switch degree {
      case 2: return [-1, 0, 1, 0, 0]
      case 3: return [0, -3, 0, 1, 0]
      case 4: return [3, 0, -6, 0, 1]
      default: preconditionFailure("a Hermite polynomial of degree \(degree)")
      }
    }
  }

  /// y of every row of inputs.
  ///
  /// - Parameters:
  ///   - inputs: `[P × D]`.
  ///   - directions: β, a row a direction, `[K × D]`.
  /// - Returns: P numbers.
  public func targets(of inputs: Matrix<Double>, directions: Matrix<Double>) -> [Double] {
    let kinds = directions.rows
    var projections = Matrix<Double>(rows: inputs.rows, columns: kinds)
    projections.setProduct(of: inputs, directions, transposed: .right)
    let elements = projections.elements
    let lengths = Self.unitFactors(of: directions)
    let coefficients = hermite
    return (0..<inputs.rows).map { row in
      var sum = 0.0
      for kind in 0..<kinds {
        let projection = elements[row * kinds + kind]
        if target == .quadratic {
          sum += projection * projection / 2
        } else {
          let u = lengths[kind] * projection
          sum += coefficients.reversed().reduce(0) { $0 * u + $1 }
        }
      }
      return labelScale * sum
    }
  }

  /// √D/|β| of every direction, which makes β·x a standard normal variable.
  private static func unitFactors(of directions: Matrix<Double>) -> [Double] {
    let (dimension, elements) = (directions.columns, directions.elements)
    return (0..<directions.rows).map { row in
      let squares = elements[row * dimension..<(row + 1) * dimension].reduce(0) { $0 + $1 * $1 }
      return (Double(dimension) / squares).squareRoot()
    }
  }

  /// The target of second degree as y = ½ Σₖ (vₖ·x)² + constant.
  ///
  /// - Parameter directions: β, `[K × D]`.
  /// - Returns: v, `[K × D]`, and the constant.
  /// - Precondition: the target is of second degree.
  func quadraticForm(
    of directions: Matrix<Double>
  ) -> (directions: Matrix<Double>, constant: Double) {
    precondition(isQuadratic, "\(target) is not of second degree")
    var scaled = directions
    guard target != .quadratic else {
      scaled.multiply(by: labelScale.squareRoot())
      return (scaled, 0)
    }
    for (row, factor) in Self.unitFactors(of: directions).enumerated() {
      for column in 0..<directions.columns {
        scaled[row, column] *= factor * (2 * labelScale).squareRoot()
      }
    }
    return (scaled, -labelScale * Double(directions.rows))
  }
}
