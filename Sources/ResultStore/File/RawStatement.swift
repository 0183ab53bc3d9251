import Experiments
import GRDB
import GRDBSQLite

/// A prepared statement, spoken to in SQLite's own terms.
///
/// For the few statements that are carried out a hundred thousand times a second: there GRDB's values and arrays take longer
/// than SQLite itself. Columns and parameters are counted from 0.
final class RawStatement {
  /// Keeps the handle; not one of the database's cache, so that nobody else binds anything to it.
  private let statement: Statement
  private let handle: OpaquePointer
  private let database: Database
  /// The texts that are bound; empty where none is.
  private var texts: [String]

  init(_ sql: String, in database: Database) throws {
    statement = try database.makeStatement(sql: sql)
    handle = statement.sqliteStatement
    self.database = database
    texts = Array(repeating: "", count: Int(sqlite3_bind_parameter_count(handle)))
  }

  // MARK: Parameters, which keep their values

  func bind(_ value: Int?, at index: Int32) {
    if let value {
      sqlite3_bind_int64(handle, index + 1, Int64(value))
    } else {
      sqlite3_bind_null(handle, index + 1)
    }
  }

  func bind(_ value: Int64, at index: Int32) { sqlite3_bind_int64(handle, index + 1, value) }

  /// Binds a number; NULL for what is none, or not a finite one.
  func bind(_ value: Double?, at index: Int32) {
    if let value, value.isFinite {
      sqlite3_bind_double(handle, index + 1, value)
    } else {
      sqlite3_bind_null(handle, index + 1)
    }
  }

  /// Binds a text, unless it is the one that was bound there last: SQLite makes a copy of each.
  ///
  /// - Parameters:
  ///   - text: what a parameter that takes nothing but texts is to stand for.
  ///   - index: the parameter.
  func bind(_ text: String, at index: Int32) {
    var bytes = text
    bytes.withUTF8 { utf8 in
      let isBound = texts[Int(index)].withUTF8 { bound in
        // Byte by byte: equal strings may be written with other characters.
        bound.count == utf8.count && !utf8.isEmpty && bound.elementsEqual(utf8)
      }
      guard !isBound else { return }
      let code = utf8.withMemoryRebound(to: CChar.self) { characters in
        sqlite3_bind_text(
          handle, index + 1, characters.baseAddress, Int32(characters.count), Self.copied)
      }
      texts[Int(index)] = code == SQLITE_OK ? text : ""
    }
  }

  func bind(_ measurement: Measurement, from index: Int32) {
    bind(measurement.trainLoss, at: index)
    bind(measurement.testLoss, at: index + 1)
    bind(measurement.trainAccuracy, at: index + 2)
    bind(measurement.testAccuracy, at: index + 3)
  }

  /// SQLite copies the bytes before the call returns.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  // MARK: Steps

  /// Goes to the next row; false when there is none, and the statement can be carried out again.
  func step() throws -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    // The message is that of the step, and gone after the reset.
    let message = code == SQLITE_DONE ? nil : sqlite3_errmsg(database.sqliteConnection)
    let error = message.map {
      DatabaseError(
        resultCode: ResultCode(rawValue: sqlite3_extended_errcode(database.sqliteConnection)),
        message: String(cString: $0), sql: statement.sql)
    }
    sqlite3_reset(handle)
    if let error { throw error }
    return false
  }

  /// Carries out what has no rows, or whose rows are of no interest.
  func execute() throws { while try step() {} }

  /// Goes to the only row that matters, hands it to `read`, and is done.
  func first<Value>(_ read: (RawStatement) throws -> Value) throws -> Value? {
    guard try step() else { return nil }
    defer { sqlite3_reset(handle) }
    return try read(self)
  }

  /// Whether there is a row of which that holds; the rest is not read.
  func contains(where body: (RawStatement) throws -> Bool) throws -> Bool {
    defer { sqlite3_reset(handle) }
    while try step() {
      if try body(self) { return true }
    }
    return false
  }

  /// Calls `body` on every row.
  func forEach(_ body: (RawStatement) throws -> Void) throws {
    defer { sqlite3_reset(handle) }
    while try step() { try body(self) }
  }

  // MARK: Columns

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
  func integer64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
  func optionalInteger(_ column: Int32) -> Int? { isNull(column) ? nil : integer(column) }

  func text(_ column: Int32) -> String {
    sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
  }

  /// The first byte of a text, 0 for none: enough to tell the values of a short list apart.
  func firstByte(_ column: Int32) -> UInt8 {
    sqlite3_column_text(handle, column).map { $0[0] } ?? 0
  }

  func byteCount(_ column: Int32) -> Int { Int(sqlite3_column_bytes(handle, column)) }

  func key(_ column: Int32) throws -> RunKey {
    let start = sqlite3_column_text(handle, column)
    let digits = UnsafeRawBufferPointer(
      start: start, count: byteCount(column))
    guard let key = RunKey(hexadecimal: digits) else {
      throw StoreError.unreadable(path: "run", what: "the key \(text(column))")
    }
    return key
  }
}
