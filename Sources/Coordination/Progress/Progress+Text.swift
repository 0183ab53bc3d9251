import Foundation

extension Progress {
  /// One line for a terminal, as wide as it may be: a bar, counts, rate, time left, workers.
  ///
  /// What matters least is left out first when there is little room.
  ///
  /// - Parameter width: the terminal's columns.
  /// - Returns: at most `width` characters without a newline.
  public func line(width: Int) -> String {
    let parts = [counts, rateText, timeLeftText, workersText].compactMap { $0 }
    var text = parts[0]
    for part in parts.dropFirst() where text.count + part.count + 2 <= width {
      text += "  " + part
    }
    let room = width - text.count - 3
    if room >= 10 { text = "[\(bar(min(room, 30)))] " + text }
    return String(text.prefix(max(width, 0)))
  }

  /// One line for a log file, everything in it.
  public var logLine: String {
    [counts, rateText, timeLeftText, workersText].compactMap { $0 }.joined(separator: ", ")
  }

  private func bar(_ cells: Int) -> String {
    let filled = total > 0 ? (done + failed) * cells / total : 0
    return String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
  }

  private var counts: String {
    var text = "\(done)/\(total) done"
    if reused > 0 { text += " (\(reused) known before)" }
    text += ", \(running) running"
    if failed > 0 { text += ", \(failed) failed" }
    return text
  }

  private var rateText: String? {
    guard rate > 0 else { return nil }
    if rate >= 1 { return String(format: rate < 10 ? "%.1f runs/s" : "%.0f runs/s", rate) }
    if rate * 60 >= 1 { return String(format: "%.1f runs/min", rate * 60) }
    return String(format: "%.1f runs/h", rate * 3600)
  }

  private var timeLeftText: String? {
    guard let timeLeft, done + failed < total else { return nil }
    return "about \(Self.text(timeLeft)) left"
  }

  private var workersText: String? {
    guard !workers.isEmpty else { return "no worker" }
    if workers.count > 3 { return "\(workers.count) workers" }
    return workers.map { "\($0.host) \($0.busy)/\($0.slots)" }.joined(separator: ", ")
  }

  /// A duration as people say it: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.
  public static func text(_ duration: Duration) -> String {
    let seconds = Int(max(0, duration.inSeconds).rounded())
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    if seconds < 60 { return "\(seconds) s" }
    if minutes < 60 { return "\(minutes) min \(seconds % 60) s" }
    if hours < 24 { return "\(hours) h \(minutes % 60) min" }
    return "\(days) d \(hours % 24) h"
  }
}
