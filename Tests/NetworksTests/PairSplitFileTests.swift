import Experiments
import LinearAlgebra
import Networks
import Testing

/// Splits from files.
@Suite struct PairSplitFileTests {
  private func file(_ sets: [(name: String, numbers: [Double])]) -> Safetensors {
    Safetensors(
      tensors: sets.map {
        Tensor(name: $0.name, shape: [$0.numbers.count], elements: .float64($0.numbers))
      })
  }

  private func pairs(_ set: TokenPairs) -> [Int] {
    (0..<set.count).map { 5 * set[$0].a + set[$0].b }
  }

  @Test func `both sets are those of the file, whatever their order`() throws {
    let split = try PairSplit(
      file: file([("train", [24, 3, 7]), ("test", [1, 0])]), .addition, modulus: 5)
    #expect(pairs(split.train) == [3, 7, 24])
    #expect(pairs(split.test) == [0, 1])
    #expect(split.train[2] == (a: 4, b: 4, label: 3))
  }

  @Test func `without a test set all other pairs with a result are tested`() throws {
    let split = try PairSplit(file: file([("train", [1, 24])]), .division, modulus: 5)
    #expect(pairs(split.train) == [1, 24])
    #expect(pairs(split.test) == (0..<25).filter { $0 % 5 != 0 && $0 != 1 && $0 != 24 })
  }

  @Test(
    arguments: [
      ([("test", [1])], "there is no tensor \"train\"; the file has test"),
      ([("train", [])], "train is [0], a vector of pair numbers a p + b is needed"),
      ([("train", [1, 25])], "train[1] is 25, pair numbers are whole and below 25"),
      ([("train", [-1])], "train[0] is -1, pair numbers are whole and below 25"),
      ([("train", [0.5])], "train[0] is 0.5, pair numbers are whole and below 25"),
      ([("train", [.nan])], "train[0] is nan, pair numbers are whole and below 25"),
      ([("train", [3, 4, 3])], "train[2] is the pair (0, 3), which is there twice"),
      (
        [("train", [3, 4]), ("test", [1, 4])],
        "test[1] is the pair (0, 4), which is in train, too"
      ),
      ([("train", [1, 5])], "train[1] is the pair (1, 0), which has no result"),
    ] as [([(String, [Double])], String)])
  func `a file that is no split is refused in one sentence`(
    sets: [(String, [Double])], sentence: String
  ) {
    #expect(throws: SafetensorsError(sentence)) {
      try PairSplit(file: file(sets.map { ($0.0, $0.1) }), .division, modulus: 5)
    }
  }

  @Test func `a train set of all pairs leaves nothing to be tested, and is refused`() {
    #expect(throws: SafetensorsError("train has all pairs, and none is left to be tested")) {
      try PairSplit(
        file: file([("train", (0..<25).map { Double($0) })]), .addition, modulus: 5)
    }
  }
}
