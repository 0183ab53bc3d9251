import Foundation
import LinearAlgebra
import Networks

/// The network of `EmbeddingMLPEngine` as its formulas stand on paper.
///
/// Example by example, no table, every sum a loop, float64. It knows no gradient: slopes of its loss are differences.
struct EmbeddingMLPTwin {
  let task: EmbeddingMLPTask
  let sizes: EmbeddingMLPSizes
  let train: TokenPairs
  let test: TokenPairs
  /// A matrix by its rows; a bias is one row.
  var weights: [String: [[Double]]]
  private var initial: (train: [[Double]], test: [[Double]])?

  init(task: EmbeddingMLPTask, draws: EmbeddingMLPDraws) {
    self.task = task
    sizes = draws.sizes
    train = draws.split.train
    test = draws.split.test
    weights = OneLayerTransformerTwin.rows(draws.weights)
    if task.isCentred { initial = (train: outputs(of: train), test: outputs(of: test)) }
  }

  private func activated(_ x: Double) -> Double {
    switch task.activation {
    case .relu: max(x, 0)
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    case .tanh: tanh(x)
    case .square: x * x
    }
  }

  private func outputs(a: Int, b: Int) -> [Double] {
    let names =
      sizes.sharesEmbedding
      ? ["embedding.weight", "embedding.weight"] : ["embedding_a.weight", "embedding_b.weight"]
    guard let first = weights[names[0]]?[a], let second = weights[names[1]]?[b] else { return [] }
    var x = sizes.combination == .summed ? zip(first, second).map { $0 + $1 } : first + second
    for layer in 0...sizes.hiddenLayers {
      guard let matrix = weights["layers.\(layer).weight"] else { return [] }
      let bias = weights["layers.\(layer).bias"]?[0]
      let sums = matrix.indices.map { unit in
        zip(matrix[unit], x).reduce(bias?[unit] ?? 0) { $0 + $1.0 * $1.1 }
      }
      x = layer == sizes.hiddenLayers ? sums : sums.map(activated)
    }
    return x
  }

  func outputs(of pairs: TokenPairs) -> [[Double]] {
    (0..<pairs.count).map { outputs(a: pairs[$0].a, b: pairs[$0].b) }
  }

  func measure(_ pairs: TokenPairs, isTrain: Bool) -> (loss: Double, accuracy: Double) {
    var (sum, correct) = (0.0, 0)
    let start = isTrain ? initial?.train : initial?.test
    for (place, outputs) in outputs(of: pairs).enumerated() {
      let label = pairs[place].label
      let z = outputs.indices.map { task.alpha * (outputs[$0] - (start?[place][$0] ?? 0)) }
      switch task.loss {
      case .crossEntropy:
        let largest = z.max() ?? 0
        sum += largest - z[label] + log(z.reduce(0) { $0 + exp($1 - largest) })
      case .meanSquare:
        let squares = z.indices.map {
          (z[$0] - ($0 == label ? 1 : 0)) * (z[$0] - ($0 == label ? 1 : 0))
        }
        sum += squares.reduce(0, +) / Double(z.count)
      }
      if !z.indices.contains(where: { $0 != label && z[$0] >= z[label] }) { correct += 1 }
    }
    return (sum / Double(pairs.count), Double(correct) / Double(pairs.count))
  }
}
