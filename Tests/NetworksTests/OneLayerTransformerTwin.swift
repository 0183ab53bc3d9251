import Foundation
import LinearAlgebra
import Networks

/// The network of `OneLayerTransformerEngine` as its formulas stand on paper.
///
/// Example by example, three tokens, causal attention at every position, every sum a loop, float64. It knows no gradient:
/// slopes of its loss are differences.
struct OneLayerTransformerTwin {
  typealias Rows = [[Double]]

  let task: OneLayerTransformerTask
  let sizes: OneLayerTransformerDraws.Sizes
  let train: TokenPairs
  let test: TokenPairs
  var weights: [String: Rows]
  private var initial: (train: Rows, test: Rows)?

  init(task: OneLayerTransformerTask, draws: OneLayerTransformerDraws) {
    self.task = task
    sizes = draws.sizes
    train = draws.split.train
    test = draws.split.test
    weights = Self.rows(draws.weights)
    if task.isCentred { initial = (train: logits(of: train), test: logits(of: test)) }
  }

  static func rows(_ tensors: [Tensor]) -> [String: Rows] {
    var rows: [String: Rows] = [:]
    for tensor in tensors {
      guard case .float64(let elements) = tensor.elements else { continue }
      let columns = tensor.shape[tensor.shape.count - 1]
      rows[tensor.name] = stride(from: 0, to: elements.count, by: columns).map {
        Array(elements[$0..<$0 + columns])
      }
    }
    return rows
  }

  private func times(_ x: [Double], _ name: String) -> [Double] {
    guard let matrix = weights[name] else { return [] }
    var y = [Double](repeating: 0, count: matrix[0].count)
    for (i, row) in matrix.enumerated() { for j in row.indices { y[j] += x[i] * row[j] } }
    return y
  }

  private func sum(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 + $1 } }

  /// The logits at the last of three positions.
  private func logits(a: Int, b: Int) -> [Double] {
    guard let embedding = weights["W_E"], let positions = weights["W_pos"],
      let hiddenBias = weights["b_in"]?[0], let outputBias = weights["b_out"]?[0]
    else { return [] }
    let stream = zip([a, b, sizes.modulus], positions).map { sum(embedding[$0], $1) }
    let (queries, keys, values) = (
      stream.map { times($0, "W_Q") }, stream.map { times($0, "W_K") },
      stream.map { times($0, "W_V") }
    )
    let headWidth = sizes.width / sizes.heads
    let mixed = stream.indices.map { position in
      (0..<sizes.heads).flatMap { head -> [Double] in
        let part = head * headWidth..<(head + 1) * headWidth
        let scores = (0...position).map { other in
          zip(queries[position][part], keys[other][part]).reduce(0) { $0 + $1.0 * $1.1 }
            / Double(headWidth).squareRoot()
        }
        let powers = scores.map { exp($0 - (scores.max() ?? 0)) }
        let total = powers.reduce(0, +)
        return part.map { k in
          (0...position).reduce(0) { $0 + powers[$1] / total * values[$1][k] }
        }
      }
    }
    let middle = sum(stream[2], times(mixed[2], "W_O"))
    let hidden = sum(times(middle, "W_in"), hiddenBias).map { max($0, 0) }
    return times(sum(middle, sum(times(hidden, "W_out"), outputBias)), "W_U")
  }

  func logits(of pairs: TokenPairs) -> Rows {
    (0..<pairs.count).map { logits(a: pairs[$0].a, b: pairs[$0].b) }
  }

  func measure(_ pairs: TokenPairs, isTrain: Bool) -> (loss: Double, accuracy: Double) {
    var (sum, correct) = (0.0, 0)
    let start = isTrain ? initial?.train : initial?.test
    for (place, outputs) in logits(of: pairs).enumerated() {
      let label = pairs[place].label
      let z = outputs.indices.map { task.alpha * (outputs[$0] - (start?[place][$0] ?? 0)) }
      let largest = z.max() ?? 0
      sum += largest - z[label] + log(z.reduce(0) { $0 + exp($1 - largest) })
      let rivals = z.indices.filter { $0 != label && z[$0] >= z[label] }
      if rivals.isEmpty { correct += 1 }
    }
    return (sum / Double(pairs.count), Double(correct) / Double(pairs.count))
  }
}
