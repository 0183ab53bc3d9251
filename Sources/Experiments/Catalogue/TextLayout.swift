/// Lines for a terminal of 100 columns.
enum TextLayout {
  static let width = 100

  /// Text after a label, wrapped between words, further lines starting below the text.
  ///
  /// - Parameters:
  ///   - label: what the first line starts with.
  ///   - text: words with single spaces between them.
  ///   - indent: spaces before the label.
  /// - Returns: one line or several, none wider than `width` unless a word is.
  static func hanging(_ label: String, _ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent + label.count)
    var lines: [String] = []
    var line = String(repeating: " ", count: indent) + label
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = margin
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    lines.append(line)
    return lines.joined(separator: "\n")
  }

  /// Values with commas between them; of more than six the first three and the last.
  static func list(_ values: [some CustomStringConvertible], separator: String = ", ") -> String {
    let shown = values.map(\.description)
    guard shown.count > 6, let last = shown.last else {
      return shown.joined(separator: separator)
    }
    return shown.prefix(3).joined(separator: separator) + separator + "… " + separator
      + last
  }

  /// A length of time as a person says it: `40 s`, `12 min`, `3.5 h`, `2.1 days`.
  static func duration(_ seconds: Double) -> String {
    func rounded(_ value: Double) -> String {
      let tenths = (value * 10).rounded() / 10
      return tenths >= 10 || tenths == tenths.rounded()
        ? "\(Int(tenths.rounded()))" : "\(tenths)"
    }
    // Longer than any machine lasts, and within what an Int holds.
    let seconds = min(max(seconds, 0), 1e12)
    return switch seconds {
    case ..<1: "1 s"
    case ..<99.5: "\(Int(seconds.rounded())) s"
    case ..<5970: "\(Int((seconds / 60).rounded())) min"
    case ..<(48 * 3600): "\(rounded(seconds / 3600)) h"
    default: "\(rounded(seconds / 86400)) days"
    }
  }
}

extension String {
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
