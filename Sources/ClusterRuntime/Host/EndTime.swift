public import Foundation

/// When a node goes away, as a user or Slurm says it.
public enum EndTime {
  /// Seconds since 1970 at which Slurm ends the job; older versions of Slurm do not set it.
  public static let slurmVariable = "SLURM_JOB_END_TIME"

  private static let secondsPerUnit: [Character: Double] = [
    "d": 86_400, "h": 3600, "m": 60, "s": 1,
  ]
  /// Nothing runs for longer; beyond it a number was mistyped.
  private static let secondsMax = 86_400.0 * 365 * 10

  /// Reads a time, or a duration from now.
  ///
  /// - Parameters:
  ///   - text: `2026-11-21T18:00`, with seconds and an offset (`Z`, `+01:00`) if wanted, local time
  ///     without; or `8h`, `+90m`, `1d2h30m`.
  ///   - option: where it comes from.
  ///   - now: the time at which it is read.
  ///   - zone: the zone of a time without an offset.
  /// - Returns: how long it is until then.
  /// - Throws: `RuntimeFailure` for anything else, and for a time that has passed.
  public static func remaining(
    until text: String, option: String, now: Date = Date(), zone: TimeZone = .current
  ) throws(RuntimeFailure) -> Duration {
    if let seconds = duration(text), seconds > 0, seconds <= secondsMax {
      return .milliseconds(Int64(seconds * 1000))
    }
    guard let date = date(text, in: zone) else {
      throw RuntimeFailure(
        .wrongInput,
        "\(option): expected a time such as 2026-11-21T18:00 or a duration such as 8h or 1h30m, "
          + "found \"\(text)\"")
    }
    let seconds = date.timeIntervalSince(now)
    guard seconds > 0 else {
      throw RuntimeFailure(.wrongInput, "\(option): \(text) has passed")
    }
    guard seconds <= secondsMax else {
      throw RuntimeFailure(.wrongInput, "\(option): \(text) is more than ten years from now")
    }
    return .milliseconds(Int64(seconds * 1000))
  }

  /// How long the Slurm job goes on that these variables belong to.
  ///
  /// - Parameters:
  ///   - environment: the variables.
  ///   - now: the time at which they are read.
  /// - Returns: nil outside of a job, and for a time that says nothing of this one.
  public static func remaining(
    inJobOf environment: [String: String], now: Date = Date()
  ) -> Duration? {
    guard let end = environment[slurmVariable].flatMap({ Double($0) }) else { return nil }
    let seconds = end - now.timeIntervalSince1970
    guard seconds > 0, seconds <= secondsMax else { return nil }
    return .milliseconds(Int64(seconds * 1000))
  }

  private static func duration(_ text: String) -> Double? {
    var rest = (text.hasPrefix("+") ? text.dropFirst() : text[...])
    var sum = 0.0
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      guard let number = Double(digits), let unit = rest.popFirst(),
        let seconds = secondsPerUnit[unit]
      else { return nil }
      sum += number * seconds
    }
    return sum
  }

  private static func date(_ text: String, in zone: TimeZone) -> Date? {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.calendar = Calendar(identifier: .gregorian)
    formatter.timeZone = zone
    let formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"]
    for format in formats + formats.map({ $0 + "XXXXX" }) {
      formatter.dateFormat = format
      if let date = formatter.date(from: text) { return date }
    }
    return nil
  }
}
