import Experiments
import OrderedCollections
import ResultStore
import Testing

/// What a coordinator is told of a sweep's runs when it starts, and what a plan is.
@Suite struct RestoringTests {
  let folder: StoreFolder
  let store: ResultStore

  init() throws {
    folder = try StoreFolder()
    store = try folder.openStore()
  }

  private func known(at positions: [Int]? = nil) throws -> [KnownRun] {
    var runs: [KnownRun] = []
    try store.restore(sweep: "sample", at: positions) { runs.append($0) }
    return runs
  }

  private func finish(_ key: RunKey, lease: Int) throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, lease: lease)),
      .accept(key, attempt: 1, Sample.summary(steps: 100)),
    ])
  }

  @Test func `details are told of runs under way, given up or wanted further alone`() throws {
    try store.register(Sample.sweep(x: [1, 2, 3]))
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[1], lease: 1)
    try store.apply([
      .openAttempt(Sample.attempt(keys[2], lease: 2)),
      .openAttempt(Sample.attempt(keys[3], lease: 3)), .fail(keys[3], reason: "broken"),
      .cancelRuns([keys[4]]),
    ])
    let runs = try known()
    #expect(runs.map(\.key) == keys)
    #expect(runs.map(\.position) == Array(0..<6))
    #expect(runs.map(\.isCancelled) == [false, false, false, false, true, false])
    let told = try store.restoredRuns(ofSweep: "sample")
    #expect(
      runs.map(\.standing) == [
        .untouched, .answered, .told(told[2]), .told(told[3]), .untouched, .untouched,
      ])
    #expect(try known(at: [3, 1]).map(\.position) == [1, 3])
    try store.register(Sample.sweep(x: [1, 2, 3], maxSteps: 200))
    #expect(try known()[1].standing == .told(try store.restoredRuns(ofSweep: "sample")[1]))
  }

  @Test func `an answered run with an attempt under way is told in full`() throws {
    try store.register(Sample.sweep())
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try finish(key, lease: 1)
    try store.apply([
      .openAttempt(Sample.attempt(key, 2, parent: 1, from: 50, lease: 2))
    ])
    guard case .told(let run) = try #require(known().first).standing else {
      Issue.record("the attempt under way is not told")
      return
    }
    #expect(run.attempts.count == 2)
    #expect(run.acceptedAttempt == 1)
  }

  @Test func `the open places of a sweep are known when it is stored just as it is`() throws {
    let sweep = Sample.sweep(x: [1, 2, 3])
    #expect(try store.openPositions(of: sweep)?.open == nil)
    try store.register(sweep)
    try finish(store.runs(ofSweep: "sample")[4].key, lease: 1)
    #expect(try store.openPositions(of: sweep)?.open == [0, 1, 2, 3, 5])
    #expect(try store.openPositions(of: Sample.sweep(x: [1, 2]))?.open == nil)
    #expect(try store.openPositions(of: sweep, inputs: ["data": "ab"])?.open == nil)
    // A longer sweep wants the finished run further: it stays answered here.
    var longer = sweep
    longer.name = "longer"
    longer.request.maxSteps = 200
    try store.register(longer)
    #expect(try store.openPositions(of: sweep)?.open == [0, 1, 2, 3, 5])
    #expect(try store.openPositions(of: longer)?.open == Array(0..<6))
  }

  @Test func `what was cancelled by its key is not among the open places of a sweep`()
    throws
  {
    let sweep = Sample.sweep(x: [1, 2, 3])
    try store.register(sweep)
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[4], lease: 1)
    try store.apply([.cancelRuns([keys[1], keys[4]]), .cancelSweep("sample")])
    let known = try #require(try store.openPositions(of: sweep))
    #expect(known.open == [0, 2, 3, 5])
    #expect(known.cancelled == 1)
    #expect(try store.cancelledKeys(ofSweep: "sample") == [keys[1], keys[4]])
    try store.apply([.reviveRuns([keys[1]])])
    #expect(try store.openPositions(of: sweep)?.open == [0, 1, 2, 3, 5])
    try store.apply([
      .openAttempt(Sample.attempt(keys[5], lease: 2)), .fail(keys[5], reason: "r"),
    ])
    let later = try #require(try store.openPositions(of: sweep))
    #expect(later.open == [0, 1, 2, 3])
    #expect(later.failed == 1)
    let ended = try store.ended(among: keys, for: sweep.request)
    #expect(ended.finished == [keys[4]])
    #expect(ended.failed == [keys[5]])
  }

  @Test
  func `results may still come of runs with attempts that neither failed nor came before a result`()
    throws
  {
    try store.register(Sample.sweep(x: [1, 2, 3]))
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[4], lease: 1)
    try store.apply([
      .openAttempt(Sample.attempt(keys[1], lease: 2)),
      .openAttempt(Sample.attempt(keys[2], lease: 3)),
      .endAttempt(keys[2], attempt: 1, .withdrawn),
      .openAttempt(Sample.attempt(keys[5], lease: 4)), .fail(keys[5], reason: "r"),
      .cancelSweep("sample"),
    ])
    // It is of no sweep any more.
    try store.register(Sample.sweep(x: [1]))
    #expect(Set(try store.runsWithPendingResults()) == [keys[1], keys[2], keys[5]])
    let restored = try store.restoredRuns([keys[5], keys[1]])
    #expect(restored.map(\.key) == [keys[5], keys[1]])
    #expect(restored.map(\.status) == [.failed(reason: "r"), .open])
    #expect(restored.map(\.openAttempts.count) == [1, 1])
  }

  @Test func `sweeps are numbered in the order of their first registration`() throws {
    var other = Sample.sweep()
    other.name = "other"
    try store.register(Sample.sweep())
    try store.register(other)
    try store.register(Sample.sweep(x: [1, 2, 3, 4, 5]))
    let numbers = try store.sweeps().map { ($0.sweep.name, $0.number) }
    #expect(numbers.map(\.0) == ["sample", "other"])
    #expect(numbers[0].1 < numbers[1].1)
  }

  @Test
  func `a cancelled run with too short a result is cancelled, and nobody else has to go on for it`()
    throws
  {
    func submit(_ sweep: Sweep) throws { try store.register(sweep, submittedFiles: [:]) }
    try submit(Sample.sweep())
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    for (place, key) in keys.enumerated() { try finish(key, lease: place + 1) }
    var longer = Sample.sweep(maxSteps: 200)
    longer.name = "longer"
    try submit(longer)
    try store.apply([.cancelRuns([keys[0]])])
    #expect(try store.counts(ofSweep: "longer") == SweepCounts(waiting: 3, cancelled: 1))
    #expect(
      try store.unfinishedSubmissions(failedToo: true).map(\.sweep.name) == ["longer"])
    try store.apply([.cancelRuns(keys)])
    #expect(try store.counts(ofSweep: "longer") == SweepCounts(cancelled: 4))
    #expect(try store.unfinishedSubmissions(failedToo: true).isEmpty)
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(finished: 4))
  }

  @Test func `what a registration changes is known to the next batch`() throws {
    try store.register(Sample.sweep())
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[0], lease: 1)
    try store.apply([.openAttempt(Sample.attempt(keys[1], lease: 2))])
    try store.register(Sample.sweep(maxSteps: 200))
    try store.apply([.accept(keys[1], attempt: 1, Sample.summary(steps: 100))])
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(waiting: 4))
  }

  @Test func `what a batch learned that was undone is forgotten`() throws {
    try store.register(Sample.sweep())
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    let unknown = try #require(RunKey(hexadecimal: String(repeating: "0", count: 64)))
    #expect(throws: StoreError.self) {
      try store.apply([
        .openAttempt(Sample.attempt(keys[0], lease: 1)), .fail(unknown, reason: "unknown"),
      ])
    }
    #expect(throws: StoreError.unknownAttempt(keys[0], attempt: 1)) {
      try store.apply([.accept(keys[0], attempt: 1, Sample.summary(steps: 100))])
    }
  }
}
