import LinearAlgebra
import Networks

/// Times a step of a 5-100-100-5 student with 100 train and 100 test examples, AdamW.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportStudentStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let sizes = TeacherStudentDraws.Sizes()
  let draws = TeacherStudentDraws(sizes: sizes, seed: 0)
  let engine = TeacherStudentEngine<Scalar>(task: TeacherStudentTask(), draws: draws)
  // Forward on both sets; backward twice that but for the inputs' gradients.
  let network = 5.0 * 100 + 100 * 100 + 100 * 5
  let work = 2 * 100 * (4 * network - 5 * 100)
  report(
    "student \(Scalar.self), 5-100-100-5, 100 + 100 examples, AdamW",
    microseconds(for: 500, of: engine) { _ = $0.evaluate() }, work: work, rate: rate)
}
