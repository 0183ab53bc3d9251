import LinearAlgebra
import Networks

/// Times a step of a 784-200-200-10 classifier on batches of 200 images, AdamW.
///
/// The images are random, as bright as handwriting: about a fifth of the pixels are not black. MNIST's digits fill 20 by 20
/// pixels of 28 by 28, moved so that their centre of mass is in the middle: here anywhere within a frame of two black pixels.
///
/// - Parameters:
///   - kind: the precision.
///   - rate: what a matrix product reaches in it, in GFLOP/s.
///   - frame: how wide the black frame of all images is, in pixels.
func reportImageStep<Scalar: BLASScalar>(_ kind: Scalar.Type, rate: Double, frame: Int) {
  let sizes = ImageMLPDraws.Sizes()
  let (side, batch) = (28, 200)
  let pixels = side * side
  var generator = Xoshiro256(seed: 1, stream: 9)
  let numbers = (0..<sizes.trainExamples * pixels).map { place in
    let (row, column) = (place % pixels / side, place % side)
    let isInside = (frame..<side - frame).contains(row) && (frame..<side - frame).contains(column)
    let value = generator.next() % 100 < 19 ? Double(generator.next() % 255 + 1) / 255 : 0
    return isInside ? value : 0
  }
  let images = LabelledImages(
    images: Matrix(rows: sizes.trainExamples, columns: pixels, elements: numbers),
    labels: (0..<sizes.trainExamples).map { $0 * 7 % sizes.classes })
  let draws = ImageMLPDraws(
    sizes: sizes, parametrisation: .standard, weightScale: 8, seed: 0, train: images, test: images)
  let engine = ImageMLPEngine<Scalar>(task: ImageMLPTask(batchSize: batch), draws: draws)
  // Forward and backward, but for the images' gradients.
  let used = Double((side - 2 * frame) * (side - 2 * frame))
  let (first, rest) = (used * 200, 200.0 * 200 + 200 * 10)
  report(
    "image \(Scalar.self), 784-200-200-10, batch of 200, AdamW, no losses, \(Int(used)) pixels not black",
    microseconds(for: 100, of: engine) { $0.prepare() },
    work: 2 * Double(batch) * (2 * first + 3 * rest), rate: rate)
}
