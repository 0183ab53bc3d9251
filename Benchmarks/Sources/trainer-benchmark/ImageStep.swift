import LinearAlgebra
import Networks

/// Times a step of a 784-200-200-10 classifier on batches of 200 images, AdamW.
///
/// The images are random, as bright as handwriting: about a fifth of the pixels are not black.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
func reportImageStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double) {
  let sizes = ImageMLPDraws.Sizes()
  let (pixels, batch) = (784, 200)
  var generator = Xoshiro256(seed: 1, stream: 9)
  let numbers = (0..<sizes.trainExamples * pixels).map { _ in
    generator.next() % 100 < 19 ? Double(generator.next() % 255 + 1) / 255 : 0
  }
  let images = LabelledImages(
    images: Matrix(rows: sizes.trainExamples, columns: pixels, elements: numbers),
    labels: (0..<sizes.trainExamples).map { $0 * 7 % sizes.classes })
  let draws = ImageMLPDraws(
    sizes: sizes, parametrisation: .standard, weightScale: 8, seed: 0, train: images, test: images)
  let engine = ImageMLPEngine<Scalar>(task: ImageMLPTask(batchSize: batch), draws: draws)
  // Forward and backward, but for the images' gradients.
  let (first, rest) = (784.0 * 200, 200.0 * 200 + 200 * 10)
  report(
    "image \(Scalar.self), 784-200-200-10, batch of 200, AdamW, no losses",
    microseconds(for: 100, of: engine) { $0.prepare() },
    work: 2 * Double(batch) * (2 * first + 3 * rest), rate: rate)
}
