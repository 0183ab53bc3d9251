import Coordination
import Experiments
import Testing

/// What a user asks of a running coordinator, and what becomes of it.
@Suite struct CommandTests {
  /// A coordinator with four runs, of which a worker with two slots holds the first two.
  func scenario() -> Scenario {
    var scenario = Scenario(runs: 4)
    _ = scenario.join(slots: 2)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    return scenario
  }

  func ask(
    _ request: Command.Request, of scenario: inout Scenario, at time: Double = 1
  ) -> [Coordinator.Effect] {
    scenario.handle(
      .commandArrived(Command(id: 7, request), from: routing("user")), at: time)
  }

  func answer(_ content: CommandAnswer.Content) -> Coordinator.Effect {
    .answer(CommandAnswer(id: 7, content), to: routing("user"))
  }

  func status(of scenario: inout Scenario, at time: Double = 9) -> ClusterStatus? {
    for case .answer(let answer, _) in ask(.status, of: &scenario, at: time) {
      if case .status(let status) = answer.content { return status }
    }
    return nil
  }

  @Test func `the status counts every run of every sweep once`() {
    var scenario = scenario()
    #expect(
      status(of: &scenario)?.sweeps
        == [SweepStatus(name: "s", total: 4, running: 2, waiting: 2)])
  }

  @Test func `sweeps that are not worked on are told of, and have nothing to cancel`() {
    var scenario = scenario()
    let ended = SweepStatus(name: "old", isWorkedOn: false, total: 3, done: 3)
    let cancelled = SweepStatus(
      name: "gone", isCancelled: true, isWorkedOn: false, total: 2, cancelled: 2)
    scenario.coordinator.resting = [ended, cancelled, SweepStatus(name: "s", total: 9)]
    #expect(
      status(of: &scenario)?.sweeps
        == [ended, cancelled, SweepStatus(name: "s", total: 4, running: 2, waiting: 2)])
    #expect(
      ask(.cancel(.sweep("old")), of: &scenario).contains(
        answer(.done("old has ended; there is nothing to cancel", counts: ["cancelled": 0]))))
    #expect(
      ask(.cancel(.sweep("gone")), of: &scenario).contains(
        answer(.done("gone is cancelled already", counts: ["cancelled": 0]))))
    #expect(
      ask(.retry(.sweep("old")), of: &scenario).contains(
        answer(.refused("old is not worked on; groksweep submit takes it up again"))))
  }

  @Test func `the workers are told with the runs in their hands and their steps`() {
    var scenario = scenario()
    let held = HeldLease(lease: LeaseID(1), run: run(0).key, attempt: 1, step: 40)
    _ = scenario.hear(
      .heartbeat([held], freeSlots: 1, Delivery(firstKept: 1, lastSent: 0)), at: 2)
    let answers = ask(.workers, of: &scenario, at: 3)
    guard case .answer(let answer, _)? = answers.first, case .workers(let workers) = answer.content
    else {
      Issue.record("no answer but \(answers)")
      return
    }
    #expect(workers.map(\.host) == ["host"])
    #expect(workers.first?.silentSeconds == 1)
    #expect(workers.first?.runs.map(\.step) == [40, 0])
  }

  @Test func `a cancelled sweep is durable before it is answered, and its runs are taken back`() {
    var scenario = scenario()
    let effects = ask(.cancel(.sweep("s")), of: &scenario)
    #expect(
      effects == [
        .commit(
          BatchID(2),
          [
            .endAttempt(run(0).key, attempt: 1, .withdrawn),
            .endAttempt(run(1).key, attempt: 1, .withdrawn), .cancelSweep("s"),
          ])
      ])
    let after = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    #expect(
      after == [
        .send(.withdraw([LeaseID(1)]), to: routing("w")),
        .send(.withdraw([LeaseID(2)]), to: routing("w")),
        answer(.done("s is cancelled: 4 runs, results are kept", counts: ["cancelled": 4])),
        .finished(.complete(failedRuns: 0)),
      ])
  }

  @Test func `who cancels while the store cannot be written is told so, before and after it fails`()
  {
    var scenario = Scenario(runs: 2) { $0.staysWhenComplete = true }
    let sentence =
      "the store cannot be written (disk full), and a coordinator that ends before it can forgets this"
    _ = ask(.cancel(.runs([run(0).key.abbreviation])), of: &scenario)
    let failing = scenario.handle(.storeFailed(BatchID(1), reason: "disk full"), at: 2)
    #expect(failing.contains(answer(.failed("1 run cancelled; but \(sentence)"))))
    let later = ask(.cancel(.sweep("s")), of: &scenario, at: 2.5)
    #expect(
      later.contains(answer(.failed("s is cancelled: 1 run, results are kept; but \(sentence)"))))
    _ = scenario.handle(.timePassed, at: 3)
    let recovered = scenario.handle(.storeCommitted(BatchID(1)), at: 3.1)
    #expect(recovered.contains(.commit(BatchID(2), [.cancelSweep("s")])))
    let told = scenario.handle(.storeCommitted(BatchID(2)), at: 3.2)
    #expect(!told.contains { if case .answer = $0 { true } else { false } })
  }

  @Test func `a sweep is registered once what was asked before it is durable`() {
    var scenario = Scenario(runs: 2) { $0.staysWhenComplete = true }
    let sweep = SubmittedSweep(text: [1], file: "s.yaml")
    _ = ask(.cancel(.sweep("s")), of: &scenario)
    let early = ask(.submit(sweep), of: &scenario, at: 1.05)
    #expect(!early.contains(.register(sweep, command: 7, from: routing("user"))))
    let between = ask(.retry(.everything), of: &scenario, at: 1.1)
    #expect(!between.contains { if case .answer = $0 { true } else { false } })
    let later = scenario.handle(.storeCommitted(BatchID(1)), at: 1.2)
    #expect(later.contains(.register(sweep, command: 7, from: routing("user"))))
  }

  @Test func `while the store cannot be written no sweep is taken`() {
    var scenario = Scenario(runs: 2) { $0.staysWhenComplete = true }
    let sweep = SubmittedSweep(text: [1], file: "s.yaml")
    _ = ask(.cancel(.sweep("s")), of: &scenario)
    _ = ask(.submit(sweep), of: &scenario, at: 1.05)
    let sentence = "the store cannot be written (disk full): the sweep was not taken"
    let failing = scenario.handle(.storeFailed(BatchID(1), reason: "disk full"), at: 2)
    #expect(failing.contains(answer(.failed(sentence))))
    #expect(ask(.submit(sweep), of: &scenario, at: 2.1).contains(answer(.failed(sentence))))
  }

  @Test func `cancelling twice says so and changes nothing`() {
    var scenario = Scenario(runs: 2) { $0.staysWhenComplete = true }
    _ = ask(.cancel(.sweep("s")), of: &scenario)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 1.1)
    #expect(
      ask(.cancel(.sweep("s")), of: &scenario, at: 2)
        == [answer(.done("s is cancelled already", counts: ["cancelled": 0]))])
  }

  @Test func `workers stay with a coordinator that waits for further sweeps`() {
    var scenario = Scenario(runs: 1) {
      $0.staysWhenComplete = true
      $0.stopsWorkersOnceComplete = true
    }
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.report(finished(0), at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    #expect(status(of: &scenario)?.sweeps.first?.done == 1)
    let answers = scenario.hear(
      .heartbeat([], freeSlots: 1, Delivery(firstKept: 2, lastSent: 1)), at: 2)
    #expect(answers.count == 1)
    #expect(!answers.contains { if case .send(.stop, _) = $0 { true } else { false } })
  }

  @Test func `a result that comes after its run was cancelled is stored`() {
    var scenario = scenario()
    let key = run(0).key.hexadecimal
    _ = ask(.cancel(.runs([key])), of: &scenario)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    let effects = scenario.report(finished(0), at: 2)
    #expect(effects.contains(.commit(BatchID(3), [accepted(0, attempt: 1)])))
    #expect(status(of: &scenario)?.sweeps.first?.done == 1)
  }

  @Test func `a failure that comes after its run was cancelled has no effect`() {
    var scenario = scenario()
    _ = ask(.cancel(.runs([run(0).key.hexadecimal])), of: &scenario)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    _ = scenario.handle(.storeCommitted(BatchID(3)), at: 1.2)
    let effects = scenario.report(
      .failed(reason: "r", exitStatus: 1, logTail: ""), at: 2)
    #expect(effects.allSatisfy { if case .commit = $0 { false } else { true } })
  }

  @Test func `a run that two sweeps want is cancelled only when neither does`() {
    var scenario = Scenario(runs: 1)
    _ = scenario.handle(
      .sweepSubmitted(
        SweepSubmission(
          name: "t", request: SimulatedScience.request,
          runs: [RestoredRun(configuration: run(0))])), at: 0)
    _ = ask(.cancel(.sweep("s")), of: &scenario)
    #expect(status(of: &scenario)?.sweeps.map(\.cancelled) == [1, 0])
    #expect(status(of: &scenario)?.sweeps.map(\.waiting) == [0, 1])
    _ = ask(.cancel(.sweep("t")), of: &scenario)
    #expect(status(of: &scenario)?.sweeps.map(\.cancelled) == [1, 1])
  }

  @Test func `a run that was cancelled is computed once it is asked for again`() {
    var scenario = scenario()
    _ = ask(.cancel(.runs([run(3).key.hexadecimal])), of: &scenario)
    #expect(status(of: &scenario)?.sweeps.first?.cancelled == 1)
    let effects = ask(.retry(.runs([run(3).key.hexadecimal])), of: &scenario)
    #expect(status(of: &scenario)?.sweeps.first?.waiting == 2)
    #expect(effects.isEmpty, "its commit waits for the one under way")
    #expect(
      scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
        .contains(.commit(BatchID(3), [.reviveRuns([run(3).key])])))
  }

  @Test(arguments: [(0, true), (1, false)])
  func `a restart does not count what failed before a run was opened again`(
    retriedAfter: Int, isGivenUp: Bool
  ) {
    var restored = RestoredRun(
      configuration: run(0),
      attempts: [
        RestoredAttempt(number: 1, lease: LeaseID(1), worker: WorkerID("w"), state: .failed)
      ])
    restored.retriedAfter = retriedAfter
    var scenario = Scenario(restored: [restored]) {
      $0.retries = 1
      $0.staysWhenComplete = true
    }
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.report(
      .failed(reason: "r", exitStatus: 1, logTail: ""), lease: 2, attempt: 2, at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    #expect(status(of: &scenario)?.sweeps.first?.failed == (isGivenUp ? 1 : 0))
  }

  @Test func `a run that was given up is tried again, with all its chances`() {
    var scenario = Scenario(runs: 1) {
      $0.retries = 0
      $0.staysWhenComplete = true
    }
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.report(.failed(reason: "r", exitStatus: 1, logTail: ""), at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    #expect(status(of: &scenario)?.sweeps.first?.failed == 1)
    let effects = ask(.retry(.everything), of: &scenario, at: 2)
    #expect(
      effects == [.commit(BatchID(3), [.reopen(run(0).key), opened(0, number: 2, lease: 2)])])
    #expect(
      scenario.handle(.storeCommitted(BatchID(3)), at: 2.1) == [
        answer(.done("1 run will be tried again", counts: ["tried_again": 1, "unwanted": 0])),
        .grant([grant(0, lease: 2, attempt: 2)], to: routing("w")),
      ])
  }

  @Test func `runs that a sweep's new definition lacks are no longer computed`() {
    var scenario = scenario()
    let smaller = SweepSubmission(
      name: "s", request: SimulatedScience.request,
      runs: (1..<4).map { RestoredRun(configuration: run($0)) })
    let effects = scenario.handle(
      .sweepRegistered(smaller, command: 7, from: routing("user")), at: 1)
    guard case .commit(_, let changes)? = effects.first else {
      Issue.record("no commit but \(effects)")
      return
    }
    #expect(changes.first == .endAttempt(run(0).key, attempt: 1, .withdrawn))
    #expect(status(of: &scenario)?.sweeps.first?.total == 3)
  }

  @Test func `a drained worker gets no more runs, and leaves when it has none`() {
    var scenario = scenario()
    #expect(
      ask(.drain(worker: "host"), of: &scenario)
        == [
          answer(
            .done(
              "host takes no more runs; it leaves once 2 runs have ended", counts: ["running": 2]))
        ])
    _ = scenario.report(finished(0), at: 2)
    let effects = scenario.report(finished(1), run: 1, lease: 2, at: 2.1)
    #expect(effects.contains(.send(.stop(grace: .milliseconds(1500)), to: routing("w"))))
    #expect(status(of: &scenario)?.running == 0)
    _ = ask(.readmit(worker: "host"), of: &scenario, at: 3)
    #expect(status(of: &scenario)?.running == 2)
  }

  @Test func `who has left is drained and let in again as often as one likes`() {
    var scenario = Scenario(runs: 0) { $0.staysWhenComplete = true }
    _ = scenario.join()
    _ = ask(.drain(worker: "host"), of: &scenario)
    _ = scenario.hear(.goodbye, at: 2)
    for _ in 0..<2 {
      #expect(
        ask(.drain(worker: "host"), of: &scenario, at: 3)
          == [answer(.done("host takes no more runs; it is not connected", counts: ["running": 0]))]
      )
    }
    for _ in 0..<2 {
      #expect(
        ask(.readmit(worker: "host"), of: &scenario, at: 4)
          == [answer(.done("host may take runs"))])
    }
  }

  @Test func `a worker that gives a run back gets no other before its next heartbeat`() {
    var scenario = Scenario(runs: 1)
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    #expect(
      scenario.report(.givenBack, at: 1)
        == [.commit(BatchID(2), [.endAttempt(run(0).key, attempt: 1, .withdrawn)])])
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    let heartbeat = WorkerMessage.Body.heartbeat(
      [], freeSlots: 1, Delivery(firstKept: 2, lastSent: 1))
    #expect(
      scenario.hear(heartbeat, at: 5).contains(
        .commit(BatchID(3), [opened(0, number: 2, lease: 2)])))
  }

  @Test(arguments: [
    (
      Command.Request.cancel(.sweep("elsewhere")),
      "the coordinator knows no sweep \"elsewhere\"; known are s"
    ),
    (.cancel(.everything), "expected the name of a sweep, or keys of runs"),
    (.cancel(.runs(["ab"])), "expected four or more digits of a run's key, found \"ab\""),
    (.retry(.runs(["00000"])), "00000: the coordinator knows no run like this"),
    (.drain(worker: "node9"), "no worker \"node9\" is connected; connected are host"),
  ])
  func `what cannot be done is refused with one sentence`(
    request: Command.Request, sentence: String
  ) {
    var scenario = scenario()
    #expect(ask(request, of: &scenario) == [answer(.refused(sentence))])
  }
}
