import LinearAlgebra

/// Some rows of the first layer's table: the embeddings that make them, and the columns of W₀ that they are multiplied by.
struct EmbeddingMLPTablePart: Sendable {
  let rows: Range<Int>
  /// `[rows.count × d]`.
  let embeddings: MatrixRegion
  /// `[N × d]`.
  let weights: MatrixRegion
}

/// Where the parameters of an MLP on learned embeddings lie.
struct EmbeddingMLPLayout<Scalar: BLASScalar>: Sendable {
  private(set) var parameters = ParameterLayout()
  /// Wₗ, a row a unit: `[N × inputs]`, the last `[K × N]`.
  private(set) var weights: [MatrixRegion] = []
  /// bₗ; empty without biases.
  private(set) var biases: [MatrixRegion] = []
  /// The parts of the first layer's table.
  let parts: [EmbeddingMLPTablePart]
  /// The rows of that table: 2p, or p where a and b have one embedding and one part of W₀.
  let tableRows: Int

  init(_ sizes: EmbeddingMLPSizes) {
    let (p, d) = (sizes.modulus, sizes.width)
    var layout = ParameterLayout()
    // Both tables one below the other, so that a sum of embeddings takes one product.
    let embeddings = layout.reserve(
      rows: p * sizes.embeddings.count, columns: d, stride: Matrix<Scalar>.lineStride(d))
    for (number, name) in sizes.embeddings.enumerated() {
      layout.name(name, embeddings.rows(number * p..<(number + 1) * p))
    }
    for (number, layer) in sizes.layers.enumerated() {
      let matrix = layout.reserve(
        rows: layer.units, columns: layer.inputs, stride: Matrix<Scalar>.lineStride(layer.inputs))
      layout.name("layers.\(number).weight", matrix)
      weights.append(matrix)
      guard sizes.hasBiases else { continue }
      let bias = layout.reserve(
        rows: 1, columns: layer.units, stride: Matrix<Scalar>.lineStride(layer.units))
      layout.name("layers.\(number).bias", bias, isVector: true)
      biases.append(bias)
    }
    switch sizes.combination {
    case .summed:
      parts = [
        EmbeddingMLPTablePart(
          rows: 0..<embeddings.rows, embeddings: embeddings, weights: weights[0])
      ]
    case .concatenated:
      let second = sizes.sharesEmbedding ? embeddings : embeddings.rows(p..<2 * p)
      parts = [
        EmbeddingMLPTablePart(
          rows: 0..<p, embeddings: embeddings.rows(0..<p), weights: weights[0].columns(0..<d)),
        EmbeddingMLPTablePart(
          rows: p..<2 * p, embeddings: second, weights: weights[0].columns(d..<2 * d)),
      ]
    }
    tableRows = parts.reduce(0) { $0 + $1.rows.count }
    parameters = layout
  }

  /// Whether a and b share the table's rows.
  func sharesRows(_ sizes: EmbeddingMLPSizes) -> Bool { tableRows == sizes.modulus }
}
