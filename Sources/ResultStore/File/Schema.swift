import GRDB

/// The tables of a store.
///
/// Migrations are appended, never edited; docs/store.md explains the tables to users.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("createRunsSweepsAndCurves") { database in
      try database.execute(sql: runTables)
      try database.execute(sql: attemptTables)
      try database.execute(sql: sweepTables)
      try database.execute(sql: views)
    }
    migrator.registerMigration("addSubmissionsAndCancellations") { database in
      try database.execute(sql: commandColumns)
    }
    migrator.registerMigration("addSupersededAttempts") { database in
      try database.execute(sql: supersededColumn)
    }
    migrator.registerMigration("writeOutLists", migrate: writeOutLists)
    migrator.registerMigration("addRecomputedRuns") { database in
      try database.execute(sql: recomputedColumn)
    }
    migrator.registerMigration("addRunsCancelledWithTheirSweep") { database in
      try database.execute(sql: cancelledWithSweepColumn)
    }
    migrator.registerMigration("addCommandsBeforeSubmissions") { database in
      try database.execute(sql: namedColumns)
    }
    migrator.registerMigration("addRetriedRuns") { database in
      try database.execute(sql: retriedColumn)
    }
    migrator.registerMigration("addSubmittedParts") { database in
      try database.execute(sql: partsColumn)
    }
    return migrator
  }

  private static let runTables = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE CHECK (length(key) = 64 AND key NOT GLOB '*[^0-9a-f]*'),
      experiment TEXT NOT NULL CHECK (experiment <> ''),
      version INTEGER NOT NULL CHECK (version >= 0),
      configuration TEXT NOT NULL CHECK (json_valid(configuration)),
      status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'finished', 'failed')),
      failure TEXT,
      accepted_attempt INTEGER,
      steps INTEGER CHECK (steps >= 0),
      stopped TEXT CHECK (stopped IN ('criterion', 'converged', 'step_limit', 'diverged')),
      converged_at INTEGER CHECK (converged_at >= 0),
      initial_train_loss REAL, initial_test_loss REAL,
      initial_train_accuracy REAL, initial_test_accuracy REAL,
      final_train_loss REAL, final_test_loss REAL,
      final_train_accuracy REAL, final_test_accuracy REAL,
      CHECK ((steps IS NULL) = (stopped IS NULL)),
      CHECK ((steps IS NULL) = (accepted_attempt IS NULL)),
      CHECK (status <> 'finished' OR steps IS NOT NULL),
      CHECK ((status = 'failed') = (failure IS NOT NULL)),
      FOREIGN KEY (id, accepted_attempt) REFERENCES attempt (run, number)
    ) STRICT;

    CREATE TABLE crossing (
      run INTEGER NOT NULL REFERENCES run (id),
      series TEXT NOT NULL
        CHECK (series IN ('train_loss', 'test_loss', 'train_accuracy', 'test_accuracy')),
      threshold TEXT NOT NULL,
      step INTEGER CHECK (step >= 0),
      PRIMARY KEY (run, series, threshold)
    ) STRICT, WITHOUT ROWID;
    """

  private static let attemptTables = """
    CREATE TABLE attempt (
      run INTEGER NOT NULL REFERENCES run (id),
      number INTEGER NOT NULL CHECK (number >= 1),
      parent INTEGER CHECK (parent < number),
      start_step INTEGER NOT NULL CHECK (start_step >= 0),
      lease INTEGER NOT NULL UNIQUE,
      worker TEXT NOT NULL,
      host TEXT NOT NULL,
      trainer TEXT NOT NULL,
      blas_kernels TEXT NOT NULL,
      started_at TEXT NOT NULL,
      ended_at TEXT,
      outcome TEXT CHECK (outcome IN ('accepted', 'failed', 'lost', 'withdrawn')),
      counts INTEGER NOT NULL DEFAULT 0 CHECK (counts IN (0, 1)),
      reason TEXT,
      exit_status INTEGER,
      log_tail TEXT,
      PRIMARY KEY (run, number),
      CHECK ((ended_at IS NULL) = (outcome IS NULL)),
      CHECK (parent IS NOT NULL OR start_step = 0),
      CHECK (outcome <> 'failed' OR reason IS NOT NULL),
      FOREIGN KEY (run, parent) REFERENCES attempt (run, number)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX attempt_open ON attempt (run) WHERE outcome IS NULL;

    CREATE TABLE curve (
      run INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      step INTEGER NOT NULL CHECK (step >= 0),
      train_loss REAL,
      test_loss REAL,
      train_accuracy REAL,
      test_accuracy REAL,
      PRIMARY KEY (run, attempt, step),
      FOREIGN KEY (run, attempt) REFERENCES attempt (run, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE quantity (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE CHECK (name <> '')
    ) STRICT;

    CREATE TABLE observable (
      run INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      step INTEGER NOT NULL CHECK (step >= 0),
      quantity INTEGER NOT NULL REFERENCES quantity (id),
      value REAL,
      PRIMARY KEY (run, attempt, step, quantity),
      FOREIGN KEY (run, attempt) REFERENCES attempt (run, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE checkpoint (
      run INTEGER PRIMARY KEY REFERENCES run (id),
      attempt INTEGER NOT NULL,
      step INTEGER NOT NULL CHECK (step >= 0),
      bytes BLOB NOT NULL,
      FOREIGN KEY (run, attempt) REFERENCES attempt (run, number)
    ) STRICT;
    """

  private static let sweepTables = """
    CREATE TABLE sweep (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE CHECK (name <> ''),
      experiment TEXT NOT NULL CHECK (experiment <> ''),
      definition TEXT NOT NULL CHECK (json_valid(definition)),
      request TEXT NOT NULL CHECK (json_valid(request)),
      registered_at TEXT NOT NULL
    ) STRICT;

    CREATE TABLE sweep_run (
      sweep INTEGER NOT NULL REFERENCES sweep (id),
      position INTEGER NOT NULL CHECK (position >= 0),
      run INTEGER NOT NULL REFERENCES run (id),
      PRIMARY KEY (sweep, position)
    ) STRICT, WITHOUT ROWID;

    CREATE INDEX sweep_run_by_run ON sweep_run (run);
    """

  /// What `groksweep submit` and `cancel` leave behind.
  private static let commandColumns = """
    ALTER TABLE sweep ADD COLUMN cancelled_at TEXT;
    ALTER TABLE sweep ADD COLUMN submitted_files TEXT
      CHECK (submitted_files IS NULL OR json_valid(submitted_files));
    ALTER TABLE sweep_run ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0
      CHECK (cancelled IN (0, 1));
    """

  /// Attempts whose run has got a result by another one since: their records are gone or settled.
  private static let supersededColumn = """
    ALTER TABLE attempt ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0
      CHECK (superseded IN (0, 1));
    UPDATE attempt SET superseded = 1
      WHERE (SELECT number <> accepted_attempt AND (number < accepted_attempt OR ended_at IS NOT NULL)
        FROM run WHERE run.id = attempt.run);
    """

  /// Runs that were computed again in float64 because they had ended near a threshold.
  private static let recomputedColumn = """
    ALTER TABLE run ADD COLUMN recomputed_in_float64 INTEGER NOT NULL DEFAULT 0
      CHECK (recomputed_in_float64 = 0 OR recomputed_in_float64 = 1);
    """

  /// Runs that are cancelled because their sweep was: who submits them with it again means them, too.
  private static let cancelledWithSweepColumn = """
    ALTER TABLE sweep_run ADD COLUMN cancelled_with_sweep INTEGER NOT NULL DEFAULT 0
      CHECK (cancelled_with_sweep = 0 OR cancelled_with_sweep = 1);
    """

  /// How a command named a sweep last, and whether it has been submitted since: then the same command means what was submitted.
  private static let namedColumns = """
    ALTER TABLE sweep ADD COLUMN named_definition TEXT
      CHECK (named_definition IS NULL OR json_valid(named_definition));
    ALTER TABLE sweep ADD COLUMN submitted_since INTEGER NOT NULL DEFAULT 0
      CHECK (submitted_since = 0 OR submitted_since = 1);
    """

  /// The last attempt when a run that was given up was opened again: what failed until then counts no longer.
  private static let retriedColumn = """
    ALTER TABLE run ADD COLUMN retried_after INTEGER NOT NULL DEFAULT 0 CHECK (retried_after >= 0);
    """

  /// The parts of a sweep that were submitted, where the whole was not.
  private static let partsColumn = """
    ALTER TABLE sweep ADD COLUMN submitted_parts TEXT
      CHECK (submitted_parts IS NULL OR json_valid(submitted_parts));
    """

  /// Writes out checks of the form `column IN (list)`: SQLite makes a temporary tree of more than two values whenever
  /// such a statement begins, which took more time than to store the row.
  ///
  /// By the procedure that SQLite's documentation of ALTER TABLE gives for changes that leave the rows alone.
  private static func writeOutLists(_ database: Database) throws {
    let version = try Int.fetchOne(database, sql: "PRAGMA schema_version") ?? 0
    try database.execute(sql: "PRAGMA writable_schema = ON")
    for (table, column, values) in lists {
      let list = values.map { "'\($0)'" }.joined(separator: ", ")
      let terms = values.map { "\(column) = '\($0)'" }.joined(separator: " OR ")
      try database.execute(
        sql: """
          UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?
          """, arguments: ["CHECK (\(column) IN (\(list)))", "CHECK (\(terms))", table])
    }
    try database.execute(
      sql: "PRAGMA schema_version = \(version + 1); PRAGMA writable_schema = RESET")
  }

  private static let lists = [
    ("run", "status", ["open", "finished", "failed"]),
    ("run", "stopped", ["criterion", "converged", "step_limit", "diverged"]),
    ("crossing", "series", ["train_loss", "test_loss", "train_accuracy", "test_accuracy"]),
    ("attempt", "outcome", ["accepted", "failed", "lost", "withdrawn"]),
  ]

  private static let views = """
    CREATE VIEW result AS
      SELECT sweep.name AS sweep, sweep_run.position, run.*
      FROM sweep
      JOIN sweep_run ON sweep_run.sweep = sweep.id
      JOIN run ON run.id = sweep_run.run;

    CREATE VIEW parameter AS
      SELECT run.id AS run, json_each.key AS name, json_each.value AS value
      FROM run, json_each(run.configuration, '$.parameters');

    CREATE VIEW accepted_curve AS
      SELECT curve.run, curve.step, curve.train_loss, curve.test_loss,
        curve.train_accuracy, curve.test_accuracy
      FROM attempt
      JOIN curve ON curve.run = attempt.run AND curve.attempt = attempt.number
      WHERE attempt.counts;
    """
}
