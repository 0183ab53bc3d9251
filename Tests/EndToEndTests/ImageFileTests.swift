import Experiments
import Foundation
import OrderedCollections
import ResultStore
import Testing

extension EndToEndTests {
  /// Files of images, as `image-mlp` reads them.
  @Suite struct ImageFileTests {
    private static let sweep = """
      experiment: image-mlp
      parameters:
        train_images: train-images
        train_labels: train-labels
        test_images: test-images
        test_labels: test-labels
        train_examples: 6
        test_examples: 4
        hidden_units: 5
      axes:
        weight_scale: [1, 8]
        weight_decay: [0, 0.1]
      until: {max_steps: 150}
      """

    private static func file(_ sizes: [UInt8], _ elements: [UInt8]) -> Data {
      Data([0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { [0, 0, 0, $0] } + elements)
    }

    /// A folder with images of 2 × 2 pixels and their labels.
    private func workplace() throws -> Workplace {
      let workplace = try Workplace()
      try workplace.write(Self.sweep, to: "a.yaml")
      for (set, count) in [("train", UInt8(6)), ("test", 4)] {
        let pixels = (0..<4 * count).map { $0 &* 37 }
        try write(Self.file([count, 2, 2], pixels), to: "\(set)-images", in: workplace)
        let labels = (0..<count).map { $0 % 2 }
        try write(Self.file([count], labels), to: "\(set)-labels", in: workplace)
      }
      return workplace
    }

    private func write(_ bytes: Data, to name: String, in workplace: Workplace) throws {
      try bytes.write(to: workplace.folder.appendingPathComponent(name))
    }

    @Test func `a sweep over images is planned, run and drawn`() throws {
      let workplace = try workplace()
      let program = try workplace.shell(
        "groksweep plan a.yaml && groksweep run a.yaml --slots 1 && groksweep curves a --accuracy")
      #expect(program.exitCode == 0, "\(program.error)")
      let runs = try workplace.runs(of: "a")
      #expect(runs.count == 4)
      #expect(runs.allSatisfy { $0.summary?.steps == 150 && $0.configuration.inputs.count == 4 })
      #expect(runs.allSatisfy { $0.summary?.final.testAccuracy != nil })
      #expect(workplace.exists("results/a/curves-accuracy.tsv"))
    }

    @Test func `without the files one sentence says which, and where they are`() throws {
      let workplace = try workplace()
      let place =
        "such as train-images-idx3-ubyte; MNIST's four files are at "
        + "https://ossci-datasets.s3.amazonaws.com/mnist/, to be unpacked with gunzip"
      let none = try workplace.shell("groksweep train image-mlp --max-steps 3")
      #expect(none.exitCode == 2)
      #expect(
        none.error
          == "groksweep: --train-images: expected the path of a file, \(place); found nothing\n")
      let absent = try workplace.shell("groksweep plan a.yaml --set train_images=absent")
      #expect(absent.exitCode == 2)
      let path = workplace.folder.appendingPathComponent("absent").path
      #expect(absent.error.contains("train_images: cannot read \(path): no such file or directory"))
      #expect(absent.error.contains(place))
    }

    @Test func `files that are none, or do not go together, are refused in one sentence`() throws {
      let workplace = try workplace()
      let image = workplace.folder.appendingPathComponent("train-images").path
      func problem(_ bytes: Data, in name: String = "train-images") throws -> String {
        let known = try Data(contentsOf: workplace.folder.appendingPathComponent(name))
        try write(bytes, to: name, in: workplace)
        let program = try workplace.shell("groksweep run a.yaml --slots 1")
        #expect(program.exitCode == 2)
        try write(known, to: name, in: workplace)
        return program.error
      }
      let start = "groksweep: a.yaml: parameters.train"
      #expect(
        try problem(Data([0x1F, 0x8B, 8, 8]))
          == "\(start)_images: \(image): the file is compressed; unpack it with gunzip, so that it "
          + "has one digest\n")
      #expect(
        try problem(Self.file([6, 2, 2], [1, 2, 3]))
          == "\(start)_images: \(image): the header says it has 6 × 2 × 2 elements of a byte each; "
          + "3 bytes follow\n")
      #expect(
        try problem(Self.file([5], [0, 1, 0, 1, 0]), in: "train-labels")
          == "\(start)_labels: 5 labels do not go with the 6 images of train_images\n")
      #expect(
        try problem(Self.file([6], [0, 1, 10, 1, 0, 1]), in: "train-labels")
          == "\(start)_labels: image 2 has the label 10, there are 10 classes\n")
      #expect(!workplace.exists("results"))
    }
  }
}
