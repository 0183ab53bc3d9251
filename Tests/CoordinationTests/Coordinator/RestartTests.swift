import Coordination
import Experiments
import OrderedCollections
import Testing

/// What a coordinator makes of what it finds in its store.
@Suite struct RestartTests {
  private let open = RestoredRun(
    configuration: run(0),
    attempts: [
      RestoredAttempt(number: 1, lease: LeaseID(7), worker: WorkerID("w"), state: .open)
    ])
  private let held = HeldLease(lease: LeaseID(7), run: run(0).key, attempt: 1, step: 40)

  @Test func `a run with an open attempt is withheld and others are granted at once`() {
    var scenario = Scenario(restored: [open, RestoredRun(configuration: run(1))])
    #expect(
      scenario.join("v", slots: 2).last == .commit(BatchID(1), [opened(1, lease: 8, worker: "v")]))
  }

  @Test func `a run on a living worker is adopted and not started over`() {
    var scenario = Scenario(restored: [open])
    _ = scenario.join()
    let answer = HeartbeatAnswer(
      believed: [LeaseID(7)], stop: [], received: 0, acknowledged: 0, lastSent: 0)
    #expect(
      scenario.hear(.heartbeat([held], freeSlots: 0, Delivery(firstKept: 1, lastSent: 0)), at: 20)
        == [.send(.heartbeatAnswer(answer), to: routing("w"))])
    #expect(scenario.handle(.timePassed, at: 31) == [])
    #expect(
      scenario.report(finished(0), lease: 7, at: 32)
        == [.commit(BatchID(1), [accepted(0, attempt: 1)])])
  }

  @Test func `a withheld run is granted again after one lease period`() {
    var scenario = Scenario(restored: [open])
    _ = scenario.join("v", at: 10)
    #expect(
      scenario.handle(.timePassed, at: 30).last
        == .commit(
          BatchID(1),
          [
            .endAttempt(run(0).key, attempt: 1, .lost),
            opened(0, number: 2, lease: 8, worker: "v"),
          ]))
  }

  @Test func `a lease that is not believed is stopped`() {
    var scenario = Scenario(restored: [RestoredRun(configuration: run(0))])
    _ = scenario.join(slots: 0)
    let answer = HeartbeatAnswer(
      believed: [], stop: [LeaseID(7)], received: 0, acknowledged: 0, lastSent: 0)
    #expect(
      scenario.hear(.heartbeat([held], freeSlots: 0, Delivery(firstKept: 1, lastSent: 0)), at: 1)
        == [.send(.heartbeatAnswer(answer), to: routing("w"))])
  }

  @Test func `a stored result is reused`() {
    let summary = SimulatedScience.summary(of: run(0))
    var scenario = Scenario(
      restored: [RestoredRun(configuration: run(0), status: .finished(summary, attempt: 1))])
    #expect(scenario.coordinator.progress(at: seconds(1)).reused == 1)
    #expect(scenario.join().last == .finished(.complete(failedRuns: 0)))
  }

  @Test func `results from before are counted as long as a sweep wants them and asks for no more`()
  {
    let restored = (0..<2).map { number in
      RestoredRun(configuration: run(number), status: .answered)
    }
    var cluster = SmallCluster(runs: 0)
    cluster.submit(restored)
    cluster.submit([RestoredRun(configuration: run(2))])
    #expect(cluster.coordinator.progress(at: seconds(1)).reused == 2)
    var longer = SimulatedScience.request
    longer.maxSteps *= 2
    let summary = RunSummary(
      steps: SimulatedScience.request.maxSteps, stopped: .stepLimit, crossings: Crossings())
    let told = RestoredRun(configuration: run(0), status: .finished(summary, attempt: 1))
    cluster.submit([told], request: longer)
    #expect(cluster.coordinator.progress(at: seconds(1)).reused == 1)
    _ = cluster.ask(.cancel(.sweep("s2")))
    let progress = cluster.coordinator.progress(at: seconds(1))
    #expect(progress.reused == 0 && progress.done == 0)
  }

  @Test func `a worker from before a restart is asked to introduce itself`() {
    var scenario = Scenario(restored: [open])
    #expect(
      scenario.hear(.heartbeat([held], freeSlots: 0, Delivery(firstKept: 9, lastSent: 9)), at: 1)
        == [.send(.introduceYourself, to: routing("w"))])
  }

  @Test
  func `a worker gets no more after a restart than its slots hold, though it has said hello alone`()
  {
    var scenario = Scenario(restored: [open, RestoredRun(configuration: run(1))])
    #expect(openedRuns(scenario.join(slots: 1)).isEmpty)
    let heartbeat = WorkerMessage.Body.heartbeat(
      [held], freeSlots: 0, Delivery(firstKept: 1, lastSent: 0))
    #expect(openedRuns(scenario.hear(heartbeat, at: 1)).isEmpty)
    #expect(openedRuns(scenario.join("v", slots: 1, at: 2)) == [run(1).key])
  }

  @Test func `a failed commit is tried again and nothing is granted or acknowledged meanwhile`() {
    var scenario = Scenario(runs: 2)
    _ = scenario.join()
    #expect(
      scenario.handle(.storeFailed(BatchID(1), reason: "disk full"), at: 1)
        == [.tellUser(.storeFailing(reason: "disk full", since: seconds(1)))])
    #expect(scenario.coordinator.nextDeadline == seconds(2))
    #expect(scenario.join("v", at: 1.5).count == 2)
    #expect(
      scenario.handle(.timePassed, at: 2) == [.commit(BatchID(1), [opened(0, lease: 1)])])
    // It fails again and again: that is said once, and once more after a minute.
    #expect(scenario.handle(.storeFailed(BatchID(1), reason: "disk full"), at: 2.05).isEmpty)
    #expect(
      scenario.handle(.timePassed, at: 70) == [.commit(BatchID(1), [opened(0, lease: 1)])])
    #expect(
      scenario.handle(.storeFailed(BatchID(1), reason: "disk full"), at: 70.1)
        == [.tellUser(.storeFailing(reason: "disk full", since: seconds(1)))])
    #expect(
      scenario.handle(.timePassed, at: 72) == [.commit(BatchID(1), [opened(0, lease: 1)])])
    #expect(
      scenario.handle(.storeCommitted(BatchID(1)), at: 72.1) == [
        .tellUser(.storeRecovered),
        .grant([grant(0, lease: 1)], to: routing("w")),
        .commit(BatchID(2), [opened(1, lease: 2, worker: "v")]),
      ])
  }
}

