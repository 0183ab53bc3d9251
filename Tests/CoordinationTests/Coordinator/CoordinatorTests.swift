import Coordination
import Experiments
import OrderedCollections
import Testing

/// Whole effect lists: what is there is done, and nothing else.
@Suite struct CoordinatorTests {
  let welcome = CoordinatorMessage.welcome(
    heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 0)

  @Test func `an attempt is durable before its grant is sent`() {
    var scenario = Scenario()
    #expect(
      scenario.join() == [
        .tellUser(.workerJoined(WorkerID("w"), host: "host", slots: 1)),
        .send(welcome, to: routing("w")),
        .commit(BatchID(1), [opened(0, lease: 1)]),
      ])
    #expect(
      scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
        == [.grant([grant(0, lease: 1)], to: routing("w"))])
  }

  @Test func `a report is acknowledged once it is durable`() {
    var scenario = granted()
    #expect(
      scenario.report(finished(0), at: 2) == [.commit(BatchID(2), [accepted(0, attempt: 1)])])
    #expect(
      scenario.handle(.storeCommitted(BatchID(2)), at: 2.1) == [
        .send(.acknowledged(through: 1), to: routing("w")),
        .finished(.complete(failedRuns: 0)),
      ])
  }

  @Test func `a seed is complete once its last run is durable, while others go on`() {
    let runs = [(0, 0), (1, 0), (0, 1), (1, 1)].map { x, seed in
      RestoredRun(configuration: SimulatedScience.configuration(x: x, seed: seed))
    }
    var scenario = Scenario(restored: runs)
    _ = scenario.join(slots: 4)
    let granted = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    guard case .grant(let grants, _)? = granted.first, grants.count == 4 else {
      Issue.record("four grants, not \(granted)")
      return
    }
    var said: [Coordinator.Effect] = []
    for (index, grant) in grants.enumerated() {
      let summary = SimulatedScience.summary(of: grant.configuration)
      let report = Report(
        sequence: index + 1, lease: grant.lease, run: grant.run, attempt: 1,
        content: .finished(summary, elapsed: .seconds(9)))
      let delivery = Delivery(firstKept: 1, lastSent: index + 1)
      let before = scenario.hear(.reports([report], delivery), at: 1)
      #expect(!before.contains(.tellUser(.seedCompleted(sweep: "s", seed: 0))))
      said += scenario.handle(.storeCommitted(BatchID(index + 2)), at: 1.1)
    }
    let seeds = said.filter { if case .tellUser = $0 { true } else { false } }
    #expect(seeds == [.tellUser(.seedCompleted(sweep: "s", seed: 0))])
    #expect(said.last == .finished(.complete(failedRuns: 0)))
  }

  @Test func `what arrives during a commit forms the next batch`() {
    var scenario = granted()
    let record = SimulatedScience.record(of: run(0), step: 0)
    _ = scenario.report(.records([record]), at: 2)
    #expect(scenario.report(finished(0), at: 2.1) == [])
    #expect(
      scenario.handle(.storeCommitted(BatchID(2)), at: 2.2) == [
        .send(.acknowledged(through: 1), to: routing("w")),
        .commit(BatchID(3), [accepted(0, attempt: 1)]),
      ])
  }

  @Test func `a report that arrives twice has no second effect`() {
    var scenario = granted()
    _ = scenario.report(finished(0), at: 2)
    scenario.sequence = 0
    #expect(scenario.report(finished(0), at: 2.1) == [])
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 2.2)
    scenario.sequence = 0
    #expect(
      scenario.report(finished(0), at: 2.3)
        == [.send(.acknowledged(through: 1), to: routing("w"))])
  }

  @Test func `a report after a gap waits until the gap is filled`() {
    var scenario = granted()
    scenario.sequence = 1
    #expect(scenario.report(finished(0), at: 2) == [])
  }

  @Test func `a lease that nobody renews is lost and its run is granted again`() {
    var scenario = granted()
    #expect(
      scenario.join("v", at: 29) == [
        .tellUser(.workerJoined(WorkerID("v"), host: "host", slots: 1)),
        .send(welcome, to: routing("v")),
      ])
    #expect(
      scenario.handle(.timePassed, at: 30.1) == [
        .tellUser(.leaseLost(run(0).key, host: "host")),
        .tellUser(.workerLeft(WorkerID("w"), host: "host")),
        .commit(
          BatchID(2),
          [
            .endAttempt(run(0).key, attempt: 1, .lost),
            opened(0, number: 2, lease: 2, worker: "v"),
          ]),
      ])
  }

  @Test func `a result that arrives after its lease was lost counts while the run is open`() {
    var scenario = granted()
    _ = scenario.join("v", at: 29)
    _ = scenario.handle(.timePassed, at: 30.1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 30.2)
    _ = scenario.join("w", at: 31)
    #expect(
      scenario.report(finished(0), at: 31) == [
        .commit(
          BatchID(3),
          [.endAttempt(run(0).key, attempt: 2, .withdrawn), accepted(0, attempt: 1)])
      ])
    #expect(
      scenario.handle(.storeCommitted(BatchID(3)), at: 31.1) == [
        .send(.acknowledged(through: 1), to: routing("w")),
        .send(.withdraw([LeaseID(2)]), to: routing("v")),
        .finished(.complete(failedRuns: 0)),
      ])
  }

  @Test func `a late result brings its end state along`() {
    var scenario = granted()
    _ = scenario.join("v", at: 29)
    _ = scenario.handle(.timePassed, at: 30.1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 30.2)
    _ = scenario.join("w", at: 31)
    let steps = SimulatedScience.summary(of: run(0)).steps
    // One from on the way does not count: what the other attempt goes on from must not change.
    let early = scenario.report(.checkpoint(step: steps - 1, bytes: [1]), at: 31)
    #expect(early.allSatisfy { if case .commit = $0 { false } else { true } })
    _ = scenario.report(.checkpoint(step: steps, bytes: [2]), at: 31)
    let effects = scenario.report(finished(0), at: 31)
    #expect(
      effects == [
        .commit(
          BatchID(3),
          [
            .endAttempt(run(0).key, attempt: 2, .withdrawn), accepted(0, attempt: 1),
            .addCheckpoint(run(0).key, attempt: 1, step: steps, [2]),
          ])
      ])
  }

  @Test func `a failure counts only from the current lease`() {
    var scenario = granted()
    _ = scenario.join("v", at: 29)
    _ = scenario.handle(.timePassed, at: 30.1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 30.2)
    _ = scenario.join("w", at: 31)
    #expect(
      scenario.report(.failed(reason: "r", exitStatus: 1, logTail: ""), at: 31)
        == [.send(.acknowledged(through: 1), to: routing("w"))])
  }

  @Test func `a run is given up after one failure more than its retries`() {
    var scenario = Scenario { $0.retries = 0 }
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    let end = AttemptEnd.failed(reason: "r", exitStatus: 7, logTail: "log")
    #expect(
      scenario.report(.failed(reason: "r", exitStatus: 7, logTail: "log"), at: 1) == [
        .tellUser(.attemptFailed(run(0).key, attempt: 1, host: "host", reason: "r")),
        .tellUser(.runFailed(run(0).key, reason: "r")),
        .commit(
          BatchID(2),
          [.endAttempt(run(0).key, attempt: 1, end), .fail(run(0).key, reason: "r")]),
      ])
    #expect(
      scenario.handle(.storeCommitted(BatchID(2)), at: 1.1) == [
        .send(.acknowledged(through: 1), to: routing("w")),
        .finished(.complete(failedRuns: 1)),
      ])
  }

  @Test func `a run continues from its checkpoint and names its parent`() {
    var scenario = granted()
    _ = scenario.report(.checkpoint(step: 30, bytes: [1]), at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    _ = scenario.report(.givenBack, at: 1.2)
    _ = scenario.handle(.storeCommitted(BatchID(3)), at: 1.3)
    let next = Attempt(
      run: run(0).key, number: 2, parent: 1, startStep: 30, lease: LeaseID(2),
      worker: WorkerID("v"), provenance: provenance())
    #expect(scenario.join("v", at: 2).last == .commit(BatchID(4), [.openAttempt(next)]))
    var again = grant(0, lease: 2, attempt: 2)
    again.continuation = Continuation(parent: 1, step: 30)
    #expect(
      scenario.handle(.storeCommitted(BatchID(4)), at: 2.1)
        == [.grant([again], to: routing("v"))])
  }

  @Test func `a second live epoch of a worker is refused and a late one let in`() {
    var scenario = granted()
    let hello = WorkerMessage.Body.hello(description(1), Delivery(firstKept: 1, lastSent: 0))
    guard case .send(.refused(_, mayRetry: true), _)? = scenario.hear(hello, epoch: 2, at: 10).first
    else {
      Issue.record("it was not refused")
      return
    }
    let effects = scenario.hear(hello, epoch: 2, at: 30)
    #expect(effects.contains(.tellUser(.workerLeft(WorkerID("w"), host: "host"))))
    #expect(effects.contains(.send(welcome, to: routing("w"))))
  }

  @Test func `a worker of another protocol version is told what to update`() {
    var scenario = Scenario()
    var stranger = description(1)
    let ours = WireCodec.protocolVersion
    stranger.protocolVersion = ours + 1
    let sentence =
      "the worker speaks protocol \(ours + 1) and the coordinator protocol \(ours): "
      + "update groksweep where the coordinator runs"
    #expect(
      scenario.hear(.hello(stranger, Delivery(firstKept: 1, lastSent: 0)), at: 0) == [
        .send(.refused(sentence, mayRetry: false), to: routing("w")),
        .tellUser(.workerRefused(sentence)),
      ])
  }

  /// A coordinator that has granted run 0 under lease 1.
  private func granted() -> Scenario {
    var scenario = Scenario()
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    return scenario
  }
}
