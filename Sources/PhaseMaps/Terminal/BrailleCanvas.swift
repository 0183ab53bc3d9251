/// A grid of dots, two across and four down in each character, written in braille.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  private var cells: [UInt8]

  init(columns: Int, rows: Int) {
    precondition(columns > 0 && rows > 0, "\(columns) × \(rows) characters")
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: 0, count: columns * rows)
  }

  var width: Int { columns * 2 }
  var height: Int { rows * 4 }

  /// The bit of each dot in U+2800…U+28FF, by row and column within the character.
  private static let bits: [[UInt8]] = [[1, 8], [2, 16], [4, 32], [64, 128]]

  /// Sets a dot, counted from the left and from above; dots outside are ignored.
  mutating func set(_ x: Int, _ y: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    cells[(y / 4) * columns + x / 2] |= Self.bits[y % 4][x % 2]
  }

  /// The character at a place, or nil where no dot is set.
  func character(column: Int, row: Int) -> Character? {
    let bits = cells[row * columns + column]
    guard bits != 0, let scalar = UnicodeScalar(0x2800 + UInt32(bits)) else { return nil }
    return Character(scalar)
  }
}
