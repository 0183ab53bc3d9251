import Foundation
import LinearAlgebra

/// A transformer's way from a block of examples to logits and back, with the workspace for it.
struct TransformerNetwork<Scalar: BLASScalar>: Sendable {
  /// How many examples pass through at once.
  static var blockExamples: Int { 512 }

  private let layout: TransformerLayout<Scalar>
  private(set) var rows: TransformerRows
  /// The positions where they are not learned, `[positions × d]`.
  private let sinusoids: Matrix<Scalar>
  /// Embeddings and positions, `[inputs × d]`.
  private var inputs: Matrix<Scalar>
  private var layers: [TransformerLayer<Scalar>]
  /// The LayerNorm before the logits, if there is one.
  private var norm: NormalisedRows<Scalar>
  /// The logits of the present block, then the slopes by them, `[examples × logits]`.
  var logits: Matrix<Scalar>
  private var slopes: TransformerSlopes<Scalar>

  /// - Parameters:
  ///   - shape: that of the network.
  ///   - layout: where the parameters are.
  ///   - examples: how many a block has at most.
  ///   - isShared: whether what examples have in common is computed once.
  init(
    _ shape: TransformerShape, _ layout: TransformerLayout<Scalar>, examples: Int, isShared: Bool
  ) {
    self.layout = layout
    rows = TransformerRows(shape, capacity: examples, isShared: isShared)
    sinusoids = Matrix(Self.sinusoids(shape))
    inputs = Matrix(rows: examples * shape.positionCount, columns: shape.width)
    layers = (0..<shape.layers).map { TransformerLayer($0, shape, layout, examples: examples) }
    norm = NormalisedRows(rows: shape.norm == .pre ? examples : 0, columns: shape.width)
    logits = Matrix(rows: examples, columns: shape.logits)
    slopes = TransformerSlopes(shape, examples: examples)
  }

  /// sin(j/10000^(2i/d)) at the column 2i of position j, the cosine of the same beside it.
  private static func sinusoids(_ shape: TransformerShape) -> Matrix<Double> {
    var matrix = Matrix<Double>(rows: shape.positionCount, columns: shape.width)
    for position in 0..<shape.positionCount {
      for column in 0..<shape.width {
        let angle =
          Double(position) / pow(10_000, Double(column - column % 2) / Double(shape.width))
        matrix[position, column] = column.isMultiple(of: 2) ? sin(angle) : cos(angle)
      }
    }
    return matrix
  }

  /// Makes the logits of a block.
  ///
  /// - Parameters:
  ///   - pairs: the examples.
  ///   - order: numbers of examples.
  ///   - range: which of these numbers are the block's.
  ///   - weights: all parameters.
  mutating func forward(
    _ pairs: TokenPairs, _ order: [Int32], _ range: Range<Int>, weights: Matrix<Scalar>
  ) {
    rows.take(pairs, order, range)
    embed(weights)
    for number in layers.indices {
      let below = number == 0 ? inputs : layers[number - 1].outputs
      layers[number].forward(below, weights: weights, rows: rows)
    }
    let count = range.count
    if let place = layout.norm {
      norm.take(layers[layers.count - 1].outputs, count)
      norm.normalise(count, weights, place)
    }
    logits.setMap(readouts, weights, layout.head, rows: count)
    if layout.hasBiases { logits.addRows(count, bias: weights, layout.head.bias) }
  }

  /// What the logits are made of, `[examples × d]`.
  private var readouts: Matrix<Scalar> {
    layout.norm == nil ? layers[layers.count - 1].outputs : norm.outputs
  }

  private mutating func embed(_ weights: Matrix<Scalar>) {
    inputs.fillWithZeros(rows: rows.inputs.count)
    inputs.addRows(
      rows.inputs.count, bias: weights, layout.noBias, weights, layout.embedding,
      places: rows.tokens)
    inputs.addRows(
      rows.inputs.count, bias: weights, layout.noBias,
      layout.positions == nil ? sinusoids : weights,
      layout.positions ?? sinusoids.region, places: rows.inputPositions)
  }

  /// Takes the slopes by the logits of the present block back to the parameters.
  ///
  /// - Parameters:
  ///   - weights: as for `forward`.
  ///   - gradient: gets them added, at the parameters' places.
  mutating func propagateBack(weights: Matrix<Scalar>, addingTo gradient: inout Matrix<Scalar>) {
    let count = rows.count
    gradient.addSlopes(layout.head, logits, readouts, count, hasBiases: layout.hasBiases)
    slopes.outputs.setSlopes(logits, weights, layout.head, rows: count)
    if let place = layout.norm {
      norm.propagateBack(&slopes.outputs, count, weights, place, addingTo: &gradient)
    }
    for number in layers.indices.reversed() {
      layers[number].propagateBack(
        &slopes, inputs: number == 0 ? inputs : layers[number - 1].outputs, weights: weights,
        rows: rows, addingTo: &gradient)
      swap(&slopes.inputs, &slopes.outputs)
    }
    let inputs = 0..<rows.inputs.count
    gradient.scatterRows(in: layout.embedding, slopes.outputs, inputs, places: rows.tokens)
    if let positions = layout.positions {
      gradient.scatterRows(in: positions, slopes.outputs, inputs, places: rows.inputPositions)
    }
  }
}
