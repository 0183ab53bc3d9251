import Experiments
import LinearAlgebra
import Networks

/// Times a step of an MLP on embeddings: p = 113, 3830 of 12769 pairs, d = 128, concatenated, 512 units a layer, AdamW.
///
/// - Parameters:
///   - kind: the precision.
///   - hiddenLayers: one or more.
///   - activation: of every hidden layer.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportEmbeddingMLPStep<Scalar: BLASScalar>(
  _ kind: Scalar.Type, hiddenLayers: Int, activation: Activation = .relu, rate: Double
) {
  let sizes = EmbeddingMLPSizes(hiddenLayers: hiddenLayers)
  let examples = 3830
  let draws = EmbeddingMLPDraws(
    sizes: sizes, seed: 0,
    split: PairSplit(.addition, modulus: sizes.modulus, trainExamples: examples, seed: 0))
  let engine = EmbeddingMLPEngine<Scalar>(
    task: EmbeddingMLPTask(activation: activation), draws: draws)
  // Forward and twice back: the layers above the first for each example, the first for each token.
  let units = sizes.hiddenUnits
  let above = (hiddenLayers - 1) * units * units + units * sizes.outputs
  let work = 6 * Double(examples * above) + 6 * Double(2 * sizes.modulus * sizes.width * units)
  let name =
    "embedding MLP \(kind) of \(hiddenLayers) hidden, \(activation), p=\(sizes.modulus) n=\(examples) "
    + "d=\(sizes.width) N=\(units)"
  report(
    "\(name), no test set", microseconds(for: 20, of: engine) { $0.prepare() }, work: work,
    rate: rate)
  report(
    "\(name), losses and accuracies of both sets",
    microseconds(for: 10, of: engine) { _ = $0.evaluate() }, work: work, rate: rate)
}
