import Foundation
import LinearAlgebra

import Networks

/// The network of `TransformerEngine` as its formulas stand on paper.
///
/// Example by example, every position of every layer, every sum a loop, float64. It knows no gradient: slopes of its loss
/// are differences.
struct TransformerTwin {
  typealias Rows = [[Double]]

  let task: TransformerTask
  let shape: TransformerShape
  let train: TokenPairs
  let test: TokenPairs
  var weights: [String: Rows]

  init(task: TransformerTask, draws: TransformerDraws) {
    self.task = task
    shape = draws.shape
    train = draws.split.train
    test = draws.split.test
    weights = OneLayerTransformerTwin.rows(draws.weights)
  }

  /// W x + b, without b where there is none.
  private func map(_ x: [Double], _ name: String, joint: String = ".") -> [Double] {
    let bias = weights["\(name)\(joint)bias"]?[0]
    return (weights["\(name)\(joint)weight"] ?? []).enumerated().map { place, row in
      zip(row, x).reduce(bias?[place] ?? 0) { $0 + $1.0 * $1.1 }
    }
  }

  private func normalised(_ x: [Double], _ name: String) -> [Double] {
    guard let gain = weights["\(name).weight"]?[0], let shift = weights["\(name).bias"]?[0] else {
      return x
    }
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return x.indices.map { (x[$0] - mean) / (variance + 1e-5).squareRoot() * gain[$0] + shift[$0] }
  }

  private func sum(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 + $1 } }

  private func sequence(a: Int, b: Int) -> [Int] {
    let p = shape.modulus
    return switch shape.sequence {
    case .pair: [a, b]
    case .equation: [a, b, p]
    case .statement: [p + 2, a, p + 1, b, p]
    }
  }

  private func position(_ number: Int) -> [Double] {
    if let learned = weights["positions.weight"] { return learned[number] }
    return (0..<shape.width).map { column in
      let even = column - column % 2
      let angle = Double(number) / pow(10_000, Double(even) / Double(shape.width))
      return column == even ? sin(angle) : cos(angle)
    }
  }

  private func attention(_ stream: Rows, _ prefix: String) -> Rows {
    let d = shape.width
    let size = d / shape.heads
    let made = stream.map { map($0, prefix + "in_proj", joint: "_") }
    return made.indices.map { position in
      let seen = shape.isCausal ? 0...position : 0...made.count - 1
      let mixed = (0..<shape.heads).flatMap { head -> [Double] in
        let part = head * size..<(head + 1) * size
        let scores = seen.map { other in
          part.reduce(0) { $0 + made[position][$1] * made[other][d + $1] }
            / Double(size).squareRoot()
        }
        let powers = scores.map { exp($0 - (scores.max() ?? 0)) }
        let total = powers.reduce(0, +)
        return part.map { column in
          zip(powers, seen).reduce(0) { $0 + $1.0 / total * made[$1.1][2 * d + column] }
        }
      }
      return map(mixed, prefix + "out_proj")
    }
  }

  private func activated(_ x: Double) -> Double {
    switch shape.activation {
    case .relu: max(x, 0)
    case .gelu: x * (1 + erf(x / 2.0.squareRoot())) / 2
    case .tanh: tanh(x)
    case .square: x * x
    }
  }

  private func feedForward(_ x: [Double], _ prefix: String) -> [Double] {
    map(map(x, prefix + "linear1").map(activated), prefix + "linear2")
  }

  func logits(a: Int, b: Int) -> [Double] {
    guard let embedding = weights["embedding.weight"] else { return [] }
    var stream = sequence(a: a, b: b).enumerated().map { sum(embedding[$1], position($0)) }
    for layer in 0..<shape.layers {
      let prefix = "layers.\(layer)."
      func norm(_ rows: Rows, _ number: Int) -> Rows {
        rows.map { normalised($0, "\(prefix)norm\(number)") }
      }
      if shape.norm == .pre {
        stream = zip(stream, attention(norm(stream, 1), prefix + "self_attn.")).map(sum)
        stream = zip(stream, norm(stream, 2).map { feedForward($0, prefix) }).map(sum)
      } else {
        stream = norm(zip(stream, attention(stream, prefix + "self_attn.")).map(sum), 1)
        stream = norm(zip(stream, stream.map { feedForward($0, prefix) }).map(sum), 2)
      }
    }
    let read = stream[shape.sequence == .pair ? 0 : stream.count - 1]
    return map(shape.norm == .pre ? normalised(read, "norm") : read, "head")
  }

  func logits(of pairs: TokenPairs) -> Rows {
    (0..<pairs.count).map { logits(a: pairs[$0].a, b: pairs[$0].b) }
  }

  /// The loss and the accuracy over some examples; all of them if nobody says.
  func measure(_ pairs: TokenPairs, _ examples: [Int]? = nil) -> (loss: Double, accuracy: Double) {
    let examples = examples ?? Array(0..<pairs.count)
    var (sum, correct) = (0.0, 0)
    for example in examples {
      let (a, b, label) = pairs[example]
      let z = logits(a: a, b: b).map { task.alpha * $0 }
      let largest = z.max() ?? 0
      sum += largest - z[label] + log(z.reduce(0) { $0 + exp($1 - largest) })
      if !z.indices.contains(where: { $0 != label && z[$0] >= z[label] }) { correct += 1 }
    }
    return (sum / Double(examples.count), Double(correct) / Double(examples.count))
  }
}
