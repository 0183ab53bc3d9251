import LinearAlgebra
import Networks
import TrainerRuntime

#if canImport(Glibc)
  import Glibc
#endif

// Times the training steps on one core:
//
//     env -u OPENBLAS_CORETYPE OPENBLAS_NUM_THREADS=1 taskset -c 1 trainer-benchmark
//
// With --serve it is a trainer process, for measuring the protocol.

if CommandLine.arguments.dropFirst().first == "--serve" {
  exit(TrainerProcess.serve())
}

useOneBLASThread()
print("OpenBLAS kernels: \(productKernelName()); medians of five, processor time of one thread")
let singleRate = productRate(Float.self)
let doubleRate = productRate(Double.self)
print("sgemm 1024³: \(whole(singleRate)) GFLOP/s, dgemm 1024³: \(whole(doubleRate)) GFLOP/s")

let reducedSizes = PolynomialRegressionDraws.Sizes(
  inputDimension: 100, hiddenUnits: 500, trainExamples: 550)
let directSizes = PolynomialRegressionDraws.Sizes(
  inputDimension: 100, hiddenUnits: 500, trainExamples: 450)
let task = PolynomialRegressionTask(alpha: 1.2, epsilon: 0.06)
let reducedDraws = PolynomialRegressionDraws(sizes: reducedSizes, seed: 0)
let directDraws = PolynomialRegressionDraws(sizes: directSizes, seed: 0)

/// What the reduced step needs when symmetry is used: forms and A, D² P operations each, and B M B, 3 D³.
let reducedWork = 2.0 * 100 * 100 * 550 + 3.0 * 100 * 100 * 100
/// What the direct step needs: two products of 2 N P D operations.
let directWork = 4.0 * 500 * 450 * 100

func reduced<Scalar: BLASScalar>(
  _: Scalar.Type, _ products: ReducedEngine<Scalar>.Products, rate: Double
) {
  let engine = ReducedEngine<Scalar>(task: task, draws: reducedDraws, products: products)
  report(
    "reduced \(Scalar.self) on \(products), D=100 P=550, population test loss",
    microseconds(for: 500, of: engine) { _ = $0.evaluate() }, work: reducedWork, rate: rate)
}

reduced(Float.self, .kernels, rate: singleRate)
reduced(Double.self, .kernels, rate: doubleRate)
reduced(Float.self, .blas, rate: singleRate)
reduced(Double.self, .blas, rate: doubleRate)

func direct<Scalar: BLASScalar>(_: Scalar.Type, rate: Double) {
  let engine = DirectEngine<Scalar>(task: task, draws: directDraws)
  report(
    "direct \(Scalar.self), D=100 P=450 N=500, no test loss",
    microseconds(for: 100, of: engine) { _ = $0.evaluateTrain() }, work: directWork, rate: rate)
  report(
    "direct \(Scalar.self), D=100 P=450 N=500, population test loss",
    microseconds(for: 100, of: engine) { _ = $0.evaluate() }, work: directWork, rate: rate)
}

direct(Float.self, rate: singleRate)
direct(Double.self, rate: doubleRate)

reportModularStep(Float.self, rate: singleRate)
reportModularStep(Double.self, rate: doubleRate)
reportStudentStep(Float.self, rate: singleRate)
reportStudentStep(Double.self, rate: doubleRate)
// As MNIST's digits lie in their frames, and with ink in every corner.
for frame in [2, 0] {
  reportImageStep(Float.self, rate: singleRate, frame: frame)
  reportImageStep(Double.self, rate: doubleRate, frame: frame)
}
for layers in 1...2 {
  reportEmbeddingMLPStep(Float.self, hiddenLayers: layers, rate: singleRate)
  reportEmbeddingMLPStep(Double.self, hiddenLayers: layers, rate: doubleRate)
}
reportEmbeddingMLPStep(Float.self, hiddenLayers: 1, activation: .gelu, rate: singleRate)
for layers in 1...2 {
  reportToyStep(Float.self, hiddenLayers: layers, rate: singleRate)
  reportToyStep(Double.self, hiddenLayers: layers, rate: doubleRate)
}
reportParityStep(Float.self, rate: singleRate)
reportParityStep(Double.self, rate: doubleRate)
reportTransformerStep(Float.self, rate: singleRate)
reportTransformerStep(Double.self, rate: doubleRate)
reportEncoderStep(Float.self, rate: singleRate)
reportEncoderStep(Double.self, rate: doubleRate)
