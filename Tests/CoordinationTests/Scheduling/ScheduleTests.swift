import Coordination
import Experiments
import OrderedCollections
import Testing

/// In which order runs are granted, and how many at once.
@Suite struct ScheduleTests {
  @Test func `runs are granted seed by seed in the order of the grid`() {
    let grid = (0..<2).flatMap { x in
      (0..<2).map { RestoredRun(configuration: SimulatedScience.configuration(x: x, seed: $0)) }
    }
    var scenario = Scenario(restored: grid)
    let order = openedRuns(scenario.join(slots: 4))
    #expect(order == [grid[0], grid[2], grid[1], grid[3]].map(\.key))
  }

  @Test func `a sweep of higher priority comes first`() {
    var scenario = Scenario(runs: 1)
    _ = scenario.handle(
      .sweepSubmitted(
        SweepSubmission(
          name: "urgent", priority: 1, request: SimulatedScience.request,
          runs: [RestoredRun(configuration: run(1))])), at: 0)
    #expect(openedRuns(scenario.join(slots: 2)) == [run(1).key, run(0).key])
  }

  @Test func `long runs of a sweep that comes later do not overtake`() {
    var cluster = SmallCluster(runs: 1)
    cluster.join("a")
    cluster.submit([100, 101, 102].map { RestoredRun(configuration: run($0)) })
    cluster.finish("a", taking: .seconds(1))
    #expect(cluster.runs(of: "a").allSatisfy { $0 != run(0).key })
    cluster.submit([1, 2].map { RestoredRun(configuration: run($0)) }, priority: 1)
    cluster.finish("a", taking: .seconds(100))
    let urgent = [run(1).key, run(2).key]
    #expect(cluster.runs(of: "a").allSatisfy(urgent.contains))
    cluster.finish("a", taking: .seconds(1))
    #expect(cluster.runs(of: "a").allSatisfy(urgent.contains))
    cluster.finish("a", taking: .seconds(1))
    #expect(!cluster.runs(of: "a").contains(where: urgent.contains))
  }

  @Test func `the longest expected run of a seed comes first`() {
    // On a logarithmic axis 8 is nearer to 2, which took long, than 9 is; the grid has 9 first.
    var scenario = Scenario(restored: [1, 2, 3, 9, 8].map { RestoredRun(configuration: run($0)) })
    _ = scenario.join(slots: 2)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    let first = SimulatedScience.summary(of: run(1))
    _ = scenario.report(.finished(first, elapsed: .seconds(1)), run: 1, lease: 1, at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    let second = SimulatedScience.summary(of: run(2))
    let effects = scenario.report(
      .finished(second, elapsed: .seconds(100)), run: 2, lease: 2, at: 20)
    #expect(openedRuns(effects) == [run(8).key])
  }

  @Test func `a worker is granted what its slots hold until its runs prove short`() {
    var scenario = Scenario(runs: 6)
    #expect(openedRuns(scenario.join(slots: 1)).count == 1)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    let short = Report.Content.finished(
      SimulatedScience.summary(of: run(0)), elapsed: .milliseconds(1))
    #expect(openedRuns(scenario.report(short, at: 0.2)).count > 1)
  }

  @Test func `two thousand short runs need few round trips`() {
    var scenario = Scenario(
      runs: 0, restored: (0..<2000).map { RestoredRun(configuration: run($0)) })
    var effects = scenario.join(slots: 2)
    var rounds = 0
    var done = 0
    while rounds < 1000 {
      rounds += 1
      let time = Double(rounds) * 0.01
      guard let batch = batch(effects) else { break }
      let answer = scenario.handle(.storeCommitted(batch), at: time)
      effects = answer
      for case .grant(let grants, _) in answer {
        for grant in grants {
          effects += scenario.report(
            .finished(
              SimulatedScience.summary(of: grant.configuration), elapsed: .microseconds(300)),
            of: grant, at: time)
          done += 1
        }
      }
    }
    #expect(done == 2000)
    #expect(rounds < 80)
  }

