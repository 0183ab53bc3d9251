extension CurvesFigure.Quantity {
  /// Whether a value has a place: a loss of 0 has none on a logarithmic axis.
  func isDrawable(_ value: Double) -> Bool {
    value.isFinite && (self == .accuracy || value > 0)
  }
}

extension TerminalCurve.Point {
  /// What was measured on both sets.
  func values(_ quantity: CurvesFigure.Quantity) -> (train: Double?, test: Double?) {
    switch quantity {
    case .loss: (trainLoss, testLoss)
    case .accuracy: (trainAccuracy, testAccuracy)
    }
  }
}

extension CurvesFigure.Run {
  /// The records that have at least one value to draw.
  func drawable(_ quantity: CurvesFigure.Quantity) -> [TerminalCurve.Point] {
    points.filter { point in
      let values = point.values(quantity)
      return [values.train, values.test].contains { $0.map(quantity.isDrawable) ?? false }
    }
  }
}
