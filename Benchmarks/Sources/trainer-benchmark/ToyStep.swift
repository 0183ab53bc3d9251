import LinearAlgebra
import Networks

/// Times a step of Liu's toy of addition: p = 10, 45 train and 10 test pairs, scalar embeddings, 200 tanh units a layer, 30-dimensional
/// targets, AdamW.
///
/// - Parameters:
///   - kind: the precision.
///   - hiddenLayers: of the decoder, one or more.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportToyStep<Scalar: BLASScalar>(_ kind: Scalar.Type, hiddenLayers: Int, rate: Double) {
  let sizes = AdditionToyDraws.Sizes(hiddenLayers: hiddenLayers)
  let engine = AdditionToyEngine<Scalar>(
    task: AdditionToyTask(weightDecay: 1),
    draws: AdditionToyDraws(sizes: sizes, seed: 0, splitSeed: 0))
  // Forward on both sets, and twice that back on the train set; the scores of all targets.
  let units = sizes.hiddenUnits
  let network =
    sizes.width * units + (hiddenLayers - 1) * units * units + units * (sizes.targetDimension ?? 0)
  let work = 2 * network * (3 * sizes.trainExamples + sizes.pairs - sizes.trainExamples)
  report(
    "toy \(kind) of \(hiddenLayers) hidden, p=\(sizes.numbers), 45 + 10 pairs, N=\(units), AdamW",
    microseconds(for: 500, of: engine) { _ = $0.evaluate() }, work: Double(work), rate: rate)
}
