import Experiments
import Foundation
import GRDB
import ResultStore
import Testing

@Suite struct MergeTests {
  let here: StoreFolder
  let there: StoreFolder
  let store: ResultStore
  let other: ResultStore
  let keys: [RunKey]

  init() throws {
    here = try StoreFolder()
    there = try StoreFolder()
    store = try here.openStore()
    other = try there.openStore()
    try other.register(Sample.sweep())
    keys = try other.runs(ofSweep: "sample").map(\.key)
  }

  /// A result in two attempts, of which the second continues the first.
  private func compute(_ key: RunKey, _ steps: Int = 100, lease: Int, in store: ResultStore) throws
  {
    try store.apply([
      .openAttempt(Sample.attempt(key, 1, lease: lease)),
      .addRecords(key, attempt: 1, Sample.records(0...50)),
      .addCheckpoint(key, attempt: 1, step: 40, [4]), .endAttempt(key, attempt: 1, .lost),
      .openAttempt(Sample.attempt(key, 2, parent: 1, from: 40, lease: lease + 1)),
      .addRecords(key, attempt: 2, Sample.records(41...steps)),
      .addCheckpoint(key, attempt: 2, step: steps, [1, 0, 0]),
      .accept(key, attempt: 2, Sample.summary(steps: steps)),
    ])
  }