/// What becomes of sweeps that share runs when they are submitted one after the other.
@Suite struct SubmissionTests {
  private let short = Scenario.short
  private let extended = Scenario.extended

  @Test func `a longer attempt at a run that has a result is withheld after a restart`() {
    var scenario = Scenario(restored: [extended])
    #expect(scenario.join("v").count == 2)
  }

  @Test func `an attempt that only the second of two sweeps wants is withheld after a restart`() {
    var scenario = Scenario(runs: 0, restored: [])
    for (name, request) in [("short", short), ("long", SimulatedScience.request)] {
      _ = scenario.handle(
        .sweepSubmitted(SweepSubmission(name: name, request: request, runs: [extended])), at: 0)
    }
    #expect(scenario.join("v").count == 2)
  }

  @Test func `a sweep that is all known does not end a command that was given another one`() {
    let done = RestoredRun(
      configuration: run(0), status: .finished(SimulatedScience.summary(of: run(0)), attempt: 1))
    var coordinator = Coordinator(settings: Coordinator.Settings(), at: seconds(0))
    for (name, restored) in [("known", done), ("new", RestoredRun(configuration: run(1)))] {
      let submission = SweepSubmission(
        name: name, request: SimulatedScience.request, runs: [restored])
      #expect(coordinator.handle(.sweepSubmitted(submission), at: seconds(0)) == [])
      #expect(coordinator.nextDeadline == seconds(0))
    }
    #expect(coordinator.handle(.timePassed, at: seconds(0)) == [])
  }

  @Test func `a result on its way into the store answers a sweep that is submitted meanwhile`() {
    var scenario = Scenario(restored: nil)
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.report(finished(0), at: 1)
    // The store was read before the result was in it.
    var longer = SimulatedScience.request
    longer.maxSteps += 10
    let submission = SweepSubmission(
      name: "longer", request: longer, runs: [RestoredRun(configuration: run(0))])
    #expect(scenario.handle(.sweepSubmitted(submission), at: 1.01) == [])
    #expect(
      scenario.handle(.storeCommitted(BatchID(2)), at: 1.1).last
        == .finished(.complete(failedRuns: 0)))
  }
}
