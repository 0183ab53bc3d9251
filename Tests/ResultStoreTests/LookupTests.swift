import Experiments
import OrderedCollections
import ResultStore
import Testing

@Suite struct LookupTests {
  let folder: StoreFolder
  let store: ResultStore
  let key: RunKey

  init() throws {
    folder = try StoreFolder()
    store = try folder.openStore()
    try store.register(Sample.sweep())
    key = try #require(store.runs(ofSweep: "sample").first).key
  }

  @Test func `a run is found by the first digits of its key, with all that happened to it`() throws
  {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .addRecords(key, attempt: 1, Sample.records(0...4)),
      .addCheckpoint(key, attempt: 1, step: 4, [4]),
      .endAttempt(
        key, attempt: 1, .failed(reason: "out of memory", exitStatus: 137, logTail: "Killed")),
      .openAttempt(Sample.attempt(key, 2, parent: 1, from: 4)),
    ])
    guard case .found(let run) = try store.run(withPrefix: key.abbreviation.uppercased()) else {
      Issue.record("not found")
      return
    }
    #expect(run.key == key)
    #expect(run.configuration.key == key)
    #expect(
      run.requests == [SweepRequest(sweep: "sample", position: 0, request: Sample.sweep().request)])
    #expect(run.status == .open)
    #expect(run.summary == nil)
    #expect(run.checkpoint == CheckpointPlace(attempt: 1, step: 4))
    #expect(
      run.attempts.map(\.attempt) == [
        Sample.attempt(key, 1), Sample.attempt(key, 2, parent: 1, from: 4),
      ])
    #expect(
      run.attempts.map(\.outcome) == [
        .ended(.failed(reason: "out of memory", exitStatus: 137, logTail: "Killed")), .open,
      ])
    #expect(run.attempts.map(\.recordCount) == [5, 0])
    #expect(run.attempts[0].startedAt == "2023-11-14T22:13:22.000Z")
    #expect(run.attempts[1].endedAt == nil)
  }

  @Test func `digits that several keys begin with are answered with those`() throws {
    let twin = String(key.hexadecimal.prefix(6)) + String(repeating: "0", count: 58)
    try folder.tamper(
      "UPDATE run SET key = '\(twin)' WHERE id = (SELECT max(id) FROM run)")
    let candidates = [twin, key.hexadecimal].sorted().compactMap(RunKey.init(hexadecimal:))
    #expect(try store.run(withPrefix: String(key.hexadecimal.prefix(6))) == .ambiguous(candidates))
    guard case .found = try store.run(withPrefix: String(key.hexadecimal.prefix(8))) else {
      Issue.record("eight digits should tell them apart")
      return
    }
  }

  @Test func `what is no beginning of a key is told apart from a key that is not there`() throws {
    for prefix in ["", "abc", "wxyz", "ab%_", String(repeating: "a", count: 65)] {
      #expect(try store.run(withPrefix: prefix) == .notAPrefix)
    }
    let absent = key.hexadecimal.hasPrefix("0000") ? "1111" : "0000"
    #expect(try store.run(withPrefix: absent) == RunLookup.none)
  }

  @Test func `the curve of a run under way is that of its last attempt with its parents`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .addRecords(key, attempt: 1, Sample.records(0...9)),
      .endAttempt(key, attempt: 1, .lost),
      .openAttempt(Sample.attempt(key, 2, parent: 1, from: 4)),
      .addRecords(key, attempt: 2, Sample.records(4...6)),
    ])
    #expect(try store.curve(of: key) == Sample.records(0...6))
    #expect(try store.curve(of: key, attempt: 1) == Sample.records(0...9))
  }

  @Test func `run times are those of accepted attempts, without what their parents did`() throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1)), .addCheckpoint(key, attempt: 1, step: 30, [3]),
      .endAttempt(key, attempt: 1, .lost),
    ])
    try store.apply([.openAttempt(Sample.attempt(key, 2, parent: 1, from: 30))])
    try store.apply([.accept(key, attempt: 2, Sample.summary(steps: 100))])
    let times = try store.runTimes(of: "noop")
    #expect(times.map(\.steps) == [70])
    #expect(times.map(\.configuration.key) == [key])
    // The clock of the tests moves on by a second from batch to batch.
    let seconds = try #require(times.first).seconds
    #expect(abs(seconds - 1) < 1e-3)
    #expect(try store.runTimes(of: "polynomial-regression").isEmpty)
  }

  @Test func `failures and lost leases are counted apart`() throws {
    let failure = AttemptEnd.failed(reason: "killed", exitStatus: nil, logTail: "")
    try store.apply(
      (1...5).flatMap { number -> [StoreChange] in
        [
          .openAttempt(Sample.attempt(key, number)),
          .endAttempt(key, attempt: number, number < 3 ? failure : number < 5 ? .lost : .withdrawn),
        ]
      })
    let run = try #require(store.restoredRuns(ofSweep: "sample").first)
    #expect(run.failures == 2)
    #expect(run.losses == 2)
    #expect(run.lastAttempt == 5)
  }
}
