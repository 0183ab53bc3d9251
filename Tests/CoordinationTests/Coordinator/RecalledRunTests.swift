import Coordination
import Experiments
import Testing

/// Runs that no sweep of the coordinator's has brought, and of which results may still come.
@Suite struct RecalledRunTests {
  private func resting(
    _ state: RestoredAttempt.State, _ status: RestoredRun.Status = .open
  ) -> Scenario {
    var scenario = Scenario(runs: 0, restored: []) { $0.staysWhenComplete = true }
    let attempt = RestoredAttempt(
      number: 1, lease: LeaseID(7), worker: WorkerID("w"), state: state)
    let recalled = RestoredRun(configuration: run(0), status: status, attempts: [attempt])
    _ = scenario.handle(.runsRecalled([recalled]), at: 0)
    return scenario
  }

  private func changes(_ effects: [Coordinator.Effect]) -> [StoreChange] {
    effects.flatMap { effect -> [StoreChange] in
      if case .commit(_, let changes) = effect { changes } else { [] }
    }
  }

  private var submission: Coordinator.Event { submission() }

  private func submission(_ status: RestoredRun.Status = .open) -> Coordinator.Event {
    .sweepRegistered(
      SweepSubmission(
        name: "resting", request: SimulatedScience.request,
        runs: [
          RestoredRun(
            configuration: run(0), status: status,
            attempts: [
              RestoredAttempt(number: 1, lease: LeaseID(7), worker: WorkerID("w"), state: .open)
            ])
        ]), command: 1, from: routing("user"))
  }

  @Test(arguments: [RestoredAttempt.State.open, .withdrawn, .lost])
  func `a result that comes for a run of a sweep that is not worked on is stored`(
    state: RestoredAttempt.State
  ) {
    var scenario = resting(state)
    #expect(changes(scenario.join(at: 1)) == [])
    let effects = scenario.report(finished(0), lease: 7, at: 2)
    #expect(changes(effects) == [accepted(0, attempt: 1)])
  }

  private func sweeps(shownBy scenario: inout Scenario) -> [SweepStatus] {
    let effects = scenario.handle(
      .commandArrived(Command(id: 1, .status), from: routing("user")), at: 101)
    guard case .answer(let answer, _)? = effects.first, case .status(let status) = answer.content
    else {
      Issue.record("no status in \(effects)")
      return []
    }
    return status.sweeps
  }

  @Test func `nothing of it is computed, and it is listed as it was at the start`() {
    var scenario = resting(.open)
    var known = SweepStatus(name: "resting", isCancelled: true, total: 3, done: 1, cancelled: 2)
    scenario.coordinator.resting = [known]
    #expect(openedRuns(scenario.join(at: 1)) == [])
    #expect(openedRuns(scenario.handle(.timePassed, at: 100)) == [])
    known.isWorkedOn = false
    #expect(sweeps(shownBy: &scenario) == [known, SweepStatus(name: "s", total: 0)])
  }

  @Test func `its attempt under way is waited for when it is taken up again`() {
    var scenario = resting(.open)
    _ = scenario.handle(submission, at: 1)
    #expect(openedRuns(scenario.join("other", at: 2)) == [])
    var opened: [RunKey] = []
    let idle = WorkerMessage.Body.heartbeat(
      [], freeSlots: 1, Delivery(firstKept: 1, lastSent: 0))
    for time in stride(from: 3.0, through: 60, by: 1) {
      opened += openedRuns(scenario.hear(idle, of: "other", at: time))
    }
    #expect(opened == [run(0).key])
  }

  @Test func `its run that is under way no more is computed when it is taken up again`() {
    var scenario = resting(.withdrawn)
    _ = scenario.handle(submission, at: 1)
    #expect(openedRuns(scenario.join("other", at: 2)) == [run(0).key])
  }

  @Test func `its run cannot be tried again, or cancelled, before it is taken up again`() {
    var scenario = resting(.withdrawn)
    for request: Command.Request in [
      .retry(.runs([run(0).key.hexadecimal])), .cancel(.runs([run(0).key.hexadecimal])),
    ] {
      let effects = scenario.handle(
        .commandArrived(Command(id: 1, request), from: routing("user")), at: 1)
      let sentences = effects.compactMap { effect -> String? in
        if case .answer(let answer, _) = effect, case .refused(let sentence) = answer.content {
          sentence
        } else {
          nil
        }
      }
      #expect(sentences.first?.hasSuffix("the coordinator knows no run like this") == true)
    }
    #expect(openedRuns(scenario.join(at: 2)) == [])
  }

  @Test func `a result that comes for a run that was given up is stored`() {
    var scenario = resting(.lost, .failed(reason: "r"))
    _ = scenario.join(at: 1)
    let effects = scenario.report(finished(0), lease: 7, at: 2)
    #expect(changes(effects) == [accepted(0, attempt: 1)])
  }

  @Test func `a run that was given up stays so when its sweep is taken up again`() {
    var scenario = resting(.lost, .failed(reason: "r"))
    _ = scenario.handle(submission(.failed(reason: "r")), at: 1)
    #expect(openedRuns(scenario.join(at: 2)) == [])
    let retry = Command(id: 2, .retry(.everything))
    let effects = scenario.handle(.commandArrived(retry, from: routing("user")), at: 3)
    #expect(changes(effects).first == .reopen(run(0).key))
    #expect(openedRuns(effects) == [run(0).key])
  }

  @Test func `a cancelled run of a sweep that is taken up again can be tried again`() {
    var scenario = resting(.withdrawn)
    var cancelled = RestoredRun(configuration: run(0))
    cancelled.isCancelled = true
    let submission = SweepSubmission(
      name: "resting", request: SimulatedScience.request, runs: [cancelled])
    _ = scenario.handle(.sweepRegistered(submission, command: 1, from: routing("user")), at: 1)
    #expect(openedRuns(scenario.join(at: 2)) == [])
    let retry = Command(id: 2, .retry(.runs([run(0).key.hexadecimal])))
    let effects = scenario.handle(.commandArrived(retry, from: routing("user")), at: 3)
    #expect(openedRuns(effects) == [run(0).key])
  }

  @Test func `a run that a sweep of the coordinator's has brought is not recalled`() {
    var scenario = Scenario(runs: 1) { $0.staysWhenComplete = true }
    _ = scenario.handle(.runsRecalled([RestoredRun(configuration: run(0))]), at: 0)
    #expect(openedRuns(scenario.join(at: 1)) == [run(0).key])
  }

  @Test func `a longer result is stored that comes for a run which is answered already`() {
    let short = SimulatedScience.summary(
      of: run(0), Request(maxSteps: 5, thresholds: Thresholds()))
    var scenario = Scenario(
      restored: [RestoredRun(.configuration(run(0)), key: run(0).key, status: .answered)]
    ) { $0.staysWhenComplete = true }
    let attempts = [
      RestoredAttempt(number: 1, lease: LeaseID(6), worker: WorkerID("w"), state: .accepted),
      RestoredAttempt(number: 2, lease: LeaseID(7), worker: WorkerID("w"), state: .lost),
    ]
    let recalled = RestoredRun(
      configuration: run(0), status: .finished(short, attempt: 1), attempts: attempts)
    _ = scenario.handle(.runsRecalled([recalled]), at: 0)
    _ = scenario.join(at: 1)
    let effects = scenario.report(finished(0), lease: 7, attempt: 2, at: 2)
    #expect(changes(effects) == [accepted(0, attempt: 2)])
  }
}
