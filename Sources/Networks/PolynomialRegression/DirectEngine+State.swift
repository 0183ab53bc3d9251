import LinearAlgebra

extension DirectEngine {
  public func state() -> [Tensor] {
    var tensors = [Tensor(name: "weights", matrix: weights)]
    if let velocity = transposedWeights.velocity {
      tensors.append(Tensor(name: "velocity", matrix: velocity.transposed))
    }
    tensors += linearised.state()
    guard task.trainsReadouts else { return tensors }
    tensors.append(Tensor(name: "readouts", matrix: readoutWeights.values))
    if let velocity = readoutWeights.velocity {
      tensors.append(Tensor(name: "readout_velocity", matrix: velocity))
    }
    return tensors
  }

  public mutating func restore(_ state: Safetensors) throws(SafetensorsError) {
    let units = transposedWeights.values.columns
    let shape = [units, transposedWeights.values.rows]
    var (restoredWeights, restoredReadouts) = (transposedWeights, readoutWeights)
    func matrix(_ name: String, _ shape: [Int]) throws(SafetensorsError) -> Matrix<Scalar> {
      try state.matrix(named: name, shape: shape)
    }
    restoredWeights.values = try matrix("weights", shape).transposed
    if restoredWeights.velocity != nil {
      restoredWeights.velocity = try matrix("velocity", shape).transposed
    }
    if task.trainsReadouts {
      restoredReadouts.values = try matrix("readouts", [1, units])
      if restoredReadouts.velocity != nil {
        restoredReadouts.velocity = try matrix("readout_velocity", [1, units])
      }
    }
    try linearised.restore(state)
    (transposedWeights, readoutWeights) = (restoredWeights, restoredReadouts)
  }
}
