public import Experiments
import LinearAlgebra
import OrderedCollections

extension PairSplit {
  /// Takes a split from a file's tensors `train` and, if it has one, `test`: vectors of the numbers a p + b of pairs; and from
  /// `train_labels`, if it has that, labels of the pairs in `train`, in their order there.
  ///
  /// - Parameters:
  ///   - file: the tensors; without `test`, all pairs that are not in `train` are the test set.
  ///   - operation: what is learned.
  ///   - modulus: p; 120 for permutations.
  /// - Throws: `SafetensorsError` for the first number that is no pair with a result, or is there twice, and for labels that
  ///   are none.
  public init(
    file: Safetensors, _ operation: BinaryOperation, modulus: Int
  ) throws(SafetensorsError) {
    var table = operation.table(modulus: modulus)
    var places: [Membership] = Array(repeating: .neither, count: table.count)
    try Self.enter(.train, of: file, into: &places, table, modulus: modulus)
    if file.tensors["test"] != nil {
      try Self.enter(.test, of: file, into: &places, table, modulus: modulus)
    } else {
      for (pair, result) in table.enumerated() where places[pair] == .neither && result != nil {
        places[pair] = .test
      }
      guard places.contains(.test) else {
        throw SafetensorsError("train has all pairs, and none is left to be tested")
      }
    }
    try Self.relabel(&table, by: file, modulus: modulus)
    self.init(table, modulus: modulus, places)
  }

  /// The split as such a file has it, and `train_labels`, of which noise may have made others than the operation's.
  public var tensors: [Tensor] {
    func vector(_ name: String, _ numbers: [Int]) -> Tensor {
      Tensor(name: name, shape: [numbers.count], elements: .float64(numbers.map(Double.init)))
    }
    return [
      vector("train", train.pairNumbers), vector("test", test.pairNumbers),
      vector("train_labels", (0..<train.count).map { train[$0].label }),
    ]
  }

  /// Whether labels of the train set are others than the operation's results.
  ///
  /// - Parameters:
  ///   - operation: what is learned.
  ///   - modulus: p; 120 for permutations.
  /// - Returns: true after label noise, and with labels of a file's own.
  public func isRelabelled(from operation: BinaryOperation, modulus: Int) -> Bool {
    let table = operation.table(modulus: modulus)
    return zip(train.pairNumbers, 0..<train.count).contains { pair, place in
      train[place].label != table[pair]
    }
  }

  /// Puts the labels of a file, if it has any, in the place of the operation's results.
  private static func relabel(
    _ table: inout [Int?], by file: Safetensors, modulus: Int
  ) throws(SafetensorsError) {
    guard let labels = file.tensors["train_labels"] else { return }
    let pairs = try file.tensor(named: "train").doubles
    guard labels.shape == [pairs.count] else {
      throw SafetensorsError("train_labels is \(labels.shapeText), [\(pairs.count)] is needed")
    }
    for (place, (pair, number)) in zip(pairs, labels.doubles).enumerated() {
      guard let label = Int(exactly: number), (0..<modulus).contains(label) else {
        throw SafetensorsError(
          "train_labels[\(place)] is \(number.formatted), labels are whole numbers from 0 to \(modulus - 1)"
        )
      }
      table[Int(pair)] = label
    }
  }

  private static func enter(
    _ set: Membership, of file: Safetensors, into places: inout [Membership], _ table: [Int?],
    modulus: Int
  ) throws(SafetensorsError) {
    let name = set.rawValue
    let tensor = try file.tensor(named: name)
    guard tensor.shape.count == 1, tensor.shape[0] > 0 else {
      throw SafetensorsError(
        "\(name) is \(tensor.shapeText), a vector of pair numbers a p + b is needed")
    }
    for (place, number) in tensor.doubles.enumerated() {
      guard let pair = Int(exactly: number), table.indices.contains(pair) else {
        throw SafetensorsError(
          "\(name)[\(place)] is \(number.formatted), pair numbers are whole and below \(table.count)"
        )
      }
      let (a, b) = pair.quotientAndRemainder(dividingBy: modulus)
      guard table[pair] != nil else {
        throw SafetensorsError("\(name)[\(place)] is the pair (\(a), \(b)), which has no result")
      }
      guard places[pair] == .neither else {
        let other = places[pair] == set ? "there twice" : "in \(places[pair].rawValue), too"
        throw SafetensorsError("\(name)[\(place)] is the pair (\(a), \(b)), which is \(other)")
      }
      places[pair] = set
    }
  }
}

extension Double {
  /// Without a fraction where there is none.
  fileprivate var formatted: String { Int(exactly: self).map(String.init) ?? description }
}
