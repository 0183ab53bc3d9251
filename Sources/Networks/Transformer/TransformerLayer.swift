import LinearAlgebra

/// One layer, attention and a feed-forward network, over the rows of a block of examples.
///
/// With x the inputs, LN where the shape has it:
///
///     post-norm:  y = LN(x + A(x)),  z = LN(y + F(y));  without LN the same but for it
///     pre-norm:   y = x + A(LN(x)),  z = y + F(LN(y))
///     A(x) = softmax(Q Kᵀ/√(d/H)) V W_Oᵀ + b_O,  [Q K V] = x W_Pᵀ + b_P,  F(y) = φ(y W₁ᵀ + b₁) W₂ᵀ + b₂
///
/// The last layer makes the position that is read, and no other.
struct TransformerLayer<Scalar: BLASScalar>: Sendable {
  let parameters: TransformerLayout<Scalar>.Layer
  let hasBiases: Bool
  let norm: TransformerShape.Norm
  private let isFirst: Bool
  private let isLast: Bool
  /// Whether keys and values are not made.
  let isFolded: Bool
  var read: ReadAttention<Scalar>
  /// [Q K V], `[inputs × 3d]`.
  var projections: Matrix<Scalar>
  var attention: RowAttention<Scalar>
  /// What attention mixes, `[outputs × d]`.
  var mixed: Matrix<Scalar>
  /// Post-norm: of x + A(x); pre-norm: of x.
  var attentionNorm: NormalisedRows<Scalar>
  /// y, where it is not what LN made.
  var middle: Matrix<Scalar>
  /// Post-norm: of y + F(y); pre-norm: of y.
  var feedForwardNorm: NormalisedRows<Scalar>
  let activation: Activation
  /// φ of the hidden units, `[outputs × N]`.
  var hidden: Matrix<Scalar>
  /// φ′ of them where it is kept, of the same shape.
  var hiddenSlopes: Matrix<Scalar>
  /// z, where it is not what LN made.
  private var sums: Matrix<Scalar>

  /// - Parameters:
  ///   - number: of the layer, from 0.
  ///   - shape: that of the network.
  ///   - layout: where the parameters are.
  ///   - examples: how many a block has at most.
  init(
    _ number: Int, _ shape: TransformerShape, _ layout: TransformerLayout<Scalar>, examples: Int
  ) {
    parameters = layout.layers[number]
    hasBiases = layout.hasBiases
    norm = shape.norm
    isFirst = number == 0
    isLast = number == shape.layers - 1
    let d = shape.width
    let inputs = examples * shape.positionCount
    let outputs = isLast ? examples : inputs
    isFolded = isLast && shape.isReadFolded
    read = ReadAttention(shape, examples: isFolded ? examples : 0)
    projections = Matrix(rows: isFolded ? 0 : inputs, columns: 3 * d)
    attention = RowAttention(
      width: d, heads: shape.heads, positions: shape.positionCount, rows: isFolded ? 0 : outputs)
    mixed = Matrix(rows: outputs, columns: d)
    attentionNorm = NormalisedRows(
      rows: norm == .none ? 0 : norm == .pre ? inputs : outputs, columns: d)
    feedForwardNorm = NormalisedRows(rows: norm == .none ? 0 : outputs, columns: d)
    middle = Matrix(rows: norm == .post ? 0 : outputs, columns: d)
    sums = middle
    activation = shape.activation
    hidden = Matrix(rows: outputs, columns: shape.feedForward)
    hiddenSlopes = Matrix(
      rows: activation.keepsSlopes ? outputs : 0, columns: shape.feedForward)
  }

  /// z, `[outputs × d]`.
  var outputs: Matrix<Scalar> { norm == .post ? feedForwardNorm.outputs : sums }

  /// The contexts that this layer makes.
  func contexts(_ rows: TransformerRows) -> Range<Int> {
    isLast ? rows.contexts.rows(at: rows.shape.sequence.readPosition) : 0..<rows.contexts.count
  }

  func inputs(_ rows: TransformerRows) -> TransformerRows.Level {
    isFirst ? rows.inputs : rows.contexts
  }

  /// The inputs whose queries are asked for.
  func queryRows(_ rows: TransformerRows) -> Range<Int> {
    let inputs = inputs(rows)
    return isLast ? inputs.rows(at: rows.shape.sequence.readPosition) : 0..<inputs.count
  }

  /// The input at the position of each context.
  func sources(_ rows: TransformerRows) -> [Int32] {
    isFirst ? rows.inputsOfContexts : rows.identity
  }

  /// The positions that this layer makes.
  func positions(_ rows: TransformerRows) -> Range<Int> {
    let read = rows.shape.sequence.readPosition
    return isLast ? read..<read + 1 : 0..<rows.shape.positionCount
  }

  func queries(_ position: Int, _ rows: TransformerRows) -> RowAttention<Scalar>.Queries {
    RowAttention.Queries(
      places: inputs(rows).places, capacity: rows.capacity, position: position,
      keys: rows.shape.keys(at: position), examples: rows.contexts.examples,
      rows: rows.contexts.rows(at: position), start: contexts(rows).lowerBound)
  }

  /// What the matrices of queries, keys and values are multiplied with.
  func attentionInputs(_ inputs: Matrix<Scalar>) -> Matrix<Scalar> {
    norm == .pre ? attentionNorm.outputs : inputs
  }

  var feedForwardInputs: Matrix<Scalar> {
    switch norm {
    case .post: attentionNorm.outputs
    case .pre: feedForwardNorm.outputs
    case .none: middle
    }
  }

