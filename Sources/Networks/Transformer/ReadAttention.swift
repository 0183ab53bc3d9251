import LinearAlgebra

/// Attention of one position of each example, without keys and values: the matrices that would make them are applied to the
/// one query and to the one sum instead, and not to every position.
///
///     q · (W_K x + b_K) = (W_Kᵀ q) · x + a constant,  Σⱼ wⱼ (W_V xⱼ + b_V) = W_V (Σⱼ wⱼ xⱼ) + b_V,  head by head
///
/// The softmax takes no notice of the constant, so that the slope of b_K is zero.
struct ReadAttention<Scalar: BLASScalar>: Sendable {
  private let heads: Int
  private let hasBiases: Bool
  private var attention: RowAttention<Scalar>
  /// q, `[examples × d]`.
  private var queries: Matrix<Scalar>
  /// W_Kᵀ q, a head after the other, `[examples × H d]`.
  private var folded: Matrix<Scalar>
  /// Σⱼ wⱼ xⱼ, `[examples × H d]`.
  private var sums: Matrix<Scalar>

  /// What the loss changes by with the above; workspace.
  struct Slopes: Sendable {
    var queries: Matrix<Scalar>
    var folded: Matrix<Scalar>
    var sums: Matrix<Scalar>

    init(_ shape: TransformerShape, examples: Int) {
      queries = Matrix(rows: examples, columns: shape.width)
      folded = Matrix(rows: examples, columns: shape.heads * shape.width)
      sums = folded
    }
  }

  init(_ shape: TransformerShape, examples: Int) {
    heads = shape.heads
    hasBiases = shape.hasBiases
    attention = RowAttention(
      width: shape.width, heads: shape.heads, positions: shape.positionCount, queryRows: examples)
    queries = Matrix(rows: examples, columns: shape.width)
    folded = Matrix(rows: examples, columns: shape.heads * shape.width)
    sums = folded
  }

  /// The columns of a head in a matrix that has all of them side by side.
  private func part(_ head: Int, of region: MatrixRegion) -> MatrixRegion {
    let size = region.columns / heads
    return region.columns(head * size..<(head + 1) * size)
  }

  /// The rows of a head in W_Q, W_K or W_V, numbers 0, 1 and 2.
  private func part(
    _ head: Int, _ number: Int, of map: TransformerLayout<Scalar>.Linear
  ) -> MatrixRegion {
    let size = queries.columns / heads
    let start = number * queries.columns + head * size
    return map.weight.rows(start..<start + size)
  }

  /// b_Q, b_K or b_V.
  private func bias(_ number: Int, of map: TransformerLayout<Scalar>.Linear) -> MatrixRegion {
    map.bias.columns(number * queries.columns..<(number + 1) * queries.columns)
  }

  /// Makes what attention mixes.
  ///
  /// - Parameters:
  ///   - mixed: `[examples × d]`.
  ///   - inputs: x.
  ///   - readRows: the rows of x whose queries are asked for, one an example.
  ///   - seen: the examples, and what they see.
  ///   - weights: all parameters.
  ///   - map: W_Q, W_K and W_V, one below the other.
  mutating func forward(
    into mixed: inout Matrix<Scalar>, inputs: Matrix<Scalar>, readRows: Range<Int>,
    _ seen: RowAttention<Scalar>.Queries, weights: Matrix<Scalar>,
    _ map: TransformerLayout<Scalar>.Linear
  ) {
    let rows = 0..<readRows.count
    queries.setProduct(
      in: queries.region.rows(rows), of: inputs, inputs.region.rows(readRows), weights,
      map.weight.rows(0..<queries.columns), transposed: .right)
    if hasBiases { queries.addRows(rows.count, bias: weights, bias(0, of: map)) }
    for head in 0..<heads {
      folded.setProduct(
        in: part(head, of: folded.region.rows(rows)), of: queries,
        part(head, of: queries.region.rows(rows)), weights, part(head, 1, of: map))
    }
    attention.mix(into: &sums, seen, folded: folded, rows: inputs)
    for head in 0..<heads {
      mixed.setProduct(
        in: part(head, of: mixed.region.rows(rows)), of: sums,
        part(head, of: sums.region.rows(rows)), weights, part(head, 2, of: map),
        transposed: .right)
    }
    if hasBiases { mixed.addRows(rows.count, bias: weights, bias(2, of: map)) }
  }

  /// Takes slopes by what attention mixes back to x and to the parameters.
  ///
  /// - Parameters:
  ///   - mixedSlopes: `[examples × d]`.
  ///   - slopes: workspace.
  ///   - inputs: as for `forward`, and so are the rows that are read, the examples, the parameters and the map.
  ///   - inputCount: how many rows x has.
  ///   - readRows: see `inputs`.
  ///   - seen: see `inputs`.
  ///   - weights: see `inputs`.
  ///   - map: see `inputs`.
  ///   - inputSlopes: becomes those by x.
  ///   - gradient: gets the slopes by the parameters added.
  func propagateBack(
    _ mixedSlopes: Matrix<Scalar>, _ slopes: inout Slopes, inputs: Matrix<Scalar>,
    inputCount: Int, readRows: Range<Int>, _ seen: RowAttention<Scalar>.Queries,
    weights: Matrix<Scalar>, _ map: TransformerLayout<Scalar>.Linear,
    into inputSlopes: inout Matrix<Scalar>, addingTo gradient: inout Matrix<Scalar>
  ) {
    let rows = 0..<readRows.count
    for head in 0..<heads {
      let made = part(head, of: mixedSlopes.region.rows(rows))
      gradient.setProduct(
        in: part(head, 2, of: map), of: mixedSlopes, made, sums,
        part(head, of: sums.region.rows(rows)), transposed: .left, keep: 1)
      slopes.sums.setProduct(
        in: part(head, of: sums.region.rows(rows)), of: mixedSlopes, made, weights,
        part(head, 2, of: map))
    }
    slopes.folded.fillWithZeros(rows: rows.count)
    inputSlopes.fillWithZeros(rows: inputCount)
    attention.propagateBack(
      slopes.sums, seen, folded: folded, rows: inputs, addingTo: &slopes.folded, &inputSlopes)
    for head in 0..<heads {
      let made = part(head, of: folded.region.rows(rows))
      let query = part(head, of: queries.region.rows(rows))
      gradient.setProduct(
        in: part(head, 1, of: map), of: queries, query, slopes.folded, made, transposed: .left,
        keep: 1)
      slopes.queries.setProduct(
        in: query, of: slopes.folded, made, weights, part(head, 1, of: map), transposed: .right)
    }
    let all = queries.region.rows(rows)
    let matrix = map.weight.rows(0..<queries.columns)
    gradient.setProduct(
      in: matrix, of: slopes.queries, all, inputs, inputs.region.rows(readRows),
      transposed: .left, keep: 1)
    inputSlopes.setProduct(
      in: inputSlopes.region.rows(readRows), of: slopes.queries, all, weights, matrix, keep: 1)
    if hasBiases {
      gradient.addColumnSums(in: bias(0, of: map), of: slopes.queries, rows)
      gradient.addColumnSums(in: bias(2, of: map), of: mixedSlopes, rows)
    }
  }
}
