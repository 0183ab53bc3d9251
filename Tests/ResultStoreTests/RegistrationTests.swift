import Experiments
import OrderedCollections
import ResultStore
import Testing

@Suite struct RegistrationTests {
  let folder: StoreFolder
  let store: ResultStore

  init() throws {
    folder = try StoreFolder()
    store = try folder.openStore()
  }

  /// Finishes a run in one attempt.
  private func finish(_ key: RunKey, _ summary: RunSummary, lease: Int = 1) throws {
    try store.apply([
      .openAttempt(Sample.attempt(key, lease: lease)),
      .addRecords(key, attempt: 1, Sample.records([0, summary.steps])),
      .addCheckpoint(key, attempt: 1, step: summary.steps, [9]),
      .accept(key, attempt: 1, summary),
    ])
  }

  @Test func `a sweep comes back as it was registered`() throws {
    let sweep = Sample.sweep(x: [0.5, "2", 1e-9])
    var numbers = sweep
    numbers.axes["x"] = [0.5, 2, 1e-9]
    try store.register(numbers, inputs: ["data": "ab"])
    let stored = try #require(try store.sweep(named: "sample"))
    #expect(stored.sweep == numbers)
    #expect(stored.inputs == ["data": "ab"])
    #expect(try store.sweeps() == [stored])
    #expect(try store.sweep(named: "other") == nil)
  }

  @Test func `the runs of a sweep come in the order of its grid`() throws {
    let sweep = Sample.sweep(x: [3, 1, 2], seeds: [1, 0])
    try store.register(sweep)
    let runs = try store.runs(ofSweep: "sample")
    #expect(runs.map(\.position) == Array(0..<6))
    for run in runs {
      let configuration = try sweep.configuration(at: run.position)
      #expect(run.configuration == configuration)
      #expect(run.key == run.configuration.key)
      #expect(run.status == .open)
    }
  }

  @Test func `registering a sweep again changes nothing`() throws {
    try store.register(Sample.sweep())
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try finish(key, Sample.summary(steps: 100))
    let before = try store.restoredRuns(ofSweep: "sample")
    try store.register(Sample.sweep())
    #expect(try store.restoredRuns(ofSweep: "sample") == before)
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run") == [4])
  }

  @Test func `the same command means what has been submitted since, and another one does not`()
    throws
  {
    let (named, grown) = (Sample.sweep(seeds: [0, 1]), Sample.sweep(seeds: [0, 1, 2]))
    try store.register(named, isNamed: true)
    #expect(try store.submission(since: named) == nil)
    try store.register(grown, submittedFiles: ["data": "/a"])
    #expect(try store.submission(since: named)?.sweep == grown)
    #expect(try store.submission(since: named)?.submittedFiles == ["data": "/a"])
    #expect(try store.submission(since: named, inputs: ["data": "ab"]) == nil)
    #expect(try store.submission(since: Sample.sweep(seeds: [0])) == nil)
    // A restart that goes on with it is no other command.
    try store.register(grown, revives: false)
    #expect(try store.submission(since: named)?.sweep == grown)
    var urgent = grown
    urgent.priority = 5
    try store.register(urgent, submittedFiles: [:])
    #expect(try store.submission(since: named)?.sweep.priority == 5)
    // Nor is a part of it, or the whole, another sweep.
    for sweep in [Sample.sweep(seeds: [1]), urgent] {
      try store.register(sweep, isNamed: true)
      #expect(try store.submission(since: named)?.sweep == urgent)
      #expect(try store.submission(since: sweep) == nil)
    }
    let other = Sample.sweep(seeds: [7])
    try store.register(other, isNamed: true)
    #expect(try store.submission(since: named) == nil)
    #expect(try store.submission(since: other) == nil)
  }

  @Test func `a submission that is done leaves the command its own sweep`() throws {
    let (named, other) = (Sample.sweep(x: [1], seeds: [0]), Sample.sweep(x: [2], seeds: [0]))
    try store.register(named, isNamed: true)
    try store.register(other, submittedFiles: [:])
    #expect(try store.submission(since: named)?.sweep == other)
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try finish(key, Sample.summary(steps: other.request.maxSteps))
    #expect(try store.submission(since: named) == nil)
    #expect(try store.submission(since: named, failedToo: true) == nil)
  }

