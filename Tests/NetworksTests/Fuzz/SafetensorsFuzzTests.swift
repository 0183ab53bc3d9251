import Fuzzing
import Networks
import OrderedCollections
import Testing

/// Files that somebody wrote, or almost: `make fuzz INPUTS=N SEED=K` tries more.
@Suite struct SafetensorsFuzzTests {
  private static let samples: [[UInt8]] = [
    Safetensors(
      tensors: [
        Tensor(name: "m", shape: [2, 2], elements: .float64([1, -0.0, .infinity, 4])),
        Tensor(name: "v", shape: [3], elements: .float32([1, .nan, 3])),
        Tensor(name: "empty", shape: [0, 4], elements: .float32([])),
        Tensor(name: "scalar", shape: [], elements: .float64([2])),
      ], metadata: ["k": "a \"quoted\" word\n", "step": "4"]),
    // Mostly elements, so that many of its changes leave a file that is read.
    Safetensors(
      tensors: [
        Tensor(name: "x", shape: [16, 8], elements: .float32(Array(repeating: 1, count: 128)))
      ]),
    Safetensors(tensors: []),
  ].map(\.bytes)

  @Test(arguments: FuzzPlan.parts)
  func `a file that is read is written and reads the same, to the bit`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: Self.samples) { bytes, name in
      guard let file = try? Safetensors(bytes: bytes) else { return false }
      // As bytes, because a NaN equals nothing.
      let written = file.bytes
      let again = try Safetensors(bytes: written)
      #expect(again.bytes == written, "\(name)")
      #expect(again.tensors.keys.sorted() == file.tensors.keys.sorted())
      #expect(again.metadata == file.metadata)
      return true
    }
    #expect(fault == nil)
  }
}
