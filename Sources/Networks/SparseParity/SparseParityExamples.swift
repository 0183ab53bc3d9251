import LinearAlgebra

/// The examples of sparse parity, and which bits matter, as a file has them.
public struct SparseParityExamples: Sendable {
  let secret: [Int]
  /// Examples of 1 and −1, `[train examples × n]`.
  let train: Matrix<Double>
  /// `[test examples × n]`.
  let test: Matrix<Double>

  /// Takes them from a file's tensors `train` `[P × n]`, `test` `[test examples × n]` and `secret_bits` `[k]`.
  ///
  /// - Parameters:
  ///   - file: the tensors.
  ///   - sizes: what the run's parameters say.
  /// - Throws: `SafetensorsError` for a shape that the sizes do not say, and for the first number that is no sign, or no bit.
  public init(file: Safetensors, sizes: SparseParityDraws.Sizes) throws(SafetensorsError) {
    func tensor(_ name: String, _ shape: [Int]) throws(SafetensorsError) -> Tensor {
      let tensor = try file.tensor(named: name)
      guard tensor.shape == shape else {
        let expected = shape.map(String.init).joined(separator: " × ")
        throw SafetensorsError("\(name) is \(tensor.shapeText), [\(expected)] is needed")
      }
      return tensor
    }
    func signs(_ name: String, count: Int) throws(SafetensorsError) -> Matrix<Double> {
      let tensor = try tensor(name, [count, sizes.inputDimension])
      let numbers = tensor.doubles
      if let place = numbers.firstIndex(where: { $0.magnitude != 1 }) {
        let (row, bit) = place.quotientAndRemainder(dividingBy: sizes.inputDimension)
        throw SafetensorsError("\(name)[\(row), \(bit)] is \(numbers[place]), 1 or −1 is needed")
      }
      return try tensor.matrix()
    }
    var secret: Set<Int> = []
    for number in try tensor("secret_bits", [sizes.secretBits]).doubles {
      guard let bit = Int(exactly: number), (0..<sizes.inputDimension).contains(bit),
        secret.insert(bit).inserted
      else {
        throw SafetensorsError(
          "secret_bits has \(number), different whole numbers below \(sizes.inputDimension) are needed"
        )
      }
    }
    self.secret = secret.sorted()
    train = try signs("train", count: sizes.trainExamples)
    test = try signs("test", count: sizes.testExamples)
  }
}

extension SparseParityDraws.Sizes {
  /// Every weight's name and shape, as in a PyTorch module with a list `layers` of `nn.Linear`.
  public var parameters: [(name: String, shape: [Int])] {
    PerceptronLayers<Double>.parameters(widths: widths)
  }
}

extension SparseParityDraws {
  /// The same examples with other initial weights.
  ///
  /// - Parameter weights: a tensor for each of the sizes' parameters, in their order.
  /// - Returns: draws with the same secret bits.
  /// - Throws: `SafetensorsError` if one is neither a vector nor a matrix.
  public func replacingWeights(by weights: [Tensor]) throws(SafetensorsError) -> SparseParityDraws {
    SparseParityDraws(
      secret: secret, trainInputs: trainInputs, testInputs: testInputs,
      network: try PerceptronLayers(weights, activation: network.activation))
  }

  /// The same initial weights with other examples.
  public func replacingExamples(by examples: SparseParityExamples) -> SparseParityDraws {
    SparseParityDraws(
      secret: examples.secret, trainInputs: examples.train, testInputs: examples.test,
      network: network)
  }
}
