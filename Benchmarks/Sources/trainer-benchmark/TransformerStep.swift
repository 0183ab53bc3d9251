import Experiments
import LinearAlgebra
import Networks

/// Times a step of Nanda's transformer: p = 113, 3830 of 12769 pairs, d = 128, 4 heads, 512 units, 114 logits, AdamW.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportTransformerStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let sizes = OneLayerTransformerDraws.Sizes()
  let examples = 3830
  let draws = OneLayerTransformerDraws(
    sizes: sizes, seed: 0,
    split: PairSplit(.addition, modulus: sizes.modulus, trainExamples: examples, seed: 0))
  let engine = OneLayerTransformerEngine<Scalar>(task: OneLayerTransformerTask(), draws: draws)
  // Three products of 2 n N (p + 1) operations, and those over the tokens: T forward and twice back, R, W_out W_U and V.
  let (p, d, units) = (sizes.modulus, sizes.width, sizes.hiddenUnits)
  let tokens = Double(2 * p + 1)
  let columns = Double(units + sizes.tokens)
  let perExample = 6 * Double(examples * units * sizes.tokens)
  let perToken = 6 * tokens * Double(d) * columns + 6 * tokens * Double(d * d)
  let once = 6 * Double(d * d) * columns + 6 * Double(units * d * sizes.tokens)
  let shape = "p=\(p) n=\(examples) d=\(d) N=\(units), \(sizes.tokens) logits"
  let name = "transformer \(kind), \(shape)"
  let work = perExample + perToken + once
  report(
    "\(name), no test set", microseconds(for: 20, of: engine) { $0.prepare() }, work: work,
    rate: rate)
  report(
    "\(name), losses and accuracies of both sets",
    microseconds(for: 10, of: engine) { _ = $0.evaluate() }, work: work, rate: rate)
}
