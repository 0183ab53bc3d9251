/// Statistics of ranks and order.
public enum RankCorrelation {
  /// Spearman's rank correlation; ties share the mean of their ranks.
  ///
  /// Pearson's correlation of the ranks, which the short formula with squared differences equals only
  /// without ties. Spearman 1904.
  ///
  /// - Parameters:
  ///   - left: values, `[n]`; infinite ones rank last.
  ///   - right: values, `[n]`, in the same order.
  /// - Returns: a value in -1...1, or nil for fewer than two values or if one side is constant.
  public static func spearman(_ left: [Double], _ right: [Double]) -> Double? {
    precondition(left.count == right.count, "\(left.count) values against \(right.count)")
    let leftRanks = ranks(of: left)
    let rightRanks = ranks(of: right)
    let mean = Double(left.count + 1) / 2
    var product = 0.0
    var leftSquare = 0.0
    var rightSquare = 0.0
    for (first, second) in zip(leftRanks, rightRanks) {
      product += (first - mean) * (second - mean)
      leftSquare += (first - mean) * (first - mean)
      rightSquare += (second - mean) * (second - mean)
    }
    guard leftSquare > 0, rightSquare > 0 else { return nil }
    return product / (leftSquare * rightSquare).squareRoot()
  }

  /// The ranks from 1, ties by their mean.
  public static func ranks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      let value = values[order[start]]
      let tied = order[start...].prefix { values[$0] == value }.count
      for position in start..<(start + max(1, tied)) {
        ranks[order[position]] = Double(2 * start + max(1, tied) + 1) / 2
      }
      start += max(1, tied)
    }
    return ranks
  }

  /// The middle value, or the mean of the two middle ones; nil for none.
  public static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
