import LinearAlgebra
import Networks

/// Times a step of modular addition at p = 23, N = 100, 476 of 529 pairs in the train set.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportModularStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let draws = ModularMLPDraws(
    sizes: ModularMLPDraws.Sizes(modulus: 23, hiddenUnits: 100, trainFraction: 0.9), seed: 0)
  let engine = ModularMLPEngine<Scalar>(task: ModularMLPTask(), draws: draws)
  // Three products of 2 n p N operations.
  let work = 6.0 * 476 * 23 * 100
  report(
    "modular \(Scalar.self), p=23 N=100 n=476, no test set",
    microseconds(for: 500, of: engine) { _ = $0.evaluateTrain() }, work: work, rate: rate)
  report(
    "modular \(Scalar.self), p=23 N=100 n=476, losses and accuracies of both sets",
    microseconds(for: 500, of: engine) { _ = $0.evaluate() }, work: work, rate: rate)
  let products = microsecondsOfProducts(kind, examples: 476, rows: 120)
  print("  of which its three products take \(whole(products)) µs when nothing else runs")
}

/// The products of a step alone, in the shapes that the engine gives them.
private func microsecondsOfProducts<Scalar: BLASScalar>(
  _: Scalar.Type, examples: Int, rows: Int
) -> Double {
  func matrix(_ rows: Int, _ columns: Int) -> Matrix<Scalar> {
    Matrix<Scalar>(
      rows: rows, columns: columns, elements: [Double](repeating: 0.01, count: rows * columns))
  }
  let (hidden, readout, transposed) = (matrix(rows, 100), matrix(23, 100), matrix(100, 23))
  var (slopes, outputs, sums) = (matrix(rows, 100), matrix(rows, 23), matrix(23, 100))
  return medianOfFive {
    let begin = processorSeconds()
    for _ in 0..<200 {
      var start = 0
      while start < examples {
        let block = 0..<min(rows, examples - start)
        outputs.setProduct(of: hidden, transposed, rows: block, paddingToo: true)
        sums.setProduct(
          of: outputs, hidden, transposed: .left, rows: block, keep: start == 0 ? 0 : 1)
        slopes.setProduct(of: outputs, readout, rows: block)
        start += rows
      }
    }
    return (processorSeconds() - begin) / 200 * 1e6
  }
}