  @Test func `a part of a cancelled sweep is taken up again, and the others with the whole`() throws
  {
    let whole = Sample.sweep(x: [1, 2, 3])
    try store.register(whole)
    func cancelled() throws -> [Int] {
      try store.restoredRuns(ofSweep: "sample").filter(\.isCancelled).map(\.run.position)
    }
    try store.apply([.cancelRuns([try store.runs(ofSweep: "sample")[2].key])])
    try store.apply([.cancelSweep("sample")])
    let part = Sample.sweep(x: [3, 1], seeds: [1])
    #expect(try store.register(part, revives: false) == .narrowed(positions: [5, 1]))
    #expect(try store.sweep(named: "sample")?.cancelledAt != nil)
    #expect(try store.register(part) == .revivedInPart(positions: [5, 1]))
    #expect(try store.sweep(named: "sample")?.cancelledAt == nil)
    #expect(try cancelled() == [0, 2, 3, 4])
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(waiting: 2, cancelled: 4))
    #expect(
      try store.register(Sample.sweep(x: [1], seeds: [0, 1])) == .narrowed(positions: [0, 1]))
    #expect(try cancelled() == [2, 3, 4])
    // What was cancelled by itself stays so.
    #expect(try store.register(whole) == .unchanged)
    #expect(try cancelled() == [2])
  }

  @Test func `a part of a stored grid leaves the sweep as it was`() throws {
    #expect(try store.register(Sample.sweep(x: [1, 2, 3])) == .added)
    let before = try store.sweep(named: "sample")
    let part = try store.register(Sample.sweep(x: [3, 1], seeds: [1]))
    #expect(part == .narrowed(positions: [5, 1]))
    #expect(try store.sweep(named: "sample") == before)
    let chosen = try store.restoredRuns(ofSweep: "sample", at: [5, 1])
    #expect(chosen.map(\.run.position) == [1, 5])
    #expect(try store.register(Sample.sweep(x: [1, 2, 3])) == .unchanged)
  }

  @Test func `a larger grid takes the place of the smaller one`() throws {
    try store.register(Sample.sweep(x: [1, 2]))
    #expect(try store.register(Sample.sweep(x: [0, 1, 2])) == .extended(from: 4))
    #expect(try store.runs(ofSweep: "sample").count == 6)
  }

  /// Linked axes and a left-out point beside the usual ones.
  private func linked(y: [ParameterValue] = [1, 2], except: [Int] = [2]) -> Sweep {
    var sweep = Sample.sweep()
    sweep.together = ["y": y, "step_milliseconds": y]
    sweep.except = except.map { ["y": .number(ExactDecimal($0)), "x": 1] }
    return sweep
  }

  @Test func `a sweep with linked axes and left-out points comes back as it was registered`() throws
  {
    #expect(try store.register(linked()) == .added)
    #expect(try store.sweep(named: "sample")?.sweep == linked())
    #expect(try store.register(linked()) == .unchanged)
    let runs = try store.runs(ofSweep: "sample")
    #expect(runs.map(\.position) == [0, 1, 2, 3, 6, 7])
    for run in runs {
      #expect(try run.configuration == linked().configuration(at: run.position))
    }
    #expect(try store.openPositions(of: linked())?.open == [0, 1, 2, 3, 6, 7])
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(waiting: 6))
  }

  @Test func `a sweep without them is stored as it always was, and what was stored is read`() throws
  {
    let definition =
      #"{"axes":[{"name":"x","values":[1,2]},{"name":"seed","values":[0,1]}],"experiment":"noop","#
      + #""grokked":{"measure":"loss","test":0.1,"train":0.1},"inputs":[],"#
      + #""map":{"value":"time_to_grok","x":"x","y":"seed"},"name":"sample","#
      + #""parameters":[{"name":"steps","value":1000}],"priority":0,"#
      + #""request":{"converged":false,"max_steps":100,"thresholds":{"accuracy":[],"loss":[0.1,0.5]}},"#
      + #""version":1}"#
    try store.register(Sample.sweep())
    #expect(try folder.query(String.self, "SELECT definition FROM sweep") == [definition])
    try folder.tamper("UPDATE sweep SET definition = '\(definition)'")
    #expect(try store.sweep(named: "sample")?.sweep == Sample.sweep())
    #expect(try store.register(Sample.sweep()) == .unchanged)
  }

  @Test func `a sweep grows by linked values and by points that are no longer left out`() throws {
    try store.register(linked())
    #expect(try store.register(linked(y: [1, 2, 3])) == .extended(from: 6))
    #expect(try store.runs(ofSweep: "sample").count == 10)
    #expect(try store.register(linked(y: [1, 2, 3], except: [])) == .extended(from: 10))
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(waiting: 12))
  }

  @Test func `a part of a grid with left-out points leaves the sweep as it was`() throws {
    try store.register(linked(y: [1, 2, 3]))
    #expect(try store.register(linked(y: [3, 2])) == .narrowed(positions: [8, 9, 10, 11, 6, 7]))
    #expect(
      try store.register(linked(y: [1, 2, 3], except: [2, 3]))
        == .narrowed(positions: [0, 1, 2, 3, 6, 7, 10, 11]))
    #expect(try store.sweep(named: "sample")?.sweep == linked(y: [1, 2, 3]))
    // More on one side, less on the other.
    #expect(
      try store.register(linked(y: [1, 2, 3], except: [3])) == .replaced(parts: ["except"]))
    var apart = linked(y: [1, 2, 3], except: [3])
    apart.together["step_milliseconds"] = [3, 2, 1]
    #expect(try store.register(apart) == .replaced(parts: ["together"]))
  }

  @Test func `a sweep that differs otherwise is replaced, and its results stay`() throws {
    try store.register(Sample.sweep())
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try finish(key, Sample.summary(steps: 100))
    #expect(try store.register(Sample.sweep(x: [2, 3])) == .replaced(parts: ["axes"]))
    #expect(
      try store.register(Sample.sweep(x: [3], maxSteps: 200))
        == .replaced(parts: ["axes", "until"]))
    var sweep = Sample.sweep(maxSteps: 200)
    sweep.parameters = ["steps": 500]
    #expect(
      try store.register(sweep) == .replaced(parts: ["parameters", "axes"]))
    #expect(try store.register(Sample.sweep()) == .replaced(parts: ["parameters", "until"]))
    #expect(try store.counts(ofSweep: "sample") == SweepCounts(finished: 1, waiting: 3))
  }

  @Test func `the runs of a sweep are counted by where they stand`() throws {
    try store.register(Sample.sweep(x: [1, 2, 3]))
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[0], Sample.summary(steps: 100), lease: 1)
    try store.apply([
      .openAttempt(Sample.attempt(keys[1], lease: 2)), .fail(keys[1], reason: "it did"),
      .openAttempt(Sample.attempt(keys[2], lease: 3)),
    ])
    #expect(
      try store.counts(ofSweep: "sample")
        == SweepCounts(finished: 1, failed: 1, waiting: 3, running: 1))
    // Wanted further by another sweep, it still answers this one.
    try store.register(Sample.sweep("long", x: [1], maxSteps: 500))
    #expect(try store.counts(ofSweep: "sample").finished == 1)
    #expect(try store.counts(ofSweep: "long") == SweepCounts(failed: 1, waiting: 1))
    #expect(try store.counts(ofSweep: "none") == SweepCounts())
  }

  @Test func `sweeps that overlap share their runs`() throws {
    try store.register(Sample.sweep("one", x: [1, 2]))
    let key = try #require(store.runs(ofSweep: "one").last).key
    try finish(key, Sample.summary(steps: 100))
    try store.register(Sample.sweep("two", x: [2, 3]))
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run") == [6])
    #expect(try store.counts(ofSweep: "two") == SweepCounts(finished: 1, waiting: 3))
    #expect(try store.openRuns(ofSweep: "two").count == 3)
    #expect(try store.runs(ofSweep: "two").map(\.key).contains(key))
  }

  @Test func `a raised step limit opens the runs that hit the old one, with their end state`()
    throws
  {
    try store.register(Sample.sweep(converged: true))
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[0], Sample.summary(steps: 100), lease: 1)
    try finish(keys[1], Sample.summary(steps: 60, stopped: .converged), lease: 2)
    try store.register(Sample.sweep(maxSteps: 500, converged: true))
    let toDo = try store.openRuns(ofSweep: "sample")
    #expect(toDo.map(\.key) == [keys[0], keys[2], keys[3]])
    #expect(toDo[0].checkpoint == CheckpointPlace(attempt: 1, step: 100))
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run WHERE status = 'open'") == [3])

    try store.apply([
      .openAttempt(Sample.attempt(keys[0], 2, parent: 1, from: 100, lease: 3)),
      .addRecords(keys[0], attempt: 2, Sample.records([200, 500])),
    ])
    #expect(try store.curve(of: keys[0]) == Sample.records([0, 100]))
    try store.apply([.accept(keys[0], attempt: 2, Sample.summary(steps: 500))])
    #expect(try store.curve(of: keys[0]) == Sample.records([0, 100, 200, 500]))
    #expect(try store.runs(ofSweep: "sample")[0].summary?.steps == 500)
    #expect(try store.runs(ofSweep: "sample")[0].status == .finished)
  }

  @Test func `each sweep asks at its own limit`() throws {
    try store.register(Sample.sweep("short", maxSteps: 100))
    try store.register(Sample.sweep("long", maxSteps: 500))
    let key = try #require(store.runs(ofSweep: "short").first).key
    try finish(key, Sample.summary(steps: 100))
    #expect(try store.runs(ofSweep: "short")[0].status == .finished)
    #expect(try store.runs(ofSweep: "long")[0].status == .open)
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run WHERE status = 'open'") == [4])
  }

  @Test func `a lowered limit is answered by what is there`() throws {
    try store.register(Sample.sweep(maxSteps: 500))
    let key = try #require(store.runs(ofSweep: "sample").first).key
    try finish(key, Sample.summary(steps: 100))
    #expect(try store.runs(ofSweep: "sample")[0].status == .open)
    try store.register(Sample.sweep(maxSteps: 50))
    #expect(try store.runs(ofSweep: "sample")[0].status == .finished)
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run WHERE status = 'open'") == [3])
  }

  @Test func `a threshold that was not watched for is computed anew, as far as before`() throws {
    try store.register(Sample.sweep("far", maxSteps: 500))
    let key = try #require(store.runs(ofSweep: "far").first).key
    try finish(key, Sample.summary(steps: 500))
    try store.register(
      Sample.sweep("near", maxSteps: 100, thresholds: Thresholds(loss: [0.2])))
    let run = try #require(store.openRuns(ofSweep: "near").first)
    #expect(run.key == key)
    #expect(run.checkpoint == nil)
    let anew = Sample.summary(steps: 500, thresholds: Thresholds(loss: [0.1, 0.2, 0.5]))
    try store.apply([
      .openAttempt(Sample.attempt(key, 2)),
      .addRecords(key, attempt: 2, Sample.records([0, 1, 500])),
      .accept(key, attempt: 2, anew),
    ])
    #expect(try store.runs(ofSweep: "near")[0].status == .finished)
    #expect(try store.runs(ofSweep: "far")[0].summary == anew)
    #expect(try store.curve(of: key) == Sample.records([0, 1, 500]))
  }

  @Test func `grid points with one configuration share a run and come once to the coordinator`()
    throws
  {
    var sweep = Sample.sweep()
    sweep.experiment = "polynomial-regression"
    sweep.parameters = [:]
    sweep.axes = ["engine": ["auto", "reduced"], "alpha": [1, 2]]
    try store.register(sweep)
    #expect(try store.runs(ofSweep: "sample").count == 4)
    #expect(try store.restoredRuns(ofSweep: "sample").count == 2)
    #expect(try folder.query(Int.self, "SELECT count(*) FROM run") == [2])
  }

  @Test func `the digest of an input file is part of the key`() throws {
    var sweep = Sample.sweep("drawn")
    sweep.experiment = "polynomial-regression"
    sweep.parameters = [:]
    sweep.axes = ["alpha": [1, 2]]
    try store.register(sweep)
    sweep.name = "given"
    sweep.parameters = ["data": "draws.safetensors"]
    let digest = String(repeating: "5", count: 64)
    try store.register(sweep, inputs: ["data": digest])
    let runs = try store.runs(ofSweep: "given")
    #expect(runs.map(\.configuration.inputs) == [["data": digest], ["data": digest]])
    let drawn = try store.runs(ofSweep: "drawn").map(\.key)
    #expect(Set(runs.map(\.key)).isDisjoint(with: drawn))
  }

  @Test func `which keys have their result is known before a sweep is registered`() throws {
    try store.register(Sample.sweep())
    let keys = try store.runs(ofSweep: "sample").map(\.key)
    try finish(keys[2], Sample.summary(steps: 100))
    let request = Request(maxSteps: 100, thresholds: Sample.thresholds)
    #expect(try store.ended(among: keys, for: request).finished == [keys[2]])
    let longer = Request(maxSteps: 101, thresholds: Sample.thresholds)
    #expect(try store.ended(among: keys, for: longer).finished == [])
  }
}
