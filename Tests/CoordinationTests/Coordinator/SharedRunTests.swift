import Coordination
import Experiments
import OrderedCollections
import Testing

/// What becomes of runs that several sweeps have, of which one has given them up, or comes later now.
@Suite struct SharedRunTests {
  private let long = SimulatedScience.request
  private let short = Scenario.short

  private func submission(
    _ name: String, _ runs: [RestoredRun], _ request: Request, priority: Int = 0
  ) -> Coordinator.Event {
    .sweepSubmitted(
      SweepSubmission(name: name, priority: priority, request: request, runs: runs))
  }

  private func cluster() -> SmallCluster { SmallCluster(runs: 0) { $0.staysWhenComplete = true } }

  private func status(_ name: String, of cluster: inout SmallCluster) -> SweepStatus? {
    guard case .status(let status) = cluster.ask(.status) else { return nil }
    return status.sweeps.first { $0.name == name }
  }

  private let told = RestoredRun(
    configuration: run(0),
    status: .finished(SimulatedScience.summary(of: run(0), Scenario.short), attempt: 1),
    checkpoint: Continuation(parent: 1, step: 5))

  @Test
  func `a run that was cancelled and computed for less is not done, and can be had after all`() {
    var cluster = cluster()
    let fresh = RestoredRun(configuration: run(0))
    cluster.handle(submission("long", [fresh, RestoredRun(configuration: run(1))], long))
    _ = cluster.ask(.cancel(.runs([run(0).key.hexadecimal])))
    cluster.handle(submission("short", [fresh], short))
    cluster.join("a", slots: 2)
    let place = cluster.runs(of: "a").firstIndex(of: run(0).key) ?? -1
    cluster.end(
      "a", .finished(SimulatedScience.summary(of: run(0), short), elapsed: .seconds(1)),
      place: place)
    #expect(
      status("long", of: &cluster) == SweepStatus(name: "long", total: 2, running: 1, cancelled: 1))
    #expect(status("short", of: &cluster)?.done == 1)
    retryIsHeard(in: &cluster)
    cluster.finish("a", place: cluster.runs(of: "a").firstIndex(of: run(0).key) ?? -1)
    #expect(
      status("long", of: &cluster) == SweepStatus(name: "long", total: 2, done: 1, running: 1))
  }

  private func retryIsHeard(in cluster: inout SmallCluster, by worker: String = "a") {
    let answer = cluster.ask(.retry(.runs([run(0).key.hexadecimal])))
    #expect(
      answer == .done("1 run will be tried again", counts: ["tried_again": 1, "unwanted": 0]))
    #expect(status("long", of: &cluster)?.cancelled == 0)
    #expect(cluster.runs(of: worker).contains(run(0).key))
  }

  @Test(arguments: [true, false])
  func `after a restart it is the same, whichever sweep is heard of first`(isLongFirst: Bool) {
    var cluster = cluster()
    var cancelled = told
    cancelled.isCancelled = true
    let longer = submission("long", [cancelled], long)
    let shorter = submission("short", [told], short)
    for event in isLongFirst ? [longer, shorter] : [shorter, longer] { cluster.handle(event) }
    #expect(cluster.notices.isEmpty)
    #expect(status("long", of: &cluster) == SweepStatus(name: "long", total: 1, cancelled: 1))
    #expect(status("short", of: &cluster)?.done == 1)
    cluster.join("a")
    #expect(cluster.runs(of: "a").isEmpty)
    retryIsHeard(in: &cluster)
    #expect(
      cluster.held["a"]?.map(\.continuation?.step) == [5], "what was computed is gone on from")
  }

  @Test
  func `a run that waits for one sweep is asked for more again by the one that had given it up`() {
    var cluster = cluster()
    let fresh = RestoredRun(configuration: run(0))
    cluster.handle(submission("long", [fresh], long))
    _ = cluster.ask(.cancel(.runs([run(0).key.hexadecimal])))
    cluster.handle(submission("short", [fresh], short))
    cluster.join("a")
    #expect(cluster.held["a"]?.map(\.request.maxSteps) == [short.maxSteps])
    retryIsHeard(in: &cluster)
    cluster.end("a", .finished(SimulatedScience.summary(of: run(0), short), elapsed: .seconds(1)))
    #expect(cluster.held["a"]?.map(\.request.maxSteps) == [long.maxSteps])
    #expect(status("short", of: &cluster)?.done == 1)
  }

  @Test func `a submission counts as cancelled what it has given up, whatever others had computed`()
  {
    var cluster = cluster()
    var cancelled = told
    cancelled.isCancelled = true
    let submission = SweepSubmission(name: "long", request: long, runs: [cancelled])
    cluster.handle(self.submission("short", [told], short))
    cluster.handle(.sweepRegistered(submission, command: 1, from: routing("user")))
    guard case .done(_, let counts) = cluster.answers.last else {
      Issue.record("the submission was not answered")
      return
    }
    #expect(counts["finished"] == 0 && counts["cancelled"] == 1 && counts["open"] == 0)
  }

  @Test func `a sweep that is submitted again with a lower priority comes later`() {
    var cluster = cluster()
    let runs = (0..<4).map { RestoredRun(configuration: run($0)) }
    cluster.handle(submission("a", Array(runs[..<2]), long, priority: 5))
    cluster.handle(submission("b", Array(runs[2...]), long))
    cluster.handle(submission("a", Array(runs[..<2]), long, priority: -5))
    cluster.join("w", slots: 2)
    #expect(Set(cluster.runs(of: "w")) == [run(2).key, run(3).key])
  }

  @Test func `seeds come in the order of the sweep in whose turn they are`() {
    var cluster = cluster()
    let seeds = [5, 6, 0].map { seed in
      RestoredRun(configuration: SimulatedScience.configuration(x: 1, seed: seed))
    }
    cluster.handle(submission("few", Array(seeds[..<2]), long))
    cluster.handle(submission("all", seeds, long))
    cluster.join("w")
    #expect(cluster.runs(of: "w") == [seeds[0].key])
  }

  @Test func `a run that is taken up again comes when its sweep does`() {
    var cluster = cluster()
    let runs = (0..<3).map { RestoredRun(configuration: run($0)) }
    cluster.handle(submission("a", Array(runs[..<2]), long, priority: 5))
    cluster.handle(submission("b", [runs[2]], long))
    _ = cluster.ask(.cancel(.runs([run(0).key.hexadecimal])))
    cluster.handle(
      submission(
        "a", [RestoredRun(configuration: run(0), isCancelled: true), runs[1]], long, priority: -5))
    _ = cluster.ask(.retry(.runs([run(0).key.hexadecimal])))
    cluster.join("w")
    #expect(cluster.runs(of: "w") == [run(2).key])
  }

  @Test func `a run is computed no further than those ask who still want it`() {
    var cluster = cluster()
    let fresh = RestoredRun(configuration: run(0))
    cluster.handle(submission("long", [fresh], long, priority: 9))
    cluster.handle(submission("short", [fresh], short))
    // Another grid takes the place of the first sweep's, with other runs.
    cluster.handle(submission("long", [RestoredRun(configuration: run(1))], long, priority: -9))
    cluster.join("w")
    #expect(cluster.held["w"]?.map(\.request.maxSteps) == [short.maxSteps])
  }

  @Test
  func
    `an attempt under way goes on after a restart although the first sweep has given its run up`()
  {
    var cluster = cluster()
    var running = RestoredRun(
      configuration: run(0),
      attempts: [
        RestoredAttempt(number: 1, lease: LeaseID(6), worker: WorkerID("w"), state: .open)
      ])
    let wanted = running
    running.isCancelled = true
    cluster.handle(submission("long", [running], long))
    cluster.handle(submission("short", [wanted], short))
    cluster.handle(.timePassed)
    #expect(status("short", of: &cluster) == SweepStatus(name: "short", total: 1, running: 1))
    #expect(status("long", of: &cluster) == SweepStatus(name: "long", total: 1, cancelled: 1))
  }

  @Test func `an attempt under way is taken back after a restart where nobody wants its run`() {
    var coordinator = Coordinator(settings: Coordinator.Settings(), at: seconds(0))
    let running = RestoredRun(
      configuration: run(0),
      attempts: [
        RestoredAttempt(number: 1, lease: LeaseID(6), worker: WorkerID("w"), state: .open)
      ], isCancelled: true)
    #expect(coordinator.handle(submission("long", [running], long), at: seconds(0)).isEmpty)
    let effects = coordinator.handle(.timePassed, at: seconds(0))
    #expect(
      effects.contains(.commit(BatchID(1), [.endAttempt(run(0).key, attempt: 1, .withdrawn)])))
  }

  @Test func `one retry by its key takes a failed run up for those, too, who had given it up`() {
    var cluster = cluster()
    let fresh = RestoredRun(configuration: run(0))
    cluster.handle(submission("long", [fresh], long))
    _ = cluster.ask(.cancel(.runs([run(0).key.hexadecimal])))
    cluster.handle(
      submission("short", [RestoredRun(configuration: run(0), status: .failed(reason: "r"))], short)
    )
    cluster.join("w")
    for _ in 0..<9 where !cluster.runs(of: "w").isEmpty { cluster.fail("w") }
    #expect(status("short", of: &cluster)?.failed == 1)
    retryIsHeard(in: &cluster, by: "w")
    #expect(cluster.held["w"]?.map(\.request.maxSteps) == [long.maxSteps])
  }

  @Test func `a run that failed on the way to more is done once nobody wants more`() {
    var cluster = cluster()
    var failed = told
    failed.status = .finished(SimulatedScience.summary(of: run(0), short), attempt: 1)
    cluster.handle(submission("short", [failed], short))
    cluster.handle(submission("long", [failed], long))
    cluster.join("w")
    for _ in 0..<9 where !cluster.runs(of: "w").isEmpty { cluster.fail("w") }
    #expect(status("long", of: &cluster)?.failed == 1)
    _ = cluster.ask(.cancel(.sweep("long")))
    #expect(cluster.coordinator.progress(at: seconds(1)).failed == 0)
    #expect(cluster.coordinator.progress(at: seconds(1)).done == 1)
  }

  @Test func `a run that was given up is tried again for those alone who still want it`() {
    var cluster = cluster()
    let failed = RestoredRun(configuration: run(0), status: .failed(reason: "r"))
    cluster.handle(submission("short", [failed], short))
    cluster.handle(submission("long", [failed], long))
    _ = cluster.ask(.cancel(.sweep("long")))
    _ = cluster.ask(.retry(.everything))
    cluster.join("w")
    #expect(cluster.held["w"]?.map(\.request.maxSteps) == [short.maxSteps])
  }

  @Test func `a run comes when the sweeps that still want it do`() {
    var cluster = cluster()
    let runs = (0..<4).map { RestoredRun(configuration: run($0)) }
    cluster.handle(submission("high", Array(runs[..<2]), long, priority: 9))
    cluster.handle(submission("low", Array(runs[..<2]), long, priority: -9))
    cluster.handle(submission("usual", Array(runs[2...]), long))
    _ = cluster.ask(.cancel(.sweep("high")))
    cluster.join("w", slots: 2)
    #expect(Set(cluster.runs(of: "w")) == [run(2).key, run(3).key])
  }

  @Test func `a grant names the files of the sweep that brought the run last and wants it`() {
    var cluster = cluster()
    let runs = (0..<2).map { RestoredRun(configuration: run($0)) }
    for (name, path) in [("moved", "/old"), ("again", "/new"), ("cancelled", "/gone")] {
      cluster.handle(
        .sweepSubmitted(
          SweepSubmission(name: name, request: long, files: ["data": path], runs: runs)))
    }
    _ = cluster.ask(.cancel(.sweep("cancelled")))
    cluster.join("w", slots: 2)
    #expect(cluster.held["w"]?.map(\.files) == [["data": "/new"], ["data": "/new"]])
  }
}
