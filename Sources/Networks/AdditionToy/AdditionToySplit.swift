import LinearAlgebra
import OrderedCollections

/// Which pairs the addition toy learns, and what it learns of their sums, as a file has it.
public struct AdditionToySplit: Sendable {
  /// The pairs i ≤ j to train on, by their places in (0, 0), (0, 1) … (0, p − 1), (1, 1) and so on.
  let trainPlaces: [Int]
  /// t of each sum from 0 on, `[2p − 1 × K]`; nil where the sums are classes.
  let targets: Matrix<Double>?

  /// Takes a split from a file's tensors `train`, a vector of the numbers i p + j of pairs, and `targets` `[2p − 1 × K]`.
  ///
  /// - Parameters:
  ///   - file: the tensors; a `test` among them must name the pairs that are not in `train`.
  ///   - sizes: what the run's parameters say.
  /// - Throws: `SafetensorsError` for the first number that is no pair i ≤ j or is there twice, and for targets of another
  ///   shape.
  public init(file: Safetensors, sizes: AdditionToyDraws.Sizes) throws(SafetensorsError) {
    trainPlaces = try Self.places("train", of: file, sizes)
    guard trainPlaces.count < sizes.pairs else {
      throw SafetensorsError("train has all pairs, and none is left to be tested")
    }
    if file.tensors["test"] != nil {
      let test = try Self.places("test", of: file, sizes)
      guard test.count + trainPlaces.count == sizes.pairs, Set(test).isDisjoint(with: trainPlaces)
      else {
        throw SafetensorsError(
          "test has \(test.count) pairs, and has to be the \(sizes.pairs - trainPlaces.count) that train has not"
        )
      }
    }
    guard let dimension = sizes.targetDimension else {
      targets = nil
      return
    }
    let tensor = try file.tensor(named: "targets")
    guard tensor.shape == [sizes.sums, dimension] else {
      throw SafetensorsError(
        "targets is \(tensor.shapeText), [\(sizes.sums) × \(dimension)] is needed: a row a sum")
    }
    targets = try tensor.checkedToBeFinite().matrix()
  }

  private static func places(
    _ name: String, of file: Safetensors, _ sizes: AdditionToyDraws.Sizes
  ) throws(SafetensorsError) -> [Int] {
    let tensor = try file.tensor(named: name)
    guard tensor.shape.count == 1, tensor.shape[0] > 0 else {
      throw SafetensorsError(
        "\(name) is \(tensor.shapeText), a vector of pair numbers i p + j is needed")
    }
    var places: Set<Int> = []
    for (index, number) in tensor.doubles.enumerated() {
      guard let pair = Int(exactly: number), let place = sizes.place(ofPair: pair) else {
        throw SafetensorsError(
          "\(name)[\(index)] is \(number), which is no number i p + j with i ≤ j < p, p = \(sizes.numbers)"
        )
      }
      guard places.insert(place).inserted else {
        throw SafetensorsError("\(name)[\(index)] is the pair \(pair), which is there twice")
      }
    }
    return places.sorted()
  }
}

extension AdditionToyDraws.Sizes {
  /// The place of the pair i p + j among those with i ≤ j; nil for what is no such pair.
  func place(ofPair pair: Int) -> Int? {
    guard (0..<numbers * numbers).contains(pair) else { return nil }
    let (i, j) = pair.quotientAndRemainder(dividingBy: numbers)
    return i <= j ? i * numbers - i * (i - 1) / 2 + j - i : nil
  }

  /// Every weight's name and shape, as in a PyTorch module with an `nn.Embedding` and a list `layers` of `nn.Linear`.
  public var parameters: [(name: String, shape: [Int])] {
    [("embedding.weight", [numbers, width])] + PerceptronLayers<Double>.parameters(widths: widths)
  }
}

extension AdditionToyDraws {
  /// The same task with other initial weights.
  ///
  /// - Parameter weights: a tensor for each of the sizes' parameters, in their order.
  /// - Returns: draws with the same split and targets.
  /// - Throws: `SafetensorsError` if one is neither a vector nor a matrix.
  public func replacingWeights(by weights: [Tensor]) throws(SafetensorsError) -> AdditionToyDraws {
    AdditionToyDraws(
      embeddings: try weights[0].matrix(),
      decoder: try PerceptronLayers(Array(weights.dropFirst())), targets: targets,
      trainPlaces: trainPlaces)
  }

  /// The same initial weights with another task.
  public func replacingSplit(by split: AdditionToySplit) -> AdditionToyDraws {
    AdditionToyDraws(
      embeddings: embeddings, decoder: decoder, targets: split.targets,
      trainPlaces: split.trainPlaces)
  }

  /// The split as a file has it: `train`, `test` and, if there are any, `targets`.
  public var splitTensors: [Tensor] {
    func vector(_ name: String, _ numbers: [Int]) -> Tensor {
      Tensor(name: name, shape: [numbers.count], elements: .float64(numbers.map(Double.init)))
    }
    return [vector("train", train.pairNumbers), vector("test", test.pairNumbers)]
      + (targets.map { [Tensor(name: "targets", matrix: $0)] } ?? [])
  }
}
