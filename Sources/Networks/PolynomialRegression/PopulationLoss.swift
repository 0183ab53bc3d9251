import LinearAlgebra
import OrderedCollections

/// The expected squared error over x ~ N(0, I/D) of a network and a target of second degree.
///
/// The residual is α d·x + ½ xᵀ S x + κ with d = w̄ − w̄₀ and S = αε (M − M₀) − Σₖ vₖvₖᵀ (without w̄₀ and M₀ where the
/// predictor is not centred); of such a form the mean square is (½ tr S/D + κ)² + ½ ‖S‖²_F/D² + α² |d|²/D (Isserlis).
/// Kumar et al. 2024, eq. 6, calls the three parts variance, misalignment and power in linear modes.
struct PopulationLoss<Scalar: BLASScalar>: Sendable {
  /// What the loss is made of.
  struct Parts: Hashable, Sendable {
    /// (½ tr S/D + κ)².
    var variance: Double
    /// ½ ‖S‖²_F/D².
    var misalignment: Double
    /// α² |d|²/D.
    var linearPower: Double

    var sum: Double { variance + misalignment + linearPower }
  }

  private let alpha: Double
  private let epsilon: Double
  /// v₁, `[1 × D]`.
  private let direction: Matrix<Scalar>
  /// What w̄ and M are compared to; the further directions are part of it.
  private let referenceMean: Matrix<Scalar>
  private let referenceMoment: Matrix<Scalar>
  /// κ where the network's own constant is that of the reference.
  private let constant: Double

  /// - Parameters:
  ///   - task: one of second degree.
  ///   - directions: β, `[K × D]`.
  ///   - moments: w̄ `[1 × D]` and M `[D × D]` at step 0.
  init(
    task: PolynomialRegressionTask, directions: Matrix<Double>,
    moments: (mean: Matrix<Double>, second: Matrix<Double>)
  ) {
    alpha = task.alpha
    epsilon = task.epsilon
    let form = task.quadraticForm(of: directions)
    let dimension = directions.columns
    constant = -form.constant
    direction = Matrix(
      rows: 1, columns: dimension, elements: Array(form.directions.elements.prefix(dimension)))
    var second =
      task.isCentred ? moments.second : Matrix<Double>(rows: dimension, columns: dimension)
    let scale = 1 / (task.alpha * task.epsilon)
    for kind in 1..<max(directions.rows, 1) {
      for row in 0..<dimension {
        for column in 0..<dimension {
          second[row, column] +=
            scale * form.directions[kind, row] * form.directions[kind, column]
        }
      }
    }
    referenceMoment = Matrix(second)
    referenceMean =
      task.isCentred ? Matrix(moments.mean) : Matrix(rows: 1, columns: dimension)
  }

  /// - Parameters:
  ///   - mean: w̄, `[1 × D]`.
  ///   - moment: M, `[D × D]`, its lower triangle.
  ///   - shift: the network's constant less that of the reference.
  /// - Returns: the three parts of the loss.
  func parts(mean: Matrix<Scalar>, moment: Matrix<Scalar>, shift: Double) -> Parts {
    let deviation = moment.deviation(
      from: referenceMoment, target: direction, scale: Scalar(alpha * epsilon))
    let size = Double(mean.columns)
    let level = deviation.trace / size + 2 * (constant + shift)
    let drift = mean.squaredDistance(to: referenceMean)
    return Parts(
      variance: level * level / 4, misalignment: deviation.squares / (2 * size * size),
      linearPower: alpha * alpha * drift / size)
  }
}

extension PopulationLoss.Parts {
  /// The parts under the names that records give them.
  var observables: OrderedDictionary<String, Double> {
    ["variance": variance, "misalignment": misalignment, "linear_power": linearPower]
  }
}
