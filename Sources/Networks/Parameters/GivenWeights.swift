import OrderedCollections

extension Safetensors {
  /// A network's weights, each once it is known to be there in its shape and to be finite.
  ///
  /// - Parameter parameters: the name and shape of each.
  /// - Returns: a tensor a parameter, in their order; what else the file has is left.
  /// - Throws: `SafetensorsError` for the first that is missing, of another shape, or not finite, and for one that is like
  ///   a parameter but of a layer that the network has not got.
  public func weights(
    _ parameters: [(name: String, shape: [Int])]
  ) throws(SafetensorsError) -> [Tensor] {
    var weights: [Tensor] = []
    for (name, shape) in parameters {
      let tensor = try tensor(named: name)
      guard tensor.shape == shape else {
        let expected = "[" + shape.map(String.init).joined(separator: " × ") + "]"
        throw SafetensorsError("\(name) is \(tensor.shapeText), \(expected) is needed")
      }
      weights.append(try tensor.checkedToBeFinite())
    }
    let kinds = Set(parameters.map { Self.withoutNumbers($0.name) })
    let known = Set(parameters.map(\.name))
    for name in tensors.keys where !known.contains(name) {
      guard !kinds.contains(Self.withoutNumbers(name)) else {
        throw SafetensorsError("\(name) is of a layer that this network has not got")
      }
    }
    return weights
  }

  /// `layers.#.bias` for `layers.2.bias`.
  private static func withoutNumbers(_ name: String) -> String {
    name.split(separator: ".").map { Int($0) == nil ? String($0) : "#" }.joined(separator: ".")
  }
}
