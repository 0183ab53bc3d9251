/// The first step at which a series passed a threshold.
public struct Crossing: Hashable, Sendable {
  public var series: Series
  public var threshold: ExactDecimal
  /// Optimiser steps done; nil: never.
  public var step: Int?

  public init(_ series: Series, _ threshold: ExactDecimal, at step: Int?) {
    self.series = series
    self.threshold = threshold
    self.step = step
  }

  /// Whether it stands before another one: series by series, thresholds ascending.
  public func precedes(_ other: Crossing) -> Bool {
    series == other.series ? threshold < other.threshold : series.place < other.series.place
  }
}

/// The first crossing of every recorded threshold: train loss, test loss, train accuracy, test accuracy, and of each the
/// thresholds in ascending order.
///
/// One array: every result brings its crossings along, and an array for each series is most of what it would take to make them.
public struct Crossings: Hashable, Sendable {
  private var all: [Crossing] = []

  public init() {}

  /// No threshold crossed yet.
  public init(recording thresholds: Thresholds) {
    for threshold in thresholds.loss {
      record(nil, of: .trainLoss, at: threshold)
      record(nil, of: .testLoss, at: threshold)
    }
    for threshold in thresholds.accuracy {
      record(nil, of: .trainAccuracy, at: threshold)
      record(nil, of: .testAccuracy, at: threshold)
    }
  }

  public mutating func record(_ step: Int?, of series: Series, at threshold: ExactDecimal) {
    let crossing = Crossing(series, threshold, at: step)
    let place = place(of: crossing)
    if place < all.count, !crossing.precedes(all[place]) {
      all[place].step = step
    } else {
      all.insert(crossing, at: place)
    }
  }

  public mutating func reserveCapacity(_ count: Int) { all.reserveCapacity(count) }

  public func isRecorded(_ series: Series, _ threshold: ExactDecimal) -> Bool {
    find(series, threshold) != nil
  }

  /// The step of the first crossing; nil when it was never crossed or never recorded.
  public func step(_ series: Series, _ threshold: ExactDecimal) -> Int? {
    find(series, threshold)?.step
  }

  /// Those of one series.
  public func of(_ series: Series) -> some Collection<Crossing> {
    all.lazy.filter { $0.series == series }
  }

  /// The thresholds recorded for a series, in ascending order.
  public func thresholds(of series: Series) -> [ExactDecimal] {
    of(series).map(\.threshold)
  }

  private func find(_ series: Series, _ threshold: ExactDecimal) -> Crossing? {
    let sought = Crossing(series, threshold, at: nil)
    let place = place(of: sought)
    guard place < all.count, !sought.precedes(all[place]) else { return nil }
    return all[place]
  }

  /// The first that does not stand before this one.
  private func place(of crossing: Crossing) -> Int {
    // Most often they come in their order.
    guard let last = all.last, !last.precedes(crossing) else { return all.count }
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].precedes(crossing) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Crossings: RandomAccessCollection {
  public var startIndex: Int { all.startIndex }
  public var endIndex: Int { all.endIndex }
  public subscript(place: Int) -> Crossing { all[place] }
}

/// A string as a coding key, for objects whose member names are data.
struct AnyCodingKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(_ text: String) { stringValue = text }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Crossings: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyCodingKey.self)
    for series in Series.allCases where container.contains(AnyCodingKey(series.rawValue)) {
      let nested = try container.nestedContainer(
        keyedBy: AnyCodingKey.self, forKey: AnyCodingKey(series.rawValue))
      for key in nested.allKeys {
        guard let threshold = ExactDecimal(key.stringValue) else {
          throw DecodingError.dataCorruptedError(
            forKey: key, in: nested, debugDescription: "a threshold is a decimal number")
        }
        record(try nested.decode(Int?.self, forKey: key), of: series, at: threshold)
      }
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyCodingKey.self)
    for series in Series.allCases {
      let crossings = of(series)
      guard !crossings.isEmpty else { continue }
      var nested = container.nestedContainer(
        keyedBy: AnyCodingKey.self, forKey: AnyCodingKey(series.rawValue))
      for crossing in crossings {
        try nested.encode(crossing.step, forKey: AnyCodingKey(crossing.threshold.description))
      }
    }
  }
}
