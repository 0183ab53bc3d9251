import Experiments
import LinearAlgebra
import Networks

/// Times a step of the tutorial's encoder: p = 97, batches of 512, two post-norm layers, d = 128, 4 heads, 512 units, AdamW.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportEncoderStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let shape = TransformerShape()
  let batch = 512
  // Whole batches: 9 of an epoch.
  let draws = TransformerDraws(
    shape, seed: 0,
    split: PairSplit(.addition, modulus: shape.modulus, trainExamples: 9 * batch, seed: 0))
  let engine = TransformerEngine<Scalar>(task: TransformerTask(batchSize: batch), draws: draws)
  // Forward and twice back: the first layer at three positions but for Q, K and V of 2p + 1 inputs; the second one and the
  // logits at one position, keys and values folded into the query and the sum.
  let (d, units) = (Double(shape.width), Double(shape.feedForward))
  let (rows, inputs) = (Double(3 * batch), Double(2 * shape.modulus + 1))
  let first = inputs * 3 * d * d + rows * (d * d + 2 * d * units)
  let second = rows / 3 * (4 * d * d + 2 * d * units)
  let logits = rows / 3 * d * Double(shape.logits)
  report(
    "encoder \(kind), p=\(shape.modulus) batch of \(batch) d=\(shape.width) N=\(shape.feedForward), "
      + "2 layers, no losses",
    microseconds(for: 18, of: engine) { $0.prepare() },
    work: 6 * (first + second + logits), rate: rate)
}
