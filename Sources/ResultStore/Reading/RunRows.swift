import Experiments
import Foundation
import GRDB

/// Makes domain values of the rows of `run` and `crossing`.
enum RunRows {
  /// The columns of a summary, in the order that `summary(in:at:crossings:)` reads them.
  static let summaryColumns = """
    run.steps, run.stopped, run.converged_at, run.initial_train_loss, run.initial_test_loss,
    run.initial_train_accuracy, run.initial_test_accuracy, run.final_train_loss,
    run.final_test_loss, run.final_train_accuracy, run.final_test_accuracy,
    run.recomputed_in_float64
    """

  /// The stored result of a run, if it has one.
  static func summary(of run: Int64, in database: Database) throws -> RunSummary? {
    let statement = try database.cachedStatement(
      sql: "SELECT \(summaryColumns) FROM run WHERE id = ? AND steps IS NOT NULL")
    guard let row = try Row.fetchOne(statement, arguments: [run]) else { return nil }
    return try summary(in: row, at: 0, crossings: crossings(of: run, in: database))
  }

  /// Reads a summary from the columns that start at `first`; nil when the run has none.
  static func summary(
    in row: Row, at first: Int, crossings: @autoclosure () throws -> Crossings
  ) throws -> RunSummary? {
    guard let steps: Int = row[first], let name: String = row[first + 1] else { return nil }
    guard let stopped = StopReason(rawValue: name) else {
      throw StoreError.unreadable(path: "run", what: "the stop reason \"\(name)\"")
    }
    func measurement(at column: Int) -> Experiments.Measurement {
      Experiments.Measurement(
        trainLoss: row[column], testLoss: row[column + 1], trainAccuracy: row[column + 2],
        testAccuracy: row[column + 3])
    }
    return RunSummary(
      steps: steps, stopped: stopped, crossings: try crossings(), convergedAt: row[first + 2],
      initial: measurement(at: first + 3), final: measurement(at: first + 7),
      isRecomputedInFloat64: row[first + 11])
  }

  static func crossings(of run: Int64, in database: Database) throws -> Crossings {
    let statement = try database.cachedStatement(
      sql: "SELECT series, threshold, step FROM crossing WHERE run = ?")
    var crossings = Crossings()
    let rows = try Row.fetchCursor(statement, arguments: [run])
    while let row = try rows.next() {
      let name: String = row[0]
      let text: String = row[1]
      guard let series = Series(rawValue: name), let threshold = ExactDecimal(text) else {
        throw StoreError.unreadable(path: "crossing", what: "the threshold \(name) \(text)")
      }
      crossings.record(row[2], of: series, at: threshold)
    }
    return crossings
  }

  static func key(_ text: String) throws -> RunKey {
    guard let key = RunKey(hexadecimal: text) else {
      throw StoreError.unreadable(path: "run", what: "the key \(text)")
    }
    return key
  }

  static func configuration(_ text: String) throws -> Experiments.Configuration {
    guard let configuration = ConfigurationText.configuration(text) else {
      throw StoreError.unreadable(path: "run", what: "the configuration \(text)")
    }
    return configuration
  }
}
