import Foundation

/// Wall-clock times as the store keeps them: `2026-11-21T00:02:22.123Z`.
enum Timestamp {
  private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

  static func text(of date: Date) -> String { style.format(date) }
}
