import LinearAlgebra

/// What the one-layer transformer computes for all tokens at once, before and after it looks at examples.
///
/// The network is read at the last position, whose token is always =. So there is one query; the weights of a head on the
/// three positions sum to one; and an example is a sum of rows of tables. With x_a, x_b and x_= what enters the layer (an
/// embedding and a position's), X the rows x − x_= of all tokens a, then of all tokens b, and below them x_=:
///
///     V = X W_V,  R = W_O [W_in | W_U],  T_h = V_h R_h,  s = X W_K q/√(d/H),  q = x_= W_Q
///     [u | f](a, b) = c + Σ_h (w_h(a) T_h[a] + w_h(b) T_h[b]),  w_h = softmax(s(a), s(b), 0)
///     c = x_= [W_in | W_U] + Σ_h T_h[=] + [b_in | b_out W_U],  logits = f + max(u, 0) W_out W_U
///
/// The row of = takes part in every product with the weight 1, so that its slopes come with those of the others.
struct OneLayerTransformerTables<Scalar: BLASScalar>: Sendable {
  private let layout: OneLayerTransformerLayout<Scalar>
  private let heads: Int
  /// How many rows the tokens a have, and those of b: p.
  private let modulus: Int
  /// What E's last row and W_pos add to X, `[2p + 1 × 4]`.
  private let special: Matrix<Scalar>
  /// X, `[2p + 1 × d]`.
  private var inputs: Matrix<Scalar>
  /// V, like X.
  private var values: Matrix<Scalar>
  /// q, `[1 × d]`.
  private var query: Matrix<Scalar>
  /// q, the part of each head in a column of its own, `[d × H]`; and W_K times it.
  private var headQueries: Matrix<Scalar>
  private var keys: Matrix<Scalar>
  /// R, `[d × readoutWidth]`.
  private var readouts: Matrix<Scalar>
  /// s, `[2p + 1 × H]`.
  private(set) var scores: Matrix<Scalar>
  /// T, a head after the other, `[2p + 1 × H · readoutWidth]`.
  private(set) var table: Matrix<Scalar>
  /// c, `[1 × readoutWidth]`.
  private(set) var constant: Matrix<Scalar>
  /// W_out W_U, and below it b_out W_U, `[N + 1 × p + 1]`.
  private(set) var folded: Matrix<Scalar>
  /// W_out W_U as products of blocks of examples read it, forward and backward.
  private(set) var forwardFactor: BlockFactor<Scalar>
  private(set) var backwardFactor: BlockFactor<Scalar>

  init(
    _ sizes: OneLayerTransformerDraws.Sizes, layout: OneLayerTransformerLayout<Scalar>
  ) {
    self.layout = layout
    heads = sizes.heads
    modulus = sizes.modulus
    let (p, d) = (sizes.modulus, sizes.width)
    inputs = Matrix(rows: 2 * p + 1, columns: d)
    values = inputs
    query = Matrix(rows: 1, columns: d)
    headQueries = Matrix(rows: d, columns: heads)
    keys = headQueries
    readouts = Matrix(rows: d, columns: layout.readoutWidth)
    scores = Matrix(rows: 2 * p + 1, columns: heads)
    table = Matrix(rows: 2 * p + 1, columns: heads * layout.readoutWidth)
    constant = Matrix(rows: 1, columns: layout.readoutWidth)
    folded = Matrix(rows: sizes.hiddenUnits + 1, columns: sizes.tokens)
    let product = folded.region.rows(0..<sizes.hiddenUnits)
    let kernels = BlockKernels.usedForNarrow(in: Scalar.self)
    forwardFactor = BlockFactor(product, on: kernels)
    backwardFactor = BlockFactor(product, transposed: true, on: kernels)
    // E of =, and the three positions: x_a and x_b are taken relative to x_=.
    let rows: [[Double]] =
      Array(repeating: [-1, 1, 0, -1], count: p) + Array(repeating: [-1, 0, 1, -1], count: p)
      + [[1, 0, 0, 1]]
    special = Matrix(rows: 2 * p + 1, columns: 4, elements: rows.flatMap(\.self))
  }

