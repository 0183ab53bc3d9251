import LinearAlgebra

/// Where the parameters of the one-layer transformer lie.
///
/// What is multiplied by the same factor lies together, so that one product serves both: W_in and W_U side by side, W_pos
/// below W_E, b_out below W_out.
struct OneLayerTransformerLayout<Scalar: BLASScalar>: Sendable {
  private(set) var parameters = ParameterLayout()
  /// W_E and below it W_pos, `[p + 4 × d]`.
  let embeddings: MatrixRegion
  /// `[d × d]` each.
  let query: MatrixRegion
  let key: MatrixRegion
  let value: MatrixRegion
  let output: MatrixRegion
  /// W_in, padding, W_U and padding, `[d × readoutWidth]`.
  let readouts: MatrixRegion
  /// W_U, `[d × p + 1]`.
  let unembedding: MatrixRegion
  /// b_in, `[1 × N]`.
  let hiddenBias: MatrixRegion
  /// W_out and below it b_out, `[N + 1 × d]`.
  let hiddenOutput: MatrixRegion
  /// The columns of `readouts` that are W_in and its padding.
  let rectifiedWidth: Int

  init(_ sizes: OneLayerTransformerDraws.Sizes) {
    let (d, units, tokens) = (sizes.width, sizes.hiddenUnits, sizes.tokens)
    let stride = Matrix<Scalar>.lineStride(d)
    rectifiedWidth = Matrix<Scalar>.lineStride(units)
    let width = rectifiedWidth + Matrix<Scalar>.lineStride(tokens)
    var layout = ParameterLayout()
    embeddings = layout.reserve(rows: tokens + 3, columns: d, stride: stride)
    query = layout.reserve(rows: d, columns: d, stride: stride)
    key = layout.reserve(rows: d, columns: d, stride: stride)
    value = layout.reserve(rows: d, columns: d, stride: stride)
    output = layout.reserve(rows: d, columns: d, stride: stride)
    readouts = layout.reserve(rows: d, columns: width, stride: width)
    hiddenBias = layout.reserve(rows: 1, columns: units, stride: rectifiedWidth)
    hiddenOutput = layout.reserve(rows: units + 1, columns: d, stride: stride)
    unembedding = readouts.columns(rectifiedWidth..<rectifiedWidth + tokens)
    layout.name("W_E", embeddings.rows(0..<tokens))
    layout.name("W_pos", embeddings.rows(tokens..<tokens + 3))
    layout.name("W_Q", query)
    layout.name("W_K", key)
    layout.name("W_V", value)
    layout.name("W_O", output)
    layout.name("W_in", readouts.columns(0..<units))
    layout.name("b_in", hiddenBias, isVector: true)
    layout.name("W_out", hiddenOutput.rows(0..<units))
    layout.name("b_out", hiddenOutput.rows(units..<units + 1), isVector: true)
    layout.name("W_U", unembedding)
    parameters = layout
  }

  /// W_in, padding, W_U and padding: the scalars of a head in a row of a table.
  var readoutWidth: Int { readouts.columns }
}
