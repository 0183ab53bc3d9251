import LinearAlgebra

/// What the loss changes by with what a layer makes; workspace of all layers.
struct TransformerSlopes<Scalar: BLASScalar>: Sendable {
  /// By z, then by y and by what y is made of, `[contexts × d]`.
  var outputs: Matrix<Scalar>
  /// By x, `[inputs × d]`.
  var inputs: Matrix<Scalar>
  /// By the hidden units, `[contexts × N]`.
  var hidden: Matrix<Scalar>
  /// By what attention mixes, `[contexts × d]`.
  var mixed: Matrix<Scalar>
  /// By Q, K and V, `[inputs × 3d]`.
  var projections: Matrix<Scalar>
  var read: ReadAttention<Scalar>.Slopes

  init(_ shape: TransformerShape, examples: Int) {
    let rows = examples * shape.positionCount
    outputs = Matrix(rows: rows, columns: shape.width)
    inputs = outputs
    mixed = outputs
    hidden = Matrix(rows: rows, columns: shape.feedForward)
    projections = Matrix(rows: rows, columns: 3 * shape.width)
    read = ReadAttention.Slopes(shape, examples: shape.isReadFolded ? examples : 0)
  }
}

extension TransformerLayer {
  /// Takes the slopes by z back to x and to the parameters.
  ///
  /// - Parameters:
  ///   - slopes: `outputs` has the slopes by z; `inputs` becomes those by x.
  ///   - inputs: x, of the same call of `forward`.
  ///   - weights: all parameters.
  ///   - rows: the present block.
  ///   - gradient: gets the slopes by the parameters added, at their places.
  func propagateBack(
    _ slopes: inout TransformerSlopes<Scalar>, inputs: Matrix<Scalar>, weights: Matrix<Scalar>,
    rows: TransformerRows, addingTo gradient: inout Matrix<Scalar>
  ) {
    let contexts = contexts(rows)
    let count = contexts.count
    if norm == .post {
      feedForwardNorm.propagateBack(
        &slopes.outputs, count, weights, parameters.feedForwardNorm, addingTo: &gradient)
    }
    // z = y + F(y)
    addSlopes(parameters.second, slopes.outputs, hidden, count, to: &gradient)
    slopes.hidden.setSlopes(slopes.outputs, weights, parameters.second, rows: count)
    slopes.hidden.multiplyBySlopes(
      of: activation, hidden: hidden, slopes: hiddenSlopes, rows: count)
    addSlopes(parameters.first, slopes.hidden, feedForwardInputs, count, to: &gradient)
    if norm == .pre {
      slopes.mixed.setSlopes(slopes.hidden, weights, parameters.first, rows: count)
      feedForwardNorm.propagateBack(
        &slopes.mixed, count, weights, parameters.feedForwardNorm, addingTo: &gradient)
      let taken = 0..<count
      slopes.outputs.set(
        in: slopes.outputs.region.rows(taken), slopes.mixed, slopes.mixed.region.rows(taken),
        adding: true)
    } else {
      slopes.outputs.setSlopes(slopes.hidden, weights, parameters.first, rows: count, keep: 1)
    }
    if norm == .post {
      attentionNorm.propagateBack(
        &slopes.outputs, count, weights, parameters.attentionNorm, addingTo: &gradient)
    }
    // y = x + A(x)
    addSlopes(parameters.output, slopes.outputs, mixed, count, to: &gradient)
    slopes.mixed.setSlopes(slopes.outputs, weights, parameters.output, rows: count)
    propagateAttentionBack(
      &slopes, inputs: attentionInputs(inputs), weights: weights, rows: rows, addingTo: &gradient)
    if norm == .pre {
      attentionNorm.propagateBack(
        &slopes.inputs, self.inputs(rows).count, weights, parameters.attentionNorm,
        addingTo: &gradient)
    }
    slopes.inputs.scatterRows(
      in: slopes.inputs.region, slopes.outputs, 0..<count, places: sources(rows),
      from: contexts.lowerBound)
  }

  /// From what attention mixes to what Q, K and V are made of.
  private func propagateAttentionBack(
    _ slopes: inout TransformerSlopes<Scalar>, inputs: Matrix<Scalar>, weights: Matrix<Scalar>,
    rows: TransformerRows, addingTo gradient: inout Matrix<Scalar>
  ) {
    let count = self.inputs(rows).count
    if isFolded {
      return read.propagateBack(
        slopes.mixed, &slopes.read, inputs: inputs, inputCount: count, readRows: queryRows(rows),
        queries(rows.shape.sequence.readPosition, rows), weights: weights, parameters.projections,
        into: &slopes.inputs, addingTo: &gradient)
    }
    slopes.projections.fillWithZeros(rows: count)
    for position in positions(rows) {
      attention.propagateBack(
        slopes.mixed, queries(position, rows), projections: projections,
        addingTo: &slopes.projections)
    }
    var keep: Scalar = 0
    for part in projectionParts(rows) {
      let made = slopes.projections.region.rows(part.rows).columns(part.columns)
      let map = parameters.projections.weight.rows(part.columns)
      gradient.setProduct(
        in: map, of: slopes.projections, made, inputs, inputs.region.rows(part.rows),
        transposed: .left, keep: 1)
      slopes.inputs.setProduct(
        in: slopes.inputs.region.rows(part.rows), of: slopes.projections, made, weights, map,
        keep: keep)
      keep = 1
    }
    if hasBiases {
      gradient.addColumnSums(
        in: parameters.projections.bias, of: slopes.projections, 0..<count)
    }
  }

  /// Adds the slopes by a linear map's matrix and biases.
  private func addSlopes(
    _ map: TransformerLayout<Scalar>.Linear, _ slopes: Matrix<Scalar>, _ inputs: Matrix<Scalar>,
    _ count: Int, to gradient: inout Matrix<Scalar>
  ) {
    gradient.addSlopes(map, slopes, inputs, count, hasBiases: hasBiases)
  }
}

extension Matrix {
  /// The first rows become the slopes by a linear map's inputs: self ← slopes W.
  mutating func setSlopes(
    _ slopes: Matrix, _ weights: Matrix, _ map: TransformerLayout<Scalar>.Linear, rows count: Int,
    keep: Scalar = 0
  ) {
    setProduct(
      in: region.rows(0..<count), of: slopes, slopes.region.rows(0..<count), weights, map.weight,
      keep: keep)
  }

  /// This gradient gets the slopes by a linear map's matrix and biases added: slopesᵀ inputs, and the slopes' sum.
  mutating func addSlopes(
    _ map: TransformerLayout<Scalar>.Linear, _ slopes: Matrix, _ inputs: Matrix, _ count: Int,
    hasBiases: Bool
  ) {
    let rows = 0..<count
    setProduct(
      in: map.weight, of: slopes, slopes.region.rows(rows), inputs, inputs.region.rows(rows),
      transposed: .left, keep: 1)
    if hasBiases { addColumnSums(in: map.bias, of: slopes, rows) }
  }
}
