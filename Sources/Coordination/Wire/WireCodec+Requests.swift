import Experiments

extension WireCodec {
  static func wire(_ request: Request) -> Groksweep_Wire_Request {
    var wire = Groksweep_Wire_Request()
    wire.maxSteps = UInt64(clamping: request.maxSteps)
    wire.stopsWhenConverged = request.stopsWhenConverged
    if let criterion = request.criterion {
      wire.criterion.measure = criterion.measure == .loss ? .loss : .accuracy
      wire.criterion.train = decimal(criterion.train)
      wire.criterion.test = decimal(criterion.test)
    }
    wire.lossThresholds = request.thresholds.loss.map(decimal)
    wire.accuracyThresholds = request.thresholds.accuracy.map(decimal)
    return wire
  }

  static func request(_ wire: Groksweep_Wire_Request) throws(WireError) -> Request {
    guard wire.maxSteps <= Request.maxStepsLimit else {
      throw WireError("a request of \(wire.maxSteps) steps; at most 1e12 are asked for")
    }
    var criterion: GrokkedRule?
    if wire.hasCriterion {
      criterion = GrokkedRule(
        measure: try measure(wire.criterion.measure), train: try decimal(wire.criterion.train),
        test: try decimal(wire.criterion.test))
    }
    var loss: [ExactDecimal] = []
    for threshold in wire.lossThresholds { loss.append(try decimal(threshold)) }
    var accuracy: [ExactDecimal] = []
    for threshold in wire.accuracyThresholds { accuracy.append(try decimal(threshold)) }
    return Request(
      maxSteps: Int(wire.maxSteps), stopsWhenConverged: wire.stopsWhenConverged,
      criterion: criterion, thresholds: Thresholds(loss: loss, accuracy: accuracy))
  }

  static func decimal(_ decimal: ExactDecimal) -> Groksweep_Wire_Decimal {
    var wire = Groksweep_Wire_Decimal()
    wire.coefficient = decimal.coefficient
    wire.exponent = Int32(decimal.exponent)
    return wire
  }

  static func decimal(_ wire: Groksweep_Wire_Decimal) throws(WireError) -> ExactDecimal {
    try decimal(coefficient: wire.coefficient, exponent: wire.exponent)
  }

  static func decimal(coefficient: Int64, exponent: Int32) throws(WireError) -> ExactDecimal {
    guard let decimal = ExactDecimal(coefficient: coefficient, exponent: Int(exponent)) else {
      throw WireError(
        "a number of \(coefficient)e\(exponent), where one \(ExactDecimal.reach) was expected")
    }
    return decimal
  }

  private static func measure(
    _ wire: Groksweep_Wire_Measure
  ) throws(WireError) -> GrokkedRule.Measure {
    switch wire {
    case .loss: .loss
    case .accuracy: .accuracy
    case .unspecified, .UNRECOGNIZED: throw WireError("a criterion on no measure that is known")
    }
  }
}
