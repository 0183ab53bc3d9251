import Experiments
import OrderedCollections
import ResultStore
import Testing

@Suite struct AcceptanceTests {
  let folder: StoreFolder
  let store: ResultStore
  let key: RunKey

  init() throws {
    folder = try StoreFolder()
    store = try folder.openStore()
    try store.register(Sample.sweep())
    key = try #require(store.runs(ofSweep: "sample").first).key
  }

  private func onlyRun() throws -> RestoredRun {
    try #require(store.restoredRuns(ofSweep: "sample").first)
  }

  @Test func `a run that finished has its summary, its curve and no attempt under way`() throws {
    let summary = Sample.summary(steps: 100)
    try store.apply([
      .openAttempt(Sample.attempt(key)), .addRecords(key, attempt: 1, Sample.records([0, 2, 100])),
      .accept(key, attempt: 1, summary),
    ])
    let run = try onlyRun()
    #expect(run.status == .finished)
    #expect(run.summary == summary)
    #expect(run.openAttempts.isEmpty)
    #expect(try store.curve(of: key) == Sample.records([0, 2, 100]))
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(finished: 1, waiting: 3))
  }

  @Test func `runs of one batch keep their own thresholds, workers and endings`() throws {
    try store.register(
      Sample.sweep("other", x: [3, 4], thresholds: Thresholds(loss: [0.1, 0.25], accuracy: [0.9])))
    let keys = try ["sample", "other"].map { try store.runs(ofSweep: $0).map(\.key) }
    // One of each in turn, so that what is bound for one differs from what the one before had.
    var expected: [(key: RunKey, summary: RunSummary, worker: String)] = []
    for place in 0..<4 {
      for (sweep, thresholds) in [
        Sample.thresholds, Thresholds(loss: [0.1, 0.25], accuracy: [0.9]),
      ].enumerated() {
        let stopped: StopReason = place % 2 == 0 ? .stepLimit : .diverged
        expected.append(
          (
            keys[sweep][place],
            Sample.summary(steps: 100 + place, stopped: stopped, thresholds: thresholds),
            "w-\(place % 3)-\(sweep)"
          ))
      }
    }
    var changes: [StoreChange] = []
    for (number, run) in expected.enumerated() {
      var attempt = Sample.attempt(run.key, lease: number + 1)
      attempt.worker = WorkerID(run.worker)
      changes += [.openAttempt(attempt), .accept(run.key, attempt: 1, run.summary)]
    }
    try store.apply(changes)
    for (key, summary, worker) in expected {
      guard case .found(let details) = try store.run(withPrefix: key.hexadecimal) else {
        Issue.record("\(key) is not there")
        continue
      }
      #expect(details.summary == summary)
      #expect(details.attempts.map(\.attempt.worker.rawValue) == [worker])
    }
  }

  @Test func `a batch that is applied twice has one effect`() throws {
    let batch: [StoreChange] = [
      .openAttempt(Sample.attempt(key)), .addRecords(key, attempt: 1, Sample.records(0...5)),
      .endAttempt(key, attempt: 1, .failed(reason: "killed", exitStatus: 9, logTail: "oops")),
      .fail(key, reason: "four failures"),
      .openAttempt(Sample.attempt(key, 2)), .addRecords(key, attempt: 2, Sample.records(0...9)),
      .addCheckpoint(key, attempt: 2, step: 9, [1, 2, 3]),
      .accept(key, attempt: 2, Sample.summary(steps: 100)),
    ]
    try store.apply(batch)
    let once = try store.run(withPrefix: key.hexadecimal)
    try store.apply(batch)
    #expect(try store.run(withPrefix: key.hexadecimal) == once)
    #expect(try store.curve(of: key) == Sample.records(0...9))
    #expect(try onlyRun().status == .finished)
  }

  @Test func `acceptance keeps the chain of parents and cuts them where the child began`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .addRecords(key, attempt: 1, Sample.records(0...50)),
      .addCheckpoint(key, attempt: 1, step: 40, [4]),
      .endAttempt(key, attempt: 1, .lost),
      .openAttempt(Sample.attempt(key, 2)), .addRecords(key, attempt: 2, Sample.records(0...30)),
      .openAttempt(Sample.attempt(key, 3, parent: 1, from: 40)),
      .addRecords(key, attempt: 3, Sample.records(40...100)),
      .accept(key, attempt: 3, Sample.summary(steps: 100)),
    ])
    #expect(try store.curve(of: key) == Sample.records(0...100))
    #expect(try folder.query(Int.self, "SELECT count(*) FROM curve") == [101])
    #expect(try folder.query(Int.self, "SELECT count(*) FROM observable") == [101])
    #expect(try folder.query(Int.self, "SELECT max(step) FROM curve WHERE attempt = 1") == [40])
    #expect(try folder.query(Int.self, "SELECT count(*) FROM accepted_curve") == [101])
    #expect(try folder.query(Int.self, "SELECT number FROM attempt WHERE counts") == [1, 3])
  }

  @Test func `an attempt that has recorded step 0 has the whole curve, whatever it continued`()
    throws
  {
    let other = Sample.records(0...100).map { record in
      var record = record
      record.measurement.testLoss = 7
      return record
    }
    var summary = Sample.summary(steps: 100)
    summary.isRecomputedInFloat64 = true
    let batch: [StoreChange] = [
      .openAttempt(Sample.attempt(key, 1)), .addRecords(key, attempt: 1, Sample.records(0...50)),
      .addCheckpoint(key, attempt: 1, step: 40, [4]), .endAttempt(key, attempt: 1, .lost),
      .openAttempt(Sample.attempt(key, 2, parent: 1, from: 40)),
      .addRecords(key, attempt: 2, other), .addCheckpoint(key, attempt: 2, step: 100, [5]),
      .accept(key, attempt: 2, summary),
    ]
    try store.apply(batch)
    #expect(try store.curve(of: key) == other)
    #expect(try folder.query(Int.self, "SELECT count(*) FROM accepted_curve") == [101])
    #expect(try folder.query(Int.self, "SELECT count(*) FROM curve WHERE attempt = 1") == [0])
    #expect(try folder.query(Int.self, "SELECT number FROM attempt WHERE counts") == [1, 2])
    #expect(try folder.query(Int.self, "SELECT parent FROM attempt WHERE number = 2") == [1])
    #expect(try folder.query(Int.self, "SELECT start_step FROM attempt WHERE number = 2") == [40])
    #expect(try onlyRun().summary == summary)
    #expect(try onlyRun().checkpoint?.attempt == 2)
    try store.apply(batch)
    #expect(try store.curve(of: key) == other)
    let elsewhere = try StoreFolder()
    let taker = try elsewhere.openStore()
    #expect(try taker.merge(store.path).taken == 1)
    #expect(try taker.curve(of: key) == other)
    #expect(
      try elsewhere.query(Int.self, "SELECT recomputed_in_float64 FROM run WHERE steps > 0") == [1])
  }

  @Test func `a result from an attempt whose lease was lost counts`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .endAttempt(key, attempt: 1, .lost),
      .openAttempt(Sample.attempt(key, 2)), .addRecords(key, attempt: 2, Sample.records(0...3)),
      .addRecords(key, attempt: 1, Sample.records(0...9)),
      .accept(key, attempt: 1, Sample.summary(steps: 100)),
      .endAttempt(key, attempt: 2, .withdrawn),
      .endAttempt(key, attempt: 1, .lost),
    ])
    let lookup = try store.run(withPrefix: key.hexadecimal)
    guard case .found(let run) = lookup else {
      Issue.record("\(lookup)")
      return
    }
    #expect(run.attempts.map(\.outcome) == [.accepted, .ended(.withdrawn)])
    #expect(run.attempts.map(\.recordCount) == [10, 0])
  }

  @Test func `records and checkpoints that come after the result are dropped`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .openAttempt(Sample.attempt(key, 2)),
      .addRecords(key, attempt: 1, Sample.records(0...9)),
      .accept(key, attempt: 1, Sample.summary(steps: 100)),
    ])
    try store.apply([
      .addRecords(key, attempt: 2, Sample.records(0...3)),
      .addRecords(key, attempt: 1, Sample.records(200...201)),
      .addCheckpoint(key, attempt: 2, step: 3, [3]),
    ])
    #expect(try folder.query(Int.self, "SELECT count(*) FROM curve") == [10])
    #expect(try store.checkpoint(of: key) == nil)
  }

  @Test func `a shorter result does not replace a longer one`() throws {
    let long = Sample.summary(steps: 100)
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .openAttempt(Sample.attempt(key, 2)),
      .addRecords(key, attempt: 1, Sample.records(0...9)),
      .addRecords(key, attempt: 2, Sample.records(0...3)),
      .accept(key, attempt: 1, long),
      .accept(key, attempt: 2, Sample.summary(steps: 50)),
    ])
    #expect(try onlyRun().summary == long)
    #expect(try store.curve(of: key) == Sample.records(0...9))
    #expect(try folder.query(Int.self, "SELECT count(*) FROM curve") == [10])
    #expect(try onlyRun().openAttempts.isEmpty)
  }

  @Test func `the same result from a second attempt changes nothing`() throws {
    let summary = Sample.summary(steps: 100)
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .openAttempt(Sample.attempt(key, 2)),
      .addRecords(key, attempt: 1, Sample.records(0...9)),
      .addRecords(key, attempt: 2, Sample.records(0...3)),
      .accept(key, attempt: 1, summary), .accept(key, attempt: 2, summary),
    ])
    #expect(try folder.query(Int.self, "SELECT accepted_attempt FROM run WHERE steps > 0") == [1])
    #expect(try store.curve(of: key) == Sample.records(0...9))
  }

  @Test func `a failed run that gets a result after all is finished`() throws {
    try store.apply([.openAttempt(Sample.attempt(key)), .fail(key, reason: "hopeless")])
    #expect(try onlyRun().status == .failed(reason: "hopeless"))
    try store.apply([.accept(key, attempt: 1, Sample.summary(steps: 100))])
    #expect(try onlyRun().status == .finished)
    try store.apply([.fail(key, reason: "late")])
    #expect(try onlyRun().status == .finished)
    #expect(try folder.query(String.self, "SELECT status FROM run WHERE steps > 0") == ["finished"])
  }

  @Test func `a failed run can be opened again by hand`() throws {
    try store.apply([.openAttempt(Sample.attempt(key)), .fail(key, reason: "hopeless")])
    #expect(try store.openRuns(ofSweep: "sample").count == 3)
    #expect(try store.reopen([key]) == 1)
    #expect(try store.reopen([key]) == 0)
    #expect(try store.openRuns(ofSweep: "sample").count == 4)
  }

  @Test(arguments: [false, true])
  func `what failed before a run was opened again counts no longer`(isByCoordinator: Bool) throws {
    let failed = AttemptEnd.failed(reason: "r", exitStatus: 1, logTail: "")
    try store.apply([
      .openAttempt(Sample.attempt(key)), .endAttempt(key, attempt: 1, failed),
      .openAttempt(Sample.attempt(key, 2)), .endAttempt(key, attempt: 2, failed),
      .fail(key, reason: "hopeless"),
    ])
    if isByCoordinator {
      try store.apply([.reopen(key)])
    } else {
      try store.reopen([key])
    }
    try store.apply([
      .openAttempt(Sample.attempt(key, 3)), .endAttempt(key, attempt: 3, failed),
    ])
    let restored = try store.restoredRuns(ofSweep: "sample").first { $0.key == key }
    #expect(restored?.retriedAfter == 2)
    #expect(restored?.failures == 1)
  }

  @Test func `a later checkpoint replaces an earlier one, and the other way round nothing happens`()
    throws
  {
    try store.apply([
      .openAttempt(Sample.attempt(key)), .addCheckpoint(key, attempt: 1, step: 20, [2]),
      .addCheckpoint(key, attempt: 1, step: 10, [1]),
    ])
    #expect(try store.checkpoint(of: key)?.place == CheckpointPlace(attempt: 1, step: 20))
    #expect(try store.checkpoint(of: key)?.bytes == [2])
    #expect(try onlyRun().checkpoint == CheckpointPlace(attempt: 1, step: 20))
  }

  @Test func `the checkpoint of another attempt goes with its curve`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .openAttempt(Sample.attempt(key, 2)),
      .addCheckpoint(key, attempt: 2, step: 20, [2]),
      .accept(key, attempt: 1, Sample.summary(steps: 100)),
    ])
    #expect(try store.checkpoint(of: key) == nil)
  }

  @Test func `a diverged run leaves nothing to continue from`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key)), .addCheckpoint(key, attempt: 1, step: 20, [2]),
      .accept(key, attempt: 1, Sample.summary(steps: 30, stopped: .diverged)),
    ])
    #expect(try store.checkpoint(of: key) == nil)
    #expect(try onlyRun().status == .finished)
  }

  @Test func `values that are not finite are stored as nothing`() throws {
    var record = RunRecord(step: 0, measurement: Measurement(trainLoss: .infinity, testLoss: .nan))
    record.observables = ["norm": .infinity, "margin": nil]
    try store.apply([
      .openAttempt(Sample.attempt(key)), .addRecords(key, attempt: 1, [record]),
    ])
    let stored = try #require(store.curve(of: key).first)
    #expect(stored.measurement == Measurement())
    #expect(stored.observables == ["norm": Double?.none, "margin": Double?.none])
  }

  @Test func `what was never opened is refused by name, and the whole batch with it`() throws {
    #expect(throws: StoreError.unknownAttempt(key, attempt: 7)) {
      try store.apply([
        .openAttempt(Sample.attempt(key)), .addRecords(key, attempt: 7, Sample.records([0])),
      ])
    }
    #expect(try onlyRun().openAttempts.isEmpty)
    #expect(throws: StoreError.unknownAttempt(key, attempt: 2)) {
      try store.apply([
        .openAttempt(Sample.attempt(key)),
        .openAttempt(Sample.attempt(key, 3, parent: 2, from: 5)),
      ])
    }
    #expect(try onlyRun().openAttempts.isEmpty)
    let stranger = try #require(RunKey(hexadecimal: String(repeating: "0", count: 64)))
    #expect(throws: StoreError.unknownAttempt(stranger, attempt: nil)) {
      try store.apply([.fail(stranger, reason: "?")])
    }
  }
}
