/// The sizes that decide which weights a network has.
public protocol WeightSizes: Hashable, Sendable {
  /// Each weight's name and shape, in the order in which they lie.
  var parameters: [(name: String, shape: [Int])] { get }
}

extension AdditionToyDraws.Sizes: WeightSizes {}
extension EmbeddingMLPSizes: WeightSizes {}
extension OneLayerTransformerDraws.Sizes: WeightSizes {}
extension SparseParityDraws.Sizes: WeightSizes {}
extension TransformerShape: WeightSizes {}
