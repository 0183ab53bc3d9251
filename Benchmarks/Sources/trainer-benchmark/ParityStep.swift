import LinearAlgebra
import Networks

/// Times a step on sparse parity: 40 bits, 1000 rectified units, batches of 32 of 1000 examples, hinge loss, SGD.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportParityStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let sizes = SparseParityDraws.Sizes()
  let task = SparseParityTask()
  let engine = SparseParityEngine<Scalar>(
    task: task, draws: SparseParityDraws(sizes: sizes, seed: 0, dataSeed: 0), batchSeed: 0)
  // Forward, and the gradients of both layers; nothing goes back to the inputs.
  let layers = Double(sizes.inputDimension * sizes.hiddenUnits + sizes.hiddenUnits)
  let work = 4 * Double(task.batchSize) * layers
  report(
    "parity \(kind), n=\(sizes.inputDimension) N=\(sizes.hiddenUnits), batch of \(task.batchSize), hinge, SGD",
    microseconds(for: 500, of: engine) { $0.prepare() }, work: work, rate: rate)
}
