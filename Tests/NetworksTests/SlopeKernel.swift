import Foundation
import LinearAlgebra

/// The tangent kernel of a network by its definition: the slopes of every output by every weight, multiplied and summed.
struct SlopeKernel {
  /// Of each example and each output, row by row.
  let outputs: [[Double]]
  /// The same by each weight.
  private let slopes: [[[Double]]]

  /// - Parameters:
  ///   - weights: where the slopes are taken.
  ///   - outputs: of all examples, for such weights.
  init(_ weights: [Matrix<Double>], outputs: ([Matrix<Double>]) -> [[Double]]) {
    self.outputs = outputs(weights)
    var slopes: [[[Double]]] = []
    for index in weights.indices {
      for row in 0..<weights[index].rows {
        for column in 0..<weights[index].columns {
          func moved(by distance: Double) -> [[Double]] {
            var moved = weights
            moved[index][row, column] += distance
            return outputs(moved)
          }
          slopes.append(
            zip(moved(by: 1e-5), moved(by: -1e-5)).map { up, down in
              zip(up, down).map { ($0 - $1) / 2e-5 }
            })
        }
      }
    }
    self.slopes = slopes
  }

  var examples: Int { outputs.count }
  var classes: Int { outputs[0].count }

  func kernel(
    _ example: Int, _ output: Int, _ other: SlopeKernel, _ otherExample: Int, _ otherOutput: Int
  )
    -> Double
  {
    zip(slopes, other.slopes).reduce(0) {
      $0 + $1.0[example][output] * $1.1[otherExample][otherOutput]
    }
  }

  /// Σ_c K_cc of two examples.
  func trace(_ example: Int, _ other: SlopeKernel, _ otherExample: Int) -> Double {
    (0..<classes).reduce(0) { $0 + kernel(example, $1, other, otherExample, $1) }
  }

  /// Plain and centred alignment of the trace with the products of labels.
  func alignments(_ labels: [[Double]]) -> (plain: Double, centred: Double) {
    let rows = 0..<examples
    let kernel = rows.map { row in rows.map { trace(row, self, $0) } }
    let task = rows.map { row in
      rows.map { column in zip(labels[row], labels[column]).reduce(0) { $0 + $1.0 * $1.1 } }
    }
    func cosine(_ left: [[Double]], _ right: [[Double]]) -> Double {
      func dot(_ left: [[Double]], _ right: [[Double]]) -> Double {
        zip(left.joined(), right.joined()).reduce(0) { $0 + $1.0 * $1.1 }
      }
      return dot(left, right) / (dot(left, left) * dot(right, right)).squareRoot()
    }
    /// H A H, H = 1 − 11ᵀ/P.
    func centred(_ matrix: [[Double]]) -> [[Double]] {
      let count = Double(examples)
      return rows.map { row in
        rows.map { column in
          matrix[row][column] - matrix[row].reduce(0, +) / count
            - rows.reduce(0) { $0 + matrix[$1][column] } / count
            + matrix.joined().reduce(0, +) / (count * count)
        }
      }
    }
    return (cosine(kernel, task), cosine(centred(kernel), centred(task)))
  }

  /// x with A x = b, by elimination.
  static func solution(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var rows = zip(matrix, right).map { $0 + [$1] }
    for pivot in rows.indices {
      let best = rows.indices[pivot...].max {
        rows[$0][pivot].magnitude < rows[$1][pivot].magnitude
      }
      rows.swapAt(pivot, best ?? pivot)
      for row in rows.indices where row != pivot {
        let factor = rows[row][pivot] / rows[pivot][pivot]
        for column in pivot...rows.count { rows[row][column] -= factor * rows[pivot][column] }
      }
    }
    return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
  }
}
