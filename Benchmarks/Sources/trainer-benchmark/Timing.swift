import LinearAlgebra
import Networks

#if canImport(Glibc)
  import Glibc
#endif

/// The median of five measurements, after one that warms the caches.
func medianOfFive(_ measure: () -> Double) -> Double {
  _ = measure()
  return (0..<5).map { _ in measure() }.sorted()[2]
}

/// Microseconds of processor time of a training step: losses, gradient and update.
func stepMicroseconds(_ engine: some TrainingEngine, steps: Int) -> Double {
  var engine = engine
  return medianOfFive {
    let begin = processorSeconds()
    for _ in 0..<steps {
      _ = engine.evaluate()
      engine.descend()
    }
    return (processorSeconds() - begin) / Double(steps) * 1e6
  }
}

/// What this machine's matrix product reaches, as text.
func productRate<Scalar: BLASScalar>(_: Scalar.Type, name: String) -> String {
  let size = 1024
  let left = Matrix<Scalar>(
    rows: size, columns: size, elements: [Double](repeating: 0.5, count: size * size))
  var result = Matrix<Scalar>(rows: size, columns: size)
  let seconds = medianOfFive {
    let begin = processorSeconds()
    result.setProduct(of: left, left)
    return processorSeconds() - begin
  }
  let rate = 2 * Double(size * size * size) / seconds / 1e9
  return "\(name) \(size)³: \(Int(rate.rounded())) GFLOP/s"
}

func report(_ name: String, _ microseconds: Double) {
  print("\(name): \(Int(microseconds.rounded())) µs a step")
}

/// The processor time of this thread: other processes on the core do not count.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
