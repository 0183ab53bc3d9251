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

  /// What an optimiser has left, in the precision of a run.
  ///
  /// - Parameter tensors: what a new optimiser has.
  /// - Returns: the file's tensor for each.
  /// - Throws: `SafetensorsError` for the first that is missing, of another shape, not finite, or what no optimiser
  ///   leaves: a second moment below 0, steps that are no whole number; and where the file's optimiser has kept what
  ///   this one has not, which would mean something else by the rest.
  public func optimiserState(like tensors: [Tensor]) throws(SafetensorsError) -> [Tensor] {
    var state: [Tensor] = []
    let found = try weights(tensors.map { ($0.name, $0.shape) })
    let known = Set(tensors.map(\.name))
    let other = self.tensors.keys.first { name in
      !known.contains(name) && Self.optimiserPrefixes.contains { name.contains($0) }
    }
    if let other {
      throw SafetensorsError("\(other) is of another optimiser than the run's")
    }
    for (tensor, found) in zip(tensors, found) {
      if tensor.name.hasSuffix("optimiser_steps") {
        let steps = found.doubles[0]
        guard let whole = Int(exactly: steps), (0...1 << 53).contains(whole) else {
          throw SafetensorsError("\(tensor.name) is \(steps), not a number of steps")
        }
      }
      // Its root is divided by.
      if tensor.name.contains("second_moment_"), let least = found.doubles.min(), least < 0 {
        throw SafetensorsError("\(tensor.name) has a value below 0, \(least)")
      }
      let elements: Tensor.Elements =
        switch tensor.elements {
        case .float32: .float32(try found.floats())
        case .float64: .float64(found.doubles)
        }
      state.append(Tensor(name: tensor.name, shape: tensor.shape, elements: elements))
    }
    return state
  }

  /// What the names of an optimiser's tensors begin with, after the name of the optimiser where there are several.
  private static let optimiserPrefixes = [
    "first_moment_", "second_moment_", "slow_gradient_", "gradient_sum_",
  ]

  /// `layers.#.bias` for `layers.2.bias`.
  private static func withoutNumbers(_ name: String) -> String {
    name.split(separator: ".").map { Int($0) == nil ? String($0) : "#" }.joined(separator: ".")
  }
}
