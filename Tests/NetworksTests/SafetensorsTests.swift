import Networks
import OrderedCollections
import Testing

@Suite struct SafetensorsTests {
  private func bytes(header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    let json = Array(header.utf8)
    let count = length ?? UInt64(json.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + json + data
  }

  private func problem(_ bytes: [UInt8]) -> String? {
    do {
      _ = try Safetensors(bytes: bytes)
      return nil
    } catch {
      return error.problem
    }
  }

  @Test func `what is written reads back, to the bit`() throws {
    let file = Safetensors(
      tensors: [
        Tensor(
          name: "b", shape: [2, 3],
          elements: .float32([1, -0.0, .infinity, 3.5, .leastNonzeroMagnitude, 7])),
        Tensor(name: "a", shape: [2], elements: .float64([0.1, -1e300])),
        Tensor(name: "empty", shape: [0, 4], elements: .float32([])),
        Tensor(name: "scalar", shape: [], elements: .float64([2])),
      ], metadata: ["key": "a \"quoted\" word\n", "step": "4"])
    let read = try Safetensors(bytes: file.bytes)
    #expect(read.metadata == file.metadata)
    #expect(Set(read.tensors.values) == Set(file.tensors.values))
    #expect(file.bytes == file.bytes)
    #expect(read.bytes.count == file.bytes.count)
  }

  @Test func `a file as other programs write it is read`() throws {
    let header =
      #"{"__metadata__":{"by":"hand"},"x":{"dtype":"F32","shape":[1,2],"#
      + #""data_offsets":[0,8]}}  "#
    let file = try Safetensors(bytes: bytes(header: header, data: [0, 0, 128, 63, 0, 0, 0, 192]))
    #expect(try file.tensor(named: "x").elements == .float32([1, -2]))
    #expect(file.metadata == ["by": "hand"])
  }

  private func entry(
    _ dtype: String = "F32", _ shape: String = "[1]", _ offsets: String = "[0,4]"
  ) -> String {
    "{\"x\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
  }

  @Test func `a file without a whole header is refused`() {
    #expect(problem([1, 2, 3]) == "a safetensors file starts with 8 bytes, this has 3")
    #expect(
      problem(bytes(header: "{}", length: 100))
        == "the header says it has 100 bytes; the file ends after 2")
    #expect(
      problem(bytes(header: "{}", length: .max))
        == "the header says it has 18446744073709551615 bytes; at most 100000000 are read")
    for text in ["", "{", "[]", "7", "nonsense", "{\"x\":"] {
      #expect(problem(bytes(header: text)) == "the header is not a JSON object of tensors")
    }
    #expect(problem(bytes(header: "{}")) == nil)
  }

  @Test func `a tensor without what it needs is refused`() {
    #expect(
      problem(bytes(header: #"{"x":{"dtype":"F32","shape":[1]}}"#))
        == "the header's \"x\" lacks \"data_offsets\"")
    #expect(
      problem(bytes(header: entry("F32", "\"one\"")))
        == "the header's \"x.shape\" is not what safetensors has there")
    #expect(
      problem(bytes(header: entry("F32", "[1]", "[0]"), data: [0, 0, 0, 0]))
        == "x: data_offsets are two numbers, not 1")
    #expect(
      problem(bytes(header: entry("F32", "[-1]"), data: [0, 0, 0, 0]))
        == "x: the shape [-1] has a negative number")
  }

  @Test func `a tensor of another type is in nobody's way until it is asked for`() throws {
    let file = try Safetensors(bytes: bytes(header: entry("BF16", "[2]"), data: [0, 0, 0, 0]))
    #expect(throws: SafetensorsError("x is BF16, F32, F64, I32 or I64 is needed")) {
      try file.tensor(named: "x")
    }
    #expect(file.tensors.isEmpty)
  }

  @Test func `whole numbers are read as double precision, which holds them exactly`() throws {
    func read(_ type: String, _ shape: String, _ data: [UInt8]) throws -> [Double] {
      try Safetensors(bytes: bytes(header: entry(type, shape, "[0,\(data.count)]"), data: data))
        .tensor(named: "x").doubles
    }
    #expect(try read("I32", "[2]", [5, 1, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]) == [261, -2])
    #expect(
      try read("I64", "[2]", [0, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8))
        == [4_294_967_296, -1])
    #expect(throws: SafetensorsError("x[0] is beyond 2^53")) {
      try read("I64", "[1]", [1, 0, 0, 0, 0, 0, 0x40, 0])
    }
  }

  @Test func `a shape that does not fit its place is refused`() {
    #expect(
      problem(bytes(header: entry("F32", "[2]"), data: [0, 0, 0, 0]))
        == "x: the shape [2] of F32 needs 8 bytes, its place has 4")
    #expect(
      problem(bytes(header: entry("F64"), data: [0, 0, 0, 0]))
        == "x: the shape [1] of F64 needs 8 bytes, its place has 4")
    #expect(
      problem(
        bytes(header: entry("F32", "[4294967296,4294967296,4294967296]"), data: [0, 0, 0, 0]))
        == "x: the shape [4294967296, 4294967296, 4294967296] is larger than any file")
  }

  @Test func `a place outside the data, on another tensor or after a gap is refused`() {
    #expect(
      problem(bytes(header: entry("F32", "[2]", "[0,8]"), data: [0, 0, 0, 0]))
        == "x: the bytes 0 to 8 do not lie in the data's 4")
    #expect(
      problem(bytes(header: entry("F32", "[1]", "[4,0]"), data: [0, 0, 0, 0]))
        == "x: the bytes 4 to 0 do not lie in the data's 4")
    #expect(
      problem(bytes(header: entry("F32", "[1]", "[-4,0]"), data: [0, 0, 0, 0]))
        == "x: the bytes -4 to 0 do not lie in the data's 4")
    let two = #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
    #expect(
      problem(
        bytes(
          header: two + #""y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
          data: [UInt8](repeating: 0, count: 8))) == "y overlaps the tensor before it")
    #expect(
      problem(
        bytes(
          header: two + #""y":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
          data: [UInt8](repeating: 0, count: 16))) == "4 bytes before y belong to no tensor")
    #expect(
      problem(bytes(header: entry(), data: [0, 0, 0, 0, 9]))
        == "1 bytes at the end belong to no tensor")
  }

  @Test func `numbers that no integer holds are refused, not trapped on`() {
    for offsets in ["[0,1e400]", "[0,99999999999999999999]", "[0,4.5]", "[null,4]"] {
      #expect(problem(bytes(header: entry("F32", "[1]", offsets), data: [0, 0, 0, 0])) != nil)
    }
  }

  @Test(arguments: 0..<64)
  func `bytes changed at random never trap`(seed: UInt64) {
    let file = Safetensors(
      tensors: [
        Tensor(name: "m", shape: [2, 2], elements: .float64([1, 2, 3, 4])),
        Tensor(name: "v", shape: [3], elements: .float32([1, 2, 3])),
      ], metadata: ["k": "v"])
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    for _ in 0..<50 {
      var bytes = file.bytes
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[Int(state >> 33) % bytes.count] = UInt8(truncatingIfNeeded: state >> 25)
      }
      if let read = try? Safetensors(bytes: bytes) { #expect(read.tensors.count <= 2) }
    }
  }
}
