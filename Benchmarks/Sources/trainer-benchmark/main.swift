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
print("OpenBLAS kernels: \(blasKernelName()); medians of five")
print(productRate(Float.self, name: "sgemm"))
print(productRate(Double.self, name: "dgemm"))

let reducedSizes = PolynomialRegressionDraws.Sizes(
  inputDimension: 100, hiddenUnits: 500, trainExamples: 550)
let directSizes = PolynomialRegressionDraws.Sizes(
  inputDimension: 100, hiddenUnits: 500, trainExamples: 450)
let task = PolynomialRegressionTask(alpha: 1.2, epsilon: 0.06)
let reducedDraws = PolynomialRegressionDraws(sizes: reducedSizes, seed: 0)
let directDraws = PolynomialRegressionDraws(sizes: directSizes, seed: 0)

report(
  "reduced float32, D=100 P=550, population test loss",
  stepMicroseconds(ReducedEngine<Float>(task: task, draws: reducedDraws), steps: 500))
report(
  "reduced float64, D=100 P=550, population test loss",
  stepMicroseconds(ReducedEngine<Double>(task: task, draws: reducedDraws), steps: 300))
report(
  "direct float32, D=100 P=450 N=500, population test loss",
  stepMicroseconds(DirectEngine<Float>(task: task, draws: directDraws), steps: 100))
report(
  "direct float64, D=100 P=450 N=500, population test loss",
  stepMicroseconds(DirectEngine<Double>(task: task, draws: directDraws), steps: 50))