  @Test func `neighbours on the grid do not wait at a worker when much more is asked of them`() {
    var cluster = SmallCluster(runs: 8)
    cluster.join("a")
    for _ in 0..<3 { cluster.finish("a", taking: .milliseconds(1)) }
    #expect(cluster.runs(of: "a").count > 1)
    var request = SimulatedScience.request
    request.maxSteps *= 100
    cluster.submit((8..<16).map { RestoredRun(configuration: run($0)) }, request: request)
    let first = (0..<8).map { run($0).key }
    while cluster.runs(of: "a").contains(where: first.contains) {
      cluster.finish("a", taking: .milliseconds(1))
    }
    #expect(cluster.runs(of: "a").count == 1)
  }

  @Test(arguments: [(1, 0, true), (100, 0, false), (1, 1000, false)])
  func `runs wait at a worker only if their like has been short`(
    factor: Int, offset: Int, queue: Bool
  ) {
    var cluster = SmallCluster(runs: 10)
    cluster.join("a")
    for _ in 0..<5 { cluster.finish("a", taking: .milliseconds(1)) }
    #expect(cluster.runs(of: "a").count > 1)
    while !cluster.runs(of: "a").isEmpty { cluster.finish("a", taking: .milliseconds(1)) }
    var request = SimulatedScience.request
    request.maxSteps *= factor
    cluster.submit(
      (10..<18).map { RestoredRun(configuration: run($0 + offset)) }, request: request)
    #expect((cluster.runs(of: "a").count > 1) == queue)
    // Once one has ended, more is known.
    cluster.finish("a", taking: .milliseconds(1))
    #expect(cluster.runs(of: "a").count > 1)
  }

  @Test func `the time left is what runs have taken, also where nothing has been granted since`() {
    var scenario = Scenario(runs: 4)
    _ = scenario.join(slots: 1)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    let drain = Command(id: 1, .drain(worker: "host"))
    _ = scenario.handle(.commandArrived(drain, from: routing("user")), at: 0.2)
    #expect(scenario.coordinator.progress(at: seconds(0.3)).timeLeft == nil)
    let first = Report.Content.finished(
      SimulatedScience.summary(of: run(0)), elapsed: .seconds(100))
    _ = scenario.report(first, at: 1)
    let left = scenario.coordinator.progress(at: seconds(1)).timeLeft?.inSeconds ?? 0
    #expect(abs(left - 300) < 1e-6, "\(left)")
  }

  @Test func `the time left reckons without machines that get no runs`() throws {
    var cluster = SmallCluster(runs: 5) { $0.quarantined = ["bad"] }
    cluster.join("good")
    cluster.join("bad", slots: 9)
    cluster.finish("good", taking: .seconds(100))
    let left = cluster.coordinator.progress(at: seconds(1)).timeLeft?.inSeconds
    // Three that wait, and half of the one that runs.
    #expect(abs(try #require(left) - 350) < 1e-6, "\(left ?? 0)")
  }

  @Test func `an estimate learns from finished runs`() {
    var estimate = SweepEstimate()
    estimate.observe(run(3), took: .seconds(10))
    for _ in 0..<2 { estimate.add(run(3), request: SimulatedScience.request) }
    #expect(abs(estimate.time(slots: 2).inSeconds - 10) < 1e-6)
    #expect(abs(estimate.time(slots: 1).inSeconds - 20) < 1e-6)
    #expect(abs(estimate.time(slots: 9).inSeconds - 10) < 1e-6)
  }

  @Test func `an estimate that has seen no run guesses from the step limit`() {
    var estimate = SweepEstimate()
    #expect(!estimate.isInformed)
    estimate.add(run(3), request: Request(maxSteps: 10_000, thresholds: Thresholds()), count: 30)
    #expect(abs(estimate.time(slots: 2).inSeconds - 30) < 1e-6)
  }

  private func batch(_ effects: [Coordinator.Effect]) -> BatchID? {
    for case .commit(let batch, _) in effects { return batch }
    return nil
  }
}

extension Scenario {
  mutating func report(_ content: Report.Content, of grant: Grant, at time: Double)
    -> [Coordinator.Effect]
  {
    sequence += 1
    let report = Report(
      sequence: sequence, lease: grant.lease, run: grant.configuration.key,
      attempt: grant.attempt, content: content)
    return hear(.reports([report], Delivery(firstKept: 1, lastSent: sequence)), at: time)
  }
}
