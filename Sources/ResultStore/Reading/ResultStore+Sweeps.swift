public import Experiments
import Foundation
import GRDB
public import OrderedCollections

extension ResultStore {
  /// Every registered sweep, in the order of their first registration.
  public func sweeps() throws(StoreError) -> [StoredSweep] {
    try read { database in
      try Row.fetchAll(database, sql: "SELECT \(Self.sweepColumns) FROM sweep ORDER BY id")
        .map(storedSweep)
    }
  }

  /// The sweep of a name, or nil when none was registered.
  public func sweep(named name: String) throws(StoreError) -> StoredSweep? {
    try read { database in
      try Row.fetchOne(
        database, sql: "SELECT \(Self.sweepColumns) FROM sweep WHERE name = ?",
        arguments: [name]
      ).map(storedSweep)
    }
  }

  /// The sweeps that were submitted to a running coordinator and are neither cancelled nor done.
  ///
  /// - Parameter failedToo: whether runs that were given up count as not done.
  /// - Returns: in the order of their registration.
  /// - Throws: `StoreError` if the store cannot be read.
  public func unfinishedSubmissions(failedToo: Bool) throws(StoreError) -> [StoredSweep] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT \(Self.sweepColumns) FROM sweep
          WHERE submitted_files IS NOT NULL AND cancelled_at IS NULL
          ORDER BY id
          """
      ).map(storedSweep).filter { stored in
        try Grid(sweep: stored.sweep.name, in: database)?
          .isUnfinished(failedToo: failedToo, in: database) ?? false
      }
    }
  }

  /// What has been submitted under a sweep's name since a command named the sweep just as it is, and is not done.
  ///
  /// Who types that command again, or has it typed by a service manager, has not changed his mind about what came later. Once
  /// it is done the command means its own sweep again.
  ///
  /// - Parameters:
  ///   - sweep: what the command names.
  ///   - inputs: the SHA-256 of every input file, by the name of its parameter.
  ///   - failedToo: whether runs that were given up count as not done.
  /// - Returns: the stored sweep; nil when the command is another one, or nothing is left of what has been submitted since.
  /// - Throws: `StoreError` if the store cannot be read.
  public func submission(
    since sweep: Sweep, inputs: OrderedDictionary<String, String> = [:], failedToo: Bool = false
  ) throws(StoreError) -> StoredSweep? {
    try read { database in
      let row = try Row.fetchOne(
        database,
        sql: """
          SELECT \(Self.sweepColumns), named_definition FROM sweep
          WHERE name = ? AND submitted_since AND submitted_parts IS NULL
            AND named_definition IS NOT NULL
          """, arguments: [sweep.name])
      guard let row, let named = SweepDocument(text: row[6]) else { return nil }
      // The experiment may have another version by now; the command is the same.
      let stored = try storedSweep(row)
      guard named == SweepDocument(sweep, version: named.version, inputs: inputs),
        stored.sweep != sweep || stored.inputs != inputs,
        let grid = try Grid(sweep: sweep.name, in: database),
        try grid.isUnfinished(failedToo: failedToo, in: database)
      else { return nil }
      return stored
    }
  }

  private static let sweepColumns =
    "definition, registered_at, cancelled_at, submitted_files, submitted_parts, id"

  private func storedSweep(_ row: Row) throws -> StoredSweep {
    let text: String = row[0]
    do {
      let document = try StoredJSON.value(SweepDocument.self, of: text)
      let (files, parts): (String?, String?) = (row[3], row[4])
      var stored = StoredSweep(
        sweep: document.sweep, inputs: document.inputDigests, registeredAt: row[1],
        cancelledAt: row[2],
        submittedFiles: try files.map {
          OrderedDictionary(
            uniqueKeysWithValues: try StoredJSON.value([String: String].self, of: $0)
              .sorted { $0.key < $1.key })
        })
      stored.number = row[5]
      if let parts {
        stored.submittedParts = try StoredJSON.value([SweepDocument].self, of: parts).map(\.sweep)
      }
      return stored
    } catch {
      throw StoreError.unreadable(path: path, what: "the definition of a sweep (\(error))")
    }
  }

  /// The runs of a sweep in the order of its grid, with their results.
  ///
  /// - Parameter name: a registered sweep; of any other there are none.
  /// - Returns: one value a grid point; grid points may share a run.
  /// - Throws: `StoreError` if the store cannot be read.
  public func runs(ofSweep name: String) throws(StoreError) -> [StoredRun] {
    var runs: [StoredRun] = []
    try read { database in
      guard let grid = try Grid(sweep: name, in: database) else { return }
      try grid.forEachRun(in: database) { run, _ in runs.append(run) }
    }
    return runs
  }

  /// How far a sweep's runs are; all zero for a sweep that was never registered.
  public func counts(ofSweep name: String) throws(StoreError) -> SweepCounts {
    try read { database in
      try Grid(sweep: name, in: database)?.counts(in: database) ?? SweepCounts()
    }
  }

  /// The grid points of a sweep that a command which names it would compute, if the sweep is stored just as it is.
  ///
  /// - Parameters:
  ///   - sweep: the sweep, checked.
  ///   - inputs: the SHA-256 of every input file, by the name of its parameter.
  /// - Returns: positions in ascending order, and how many others were cancelled by their keys, or given up, which stay so; nil when the store has another sweep of that name, or none.
  /// - Throws: `StoreError` if the store cannot be read.
  public func openPositions(
    of sweep: Sweep, inputs: OrderedDictionary<String, String> = [:]
  ) throws(StoreError) -> (open: [Int], cancelled: Int, failed: Int)? {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else { return nil }
    let document = SweepDocument(sweep, version: experiment.version, inputs: inputs)
    return try read { database in
      let text = try String.fetchOne(
        database, sql: "SELECT definition FROM sweep WHERE name = ?", arguments: [sweep.name])
      guard let text, SweepDocument(text: text) == document,
        let grid = try Grid(sweep: sweep.name, in: database)
      else { return nil }
      return try grid.openPositions(in: database)
    }
  }

  /// The runs of a sweep that were cancelled by their keys, and have stayed so since.
  ///
  /// - Parameter name: a registered sweep; of any other there are none.
  /// - Returns: their keys.
  /// - Throws: `StoreError` if the store cannot be read.
  public func cancelledKeys(ofSweep name: String) throws(StoreError) -> Set<RunKey> {
    try read { database in
      let keys = try String.fetchAll(
        database,
        sql: """
          SELECT run.key FROM sweep_run
          JOIN run ON run.id = sweep_run.run JOIN sweep ON sweep.id = sweep_run.sweep
          WHERE sweep.name = ? AND \(Grid.isCancelledByKey)
          """, arguments: [name])
      return Set(keys.compactMap { RunKey(hexadecimal: $0) })
    }
  }

  /// The runs of a grid that have ended, before anything is registered.
  ///
  /// - Parameters:
  ///   - keys: the keys of a grid.
  ///   - request: what is asked of each.
  /// - Returns: the keys whose results answer the request, and of the others those that were given up.
  /// - Throws: `StoreError` if the store cannot be read.
  public func ended(
    among keys: [RunKey], for request: Request
  ) throws(StoreError) -> (finished: Set<RunKey>, failed: Set<RunKey>) {
    try read { database in
      let find = try database.cachedStatement(
        sql: """
          SELECT id, status = 'failed' FROM run
          WHERE key = ? AND (steps IS NOT NULL OR status = 'failed')
          """)
      var (finished, failed): (Set<RunKey>, Set<RunKey>) = ([], [])
      for key in keys {
        guard let row = try Row.fetchOne(find, arguments: [key.hexadecimal]) else { continue }
        if let summary = try RunRows.summary(of: row[0], in: database),
          request.isCovered(by: summary)
        {
          finished.insert(key)
        } else if row[1] {
          failed.insert(key)
        }
      }
      return (finished, failed)
    }
  }
}
