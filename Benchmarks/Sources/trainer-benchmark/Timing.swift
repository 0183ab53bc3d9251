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

/// Microseconds of processor time of a training step: what `evaluate` does, and the update.
func microseconds<Engine: TrainingEngine>(
  for steps: Int, of engine: Engine, _ evaluate: (inout Engine) -> Void
) -> Double {
  var engine = engine
  return medianOfFive {
    let begin = processorSeconds()
    // As in the trainer.
    flushingSubnormals {
      for _ in 0..<steps {
        evaluate(&engine)
        engine.descend()
      }
    }
    return (processorSeconds() - begin) / Double(steps) * 1e6
  }
}

/// What this machine's matrix product reaches, in GFLOP/s.
func productRate<Scalar: BLASScalar>(_: Scalar.Type) -> Double {
  let size = 1024
  let left = Matrix<Scalar>(
    rows: size, columns: size, elements: [Double](repeating: 0.5, count: size * size))
  var result = Matrix<Scalar>(rows: size, columns: size)
  let seconds = medianOfFive {
    let begin = processorSeconds()
    result.setProduct(of: left, left)
    return processorSeconds() - begin
  }
  return 2 * Double(size * size * size) / seconds / 1e9
}

/// One line: the time of a step, and the rate at which it does the operations that it needs.
func report(_ name: String, _ microseconds: Double, work: Double, rate: Double) {
  let reached = work / microseconds / 1000
  print(
    "\(name): \(whole(microseconds)) µs a step, \(whole(reached)) GFLOP/s, "
      + "\(whole(reached / rate * 100)) % of the product's rate")
}

func whole(_ number: Double) -> Int { Int(number.rounded()) }

/// The processor time of this thread: other processes on the core do not count.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