  /// Makes z.
  ///
  /// - Parameters:
  ///   - inputs: x, a row an input for the first layer, a row a context for any other.
  ///   - weights: all parameters.
  ///   - rows: the present block.
  mutating func forward(
    _ inputs: Matrix<Scalar>, weights: Matrix<Scalar>, rows: TransformerRows
  ) {
    if norm == .pre {
      let count = self.inputs(rows).count
      attentionNorm.take(inputs, count)
      attentionNorm.normalise(count, weights, parameters.attentionNorm)
    }
    attend(attentionInputs(inputs), weights: weights, rows: rows)
    let outputs = contexts(rows)
    let count = outputs.count
    if norm == .post {
      attentionNorm.rows.setMap(mixed, weights, parameters.output, rows: count)
      attentionNorm.rows.addRows(
        count, bias: weights, parameters.output.bias, inputs, places: sources(rows),
        from: outputs.lowerBound)
      attentionNorm.normalise(count, weights, parameters.attentionNorm)
    } else {
      middle.setMap(mixed, weights, parameters.output, rows: count)
      middle.addRows(
        count, bias: weights, parameters.output.bias, inputs, places: sources(rows),
        from: outputs.lowerBound)
      if norm == .pre {
        feedForwardNorm.take(middle, count)
        feedForwardNorm.normalise(count, weights, parameters.feedForwardNorm)
      }
    }
    feedForward(weights, identity: rows.identity, count: count)
  }

  /// Makes what attention mixes.
  private mutating func attend(
    _ inputs: Matrix<Scalar>, weights: Matrix<Scalar>, rows: TransformerRows
  ) {
    if isFolded {
      let position = rows.shape.sequence.readPosition
      return read.forward(
        into: &mixed, inputs: inputs, readRows: queryRows(rows), queries(position, rows),
        weights: weights, parameters.projections)
    }
    project(inputs, weights: weights, rows: rows)
    for position in positions(rows) {
      attention.mix(into: &mixed, queries(position, rows), projections: projections)
    }
  }

  /// Makes Q where it is asked for, K and V everywhere.
  private mutating func project(
    _ inputs: Matrix<Scalar>, weights: Matrix<Scalar>, rows: TransformerRows
  ) {
    for part in projectionParts(rows) {
      projections.setProduct(
        in: projections.region.rows(part.rows).columns(part.columns), of: inputs,
        inputs.region.rows(part.rows), weights, parameters.projections.weight.rows(part.columns),
        transposed: .right)
    }
    if hasBiases {
      projections.addRows(self.inputs(rows).count, bias: weights, parameters.projections.bias)
    }
  }

  /// Which inputs have which columns of Q, K and V: first all inputs, then those whose queries alone are asked for.
  func projectionParts(_ rows: TransformerRows) -> ProjectionParts {
    let (all, queries) = (0..<inputs(rows).count, queryRows(rows))
    let d = mixed.columns
    return ProjectionParts(
      first: (all, queries == all ? 0..<3 * d : d..<3 * d),
      second: queries == all ? nil : (queries, 0..<d))
  }

  private mutating func feedForward(_ weights: Matrix<Scalar>, identity: [Int32], count: Int) {
    hidden.setMap(feedForwardInputs, weights, parameters.first, rows: count)
    hidden.apply(
      activation, bias: weights, parameters.first.bias, rows: count, slopes: &hiddenSlopes)
    if norm == .post {
      feedForwardNorm.rows.setMap(hidden, weights, parameters.second, rows: count)
      feedForwardNorm.rows.addRows(
        count, bias: weights, parameters.second.bias, attentionNorm.outputs, places: identity)
      feedForwardNorm.normalise(count, weights, parameters.feedForwardNorm)
    } else {
      sums.setMap(hidden, weights, parameters.second, rows: count)
      sums.addRows(
        count, bias: weights, parameters.second.bias, middle, places: identity)
    }
  }
}

/// One or two rectangles of the projections.
struct ProjectionParts: Sequence, IteratorProtocol {
  typealias Element = (rows: Range<Int>, columns: Range<Int>)
  private var first: Element?
  private var second: Element?

  init(first: Element, second: Element?) {
    self.first = first
    self.second = second
  }

  mutating func next() -> Element? {
    defer { (first, second) = (second, nil) }
    return first
  }
}

extension Matrix {
  /// The first rows become those of another matrix times a linear map, without its bias: self ← x Wᵀ.
  mutating func setMap(
    _ inputs: Matrix, _ weights: Matrix, _ map: TransformerLayout<Scalar>.Linear, rows count: Int
  ) {
    setProduct(
      in: region.rows(0..<count), of: inputs, inputs.region.rows(0..<count), weights, map.weight,
      transposed: .right)
  }
}

extension NormalisedRows {
  /// Takes the first rows of a matrix to be normalised.
  mutating func take(_ matrix: Matrix<Scalar>, _ count: Int) {
    rows.set(in: rows.region.rows(0..<count), matrix, matrix.region.rows(0..<count))
  }

  mutating func normalise(
    _ count: Int, _ weights: Matrix<Scalar>, _ norm: TransformerLayout<Scalar>.Norm?
  ) {
    guard let norm else { preconditionFailure("\(rows.shape) without LayerNorm") }
    normalise(count, weights, gain: norm.gain, shift: norm.shift)
  }

  func propagateBack(
    _ slopes: inout Matrix<Scalar>, _ count: Int, _ weights: Matrix<Scalar>,
    _ norm: TransformerLayout<Scalar>.Norm?, addingTo gradient: inout Matrix<Scalar>
  ) {
    guard let norm else { preconditionFailure("\(rows.shape) without LayerNorm") }
    propagateBack(
      &slopes, count, weights, gain: norm.gain, shift: norm.shift, addingTo: &gradient)
  }
}
