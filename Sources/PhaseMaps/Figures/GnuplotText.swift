import Experiments
import Foundation

/// Text as it may stand in a gnuplot script, and numbers as people read them.
enum GnuplotText {
  /// A gnuplot string in single quotes, in which nothing but the quote itself is special.
  ///
  /// Single quotes keep back-ticks and macros from being run; the scripts set their terminals
  /// `noenhanced`, so that `_`, `^`, `@`, `{}` and `&` are drawn as they are. Control characters,
  /// which would end the line, become blanks.
  static func quoted(_ text: String) -> String {
    "'" + plain(text).replacing("'", with: "''") + "'"
  }

  /// A tick label, which gnuplot reads as a format in which `%` is special.
  static func tickLabel(_ text: String) -> String { quoted(text.replacing("%", with: "%%")) }

  /// One field of a table whose columns are separated by tabs.
  static func plain(_ text: String) -> String {
    String(
      text.map { $0.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 } ? $0 : " " })
  }

  /// A length in the script: three decimals are finer than a printer.
  static func coordinate(_ value: Double) -> String {
    let thousandths = Int((abs(value) * 10000).rounded())
    let fraction = String(thousandths % 10000)
    let digits = String(repeating: "0", count: 4 - fraction.count) + fraction
    return (value < 0 && thousandths != 0 ? "-" : "") + "\(thousandths / 10000).\(digits)"
  }

  /// A whole number with thin spaces between its thousands: 110 000.
  static func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
      // Four digits are read at a glance; from five on they are grouped.
      if index > 0, index % 3 == 0, value.magnitude >= 10_000 { text.append("\u{2009}") }
      text.append(digit)
    }
    return (value < 0 ? "−" : "") + String(text.reversed())
  }

  /// A value on a colour bar or an axis: 0.02, 500, 20 000, 10⁶.
  static func scaleLabel(_ value: Double) -> String {
    let rounded = ExactDecimal(value)?.rounded(toSignificantDigits: 3)
    guard let rounded else { return "\(value)" }
    let exponent = powerOfTen(rounded)
    if let exponent, !(-3...5).contains(exponent) { return "10" + superscript(exponent) }
    // Losses of a run that diverges: digits beyond these tell nobody anything.
    if abs(value) >= 1e9, value.isFinite {
      let exponent = Int(log10(abs(value)).rounded(.down))
      return String(format: "%.1f·10", value / pow(10, Double(exponent))) + superscript(exponent)
    }
    return rounded.integerValue.map(grouped) ?? rounded.description
  }

  private static func powerOfTen(_ value: ExactDecimal) -> Int? {
    (-60...60).first { ExactDecimal("1e\($0)") == value }
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let text = String(exponent.magnitude).compactMap(\.wholeNumberValue).map { digits[$0] }
    return (exponent < 0 ? "⁻" : "") + String(text)
  }

  /// Breaks a text at blanks into lines of at most `width` characters where that is possible.
  static func wrapped(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
