extension Safetensors {
  /// A network's weights, each once it is known to be there in its shape and to be finite.
  ///
  /// - Parameter parameters: the name and shape of each.
  /// - Returns: a tensor a parameter, in their order; what else the file has is left.
  /// - Throws: `SafetensorsError` for the first that is missing, of another shape, or not finite.
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
    return weights
  }
}