  @Test func `an empty store takes over sweeps, results, curves and checkpoints`() throws {
    try compute(keys[0], lease: 7, in: other)
    let outcome = try store.merge(there.path)
    #expect(
      outcome
        == MergeOutcome(offered: 1, taken: 1, known: 0, differing: 0, sweeps: ["sample"]))
    #expect(try store.counts(ofSweep: "sample") == other.counts(ofSweep: "sample"))
    #expect(try store.runs(ofSweep: "sample") == other.runs(ofSweep: "sample"))
    #expect(try store.curve(of: keys[0]) == Sample.records(0...100))
    #expect(try store.checkpoint(of: keys[0]) == other.checkpoint(of: keys[0]))
  }

  @Test func `of two stores the one that is damaged is named`() throws {
    try compute(keys[0], 5000, lease: 7, in: other)
    let copy = try StoreFolder()
    try DatabaseQueue(path: there.path).backup(to: DatabaseQueue(path: copy.path))
    var bytes = try Data(contentsOf: URL(fileURLWithPath: copy.path))
    for place in stride(from: 8 * 4096, to: bytes.count, by: 4096) {
      bytes.replaceSubrange(place..<min(place + 4096, bytes.count), with: Data(count: 4096))
    }
    try bytes.write(to: URL(fileURLWithPath: copy.path))
    let error = #expect(throws: StoreError.self) { try store.merge(copy.path) }
    #expect(error?.description.hasPrefix(copy.path) == true, "\(String(describing: error))")
  }

  @Test func `a store that is merged twice changes nothing the second time`() throws {
    try compute(keys[0], lease: 7, in: other)
    _ = try store.merge(there.path)
    let once = try store.run(withPrefix: keys[0].hexadecimal)
    let again = try store.merge(there.path)
    #expect(again == MergeOutcome(offered: 1, taken: 0, known: 1, differing: 0, sweeps: []))
    #expect(try store.run(withPrefix: keys[0].hexadecimal) == once)
  }

  @Test func `leases of attempts that are taken over are new here`() throws {
    try store.register(Sample.sweep())
    try compute(keys[0], lease: 7, in: store)
    try compute(keys[0], lease: 7, in: other)
    try compute(keys[1], lease: 9, in: other)
    let outcome = try store.merge(there.path)
    #expect(outcome == MergeOutcome(offered: 2, taken: 1, known: 1, differing: 0, sweeps: []))
    #expect(try here.query(Int.self, "SELECT lease FROM attempt ORDER BY 1") == [7, 8, 9, 10])
    #expect(try store.highestLease() == LeaseID(10))
  }

  @Test func `an attempt under way here gives way to a result from there`() throws {
    try store.register(Sample.sweep())
    try store.apply([
      .openAttempt(Sample.attempt(keys[0], 1)),
      .addRecords(keys[0], attempt: 1, Sample.records(0...9)),
    ])
    try compute(keys[0], lease: 1, in: other)
    _ = try store.merge(there.path)
    #expect(try store.curve(of: keys[0]) == Sample.records(0...100))
    #expect(try here.query(Int.self, "SELECT count(*) FROM curve") == [101])
    let late: [StoreChange] = [
      .addRecords(keys[0], attempt: 1, Sample.records(10...200)),
      .accept(keys[0], attempt: 1, Sample.summary(steps: 200)),
    ]
    try store.apply(late)
    #expect(try store.curve(of: keys[0]) == Sample.records(0...100))
    #expect(try here.query(Int.self, "SELECT count(*) FROM curve") == [101])
  }

  @Test
  func `a run that has come further here than its result there goes on, unless nobody wants it`()
    throws
  {
    var sweep = Sample.sweep()
    sweep.request.maxSteps = 1000
    try store.register(sweep)
    try store.apply([
      .openAttempt(Sample.attempt(keys[0], lease: 3)),
      .addRecords(keys[0], attempt: 1, Sample.records(0...150)),
      .addCheckpoint(keys[0], attempt: 1, step: 150, [4]),
    ])
    try compute(keys[0], lease: 7, in: other)
    let known = MergeOutcome(offered: 1, taken: 0, known: 0, differing: 1, sweeps: [])
    #expect(try store.merge(there.path) == known)
    #expect(try store.checkpoint(of: keys[0])?.place == CheckpointPlace(attempt: 1, step: 150))
    try store.apply([.cancelSweep("sample")])
    let taken = MergeOutcome(offered: 1, taken: 1, known: 0, differing: 0, sweeps: [])
    #expect(try store.merge(there.path) == taken)
  }

  @Test func `the longer of two results stays, and a sweep that wants more opens it`() throws {
    try store.register(Sample.sweep(maxSteps: 300))
    try other.register(Sample.sweep(maxSteps: 200))
    try compute(keys[0], 100, lease: 1, in: store)
    try compute(keys[0], 200, lease: 1, in: other)
    #expect(try store.merge(there.path).taken == 1)
    #expect(try store.curve(of: keys[0]) == Sample.records(0...200))
    let open = try store.openRuns(ofSweep: "sample").first { $0.key == keys[0] }
    #expect(open?.checkpoint == CheckpointPlace(attempt: 4, step: 200))
    #expect(try other.merge(here.path).known == 1)
  }

  @Test func `a sweep that comes along opens runs that it wants further than their results here`()
    throws
  {
    try store.register(Sample.sweep())
    try compute(keys[0], 100, lease: 1, in: store)
    try other.register(Sample.sweep("long", maxSteps: 300))
    #expect(try store.merge(there.path).sweeps == ["long"])
    #expect(try store.openRuns(ofSweep: "long").contains { $0.key == keys[0] })
    #expect(try store.curve(of: keys[0]) == Sample.records(0...100))
  }

  @Test func `results that each tell what the other does not stay as they are`() throws {
    try store.register(Sample.sweep(maxSteps: 300))
    try compute(keys[0], 100, lease: 1, in: other)
    try store.apply([
      .openAttempt(Sample.attempt(keys[0], 1)),
      .addRecords(keys[0], attempt: 1, Sample.records(0...200)),
      .accept(
        keys[0], attempt: 1, Sample.summary(steps: 200, thresholds: Thresholds(loss: [0.2]))),
    ])
    #expect(try store.merge(there.path).differing == 1)
    #expect(try store.curve(of: keys[0]) == Sample.records(0...200))
  }

  @Test func `a store is not merged into itself, and what is no store is refused`() throws {
    #expect(throws: StoreError.self) { try store.merge(here.path) }
    #expect(throws: StoreError.self) { try store.merge(here.path + ".none") }
  }
}