  /// The rows of the tokens a, of the tokens b, and of =.
  private var firstRows: Range<Int> { 0..<modulus }
  private var secondRows: Range<Int> { modulus..<2 * modulus }
  private var lastRow: Range<Int> { 2 * modulus..<2 * modulus + 1 }
  /// Where all embeddings but that of = lie, and that of = with the positions.
  private var tokenRows: MatrixRegion { layout.embeddings.rows(0..<modulus) }
  private var specialRows: MatrixRegion { layout.embeddings.rows(modulus..<modulus + 4) }
  /// 1/√(d/H).
  private var scoreScale: Scalar { 1 / Scalar(inputs.columns / heads).squareRoot() }

  private func columns(ofHead head: Int, in region: MatrixRegion) -> MatrixRegion {
    let width = region.columns / heads
    return region.columns(head * width..<(head + 1) * width)
  }

  private func rows(ofHead head: Int) -> MatrixRegion {
    let width = inputs.columns / heads
    return readouts.region.rows(head * width..<(head + 1) * width)
  }

  /// Computes all tables of a state.
  mutating func make(of weights: Matrix<Scalar>) {
    let last = inputs.region.rows(lastRow)
    inputs.setProduct(
      in: inputs.region, of: special, special.region, weights, specialRows)
    inputs.set(in: inputs.region.rows(firstRows), weights, tokenRows, adding: true)
    inputs.set(in: inputs.region.rows(secondRows), weights, tokenRows, adding: true)
    query.setProduct(in: query.region, of: inputs, last, weights, layout.query)
    spread()
    keys.setProduct(
      in: keys.region, of: weights, layout.key, headQueries, headQueries.region)
    scores.setProduct(of: inputs, keys, scale: scoreScale)
    values.setProduct(in: values.region, of: inputs, inputs.region, weights, layout.value)
    readouts.setProduct(
      in: readouts.region, of: weights, layout.output, weights, layout.readouts)
    for head in 0..<heads {
      table.setProduct(
        in: columns(ofHead: head, in: table.region), of: values,
        columns(ofHead: head, in: values.region), readouts, rows(ofHead: head))
    }
    folded.setProduct(
      in: folded.region, of: weights, layout.hiddenOutput, weights, layout.unembedding)
    forwardFactor.prepare(from: folded)
    backwardFactor.prepare(from: folded)
    constant.setProduct(in: constant.region, of: inputs, last, weights, layout.readouts)
    let tableRow = table.region.rows(lastRow)
    for head in 0..<heads {
      constant.set(
        in: constant.region, table, columns(ofHead: head, in: tableRow), adding: true)
    }
    constant.set(
      in: constant.region.columns(0..<layout.hiddenBias.columns), weights, layout.hiddenBias,
      adding: true)
    constant.set(in: logitColumns, folded, biasRow, adding: true)
  }

  /// The columns of the constant that belong to logits.
  private var logitColumns: MatrixRegion {
    constant.region.columns(layout.rectifiedWidth..<layout.rectifiedWidth + folded.columns)
  }

  /// The row of the folded product that is b_out's.
  private var biasRow: MatrixRegion { folded.region.rows(folded.rows - 1..<folded.rows) }

  /// Puts the query of each head into a column of its own.
  private mutating func spread() {
    let width = inputs.columns / heads
    for place in 0..<inputs.columns { headQueries[place, place / width] = query[0, place] }
  }

  /// Takes the slopes of the tables back to the weights.
  ///
  /// - Parameters:
  ///   - slopes: those by `table`, `constant`, `scores` and `folded` that the examples have made; what else it holds is
  ///     overwritten.
  ///   - weights: the state that the tables were made of.
  ///   - gradient: becomes the gradient, in the layout of the weights.
  func propagateBack(
    _ slopes: inout Self, weights: Matrix<Scalar>, into gradient: inout Matrix<Scalar>
  ) {
    let last = inputs.region.rows(lastRow)
    let tableRow = table.region.rows(lastRow)
    for head in 0..<heads {
      // c has the sum of the last row's heads.
      slopes.table.set(
        in: columns(ofHead: head, in: tableRow), slopes.constant, constant.region)
      let part = columns(ofHead: head, in: table.region)
      let valuePart = columns(ofHead: head, in: values.region)
      slopes.readouts.setProduct(
        in: rows(ofHead: head), of: values, valuePart, slopes.table, part, transposed: .left)
      slopes.values.setProduct(
        in: valuePart, of: slopes.table, part, readouts, rows(ofHead: head), transposed: .right)
    }
    gradient.setProduct(
      in: layout.output, of: slopes.readouts, readouts.region, weights, layout.readouts,
      transposed: .right)
    gradient.setProduct(
      in: layout.readouts, of: weights, layout.output, slopes.readouts, readouts.region,
      transposed: .left)
    gradient.setProduct(
      in: layout.readouts, of: inputs, last, slopes.constant, constant.region, transposed: .left,
      keep: 1)
    slopes.folded.set(in: biasRow, slopes.constant, logitColumns)
    gradient.setProduct(
      in: layout.hiddenOutput, of: slopes.folded, folded.region, weights, layout.unembedding,
      transposed: .right)
    gradient.setProduct(
      in: layout.unembedding, of: weights, layout.hiddenOutput, slopes.folded, folded.region,
      transposed: .left, keep: 1)
    gradient.set(
      in: layout.hiddenBias, slopes.constant,
      constant.region.columns(0..<layout.hiddenBias.columns))
    gradient.setProduct(
      in: layout.value, of: inputs, inputs.region, slopes.values, values.region, transposed: .left)
    slopes.inputs.setProduct(
      in: inputs.region, of: slopes.values, values.region, weights, layout.value,
      transposed: .right)
    propagateScoresBack(&slopes, weights: weights, into: &gradient)
    slopes.inputs.setProduct(
      in: last, of: slopes.constant, constant.region, weights, layout.readouts,
      transposed: .right, keep: 1)
    gradient.setProduct(
      in: specialRows, of: special, special.region, slopes.inputs, inputs.region,
      transposed: .left)
    gradient.set(in: tokenRows, slopes.inputs, inputs.region.rows(firstRows))
    gradient.set(in: tokenRows, slopes.inputs, inputs.region.rows(secondRows), adding: true)
  }

  private func propagateScoresBack(
    _ slopes: inout Self, weights: Matrix<Scalar>, into gradient: inout Matrix<Scalar>
  ) {
    let last = inputs.region.rows(lastRow)
    // The row of = has a score of 0 in the softmax, whatever its own is.
    let rows = 0..<2 * modulus
    slopes.keys.setProduct(
      in: keys.region, of: inputs, inputs.region.rows(rows), slopes.scores,
      scores.region.rows(rows),
      transposed: .left, scale: scoreScale)
    slopes.inputs.setProduct(
      in: inputs.region.rows(rows), of: slopes.scores, scores.region.rows(rows), keys, keys.region,
      transposed: .right, scale: scoreScale, keep: 1)
    gradient.setProduct(
      in: layout.key, of: slopes.keys, keys.region, headQueries, headQueries.region,
      transposed: .right)
    slopes.headQueries.setProduct(
      in: headQueries.region, of: weights, layout.key, slopes.keys, keys.region, transposed: .left)
    let width = inputs.columns / heads
    for place in 0..<inputs.columns {
      slopes.query[0, place] = slopes.headQueries[place, place / width]
    }
    gradient.setProduct(
      in: layout.query, of: inputs, last, slopes.query, query.region, transposed: .left)
    slopes.inputs.setProduct(
      in: last, of: slopes.query, query.region, weights, layout.query, transposed: .right, keep: 1)
  }

  /// Sets what examples add to, to zero.
  mutating func clear() {
    table.fillWithZeros()
    constant.fillWithZeros()
    scores.fillWithZeros()
    folded.fillWithZeros()
  }

  /// Adds what a block of examples makes to the slopes by the folded product: hiddenᵀ slopes.
  mutating func addFoldedSlopes(hidden: Matrix<Scalar>, logits: Matrix<Scalar>, rows: Int) {
    folded.setGradient(
      in: folded.region.rows(0..<folded.rows - 1), rows: rows, of: hidden, logits, adding: true,
      on: forwardFactor.kernels)
  }

  /// Adds what a block of examples makes to the slopes by the tables.
  mutating func addSlopes(
    _ attention: PairAttention<Scalar>, _ pairs: TokenPairs, _ range: Range<Int>,
    of tables: Self, hidden: Matrix<Scalar>, logits: Matrix<Scalar>
  ) {
    attention.addSlopes(
      pairs, range, table: tables.table, rectified: hidden, linear: logits, to: &table,
      constant: &constant, scores: &scores)
  }
}
