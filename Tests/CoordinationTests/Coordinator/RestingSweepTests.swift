import Coordination
import Experiments
import Testing

/// Sweeps of the store that the coordinator does not work on, and of whose runs results may still come.
@Suite struct RestingSweepTests {
  private func resting(_ state: RestoredAttempt.State) -> Scenario {
    var scenario = Scenario(runs: 0, restored: []) { $0.staysWhenComplete = true }
    let attempt = RestoredAttempt(
      number: 1, lease: LeaseID(7), worker: WorkerID("w"), state: state)
    var submission = SweepSubmission(
      name: "resting", request: SimulatedScience.request,
      runs: [RestoredRun(configuration: run(0), attempts: [attempt])])
    submission.isResting = true
    _ = scenario.handle(.sweepSubmitted(submission), at: 0)
    return scenario
  }

  private func changes(_ effects: [Coordinator.Effect]) -> [StoreChange] {
    effects.flatMap { effect -> [StoreChange] in
      if case .commit(_, let changes) = effect { changes } else { [] }
    }
  }

  private var submission: Coordinator.Event {
    .sweepRegistered(
      SweepSubmission(
        name: "resting", request: SimulatedScience.request,
        runs: [
          RestoredRun(
            configuration: run(0),
            attempts: [
              RestoredAttempt(number: 1, lease: LeaseID(7), worker: WorkerID("w"), state: .open)
            ])
        ]), command: 1, from: routing("user"))
  }

  @Test(arguments: [RestoredAttempt.State.open, .withdrawn, .lost])
  func `a result that comes for a sweep that is not worked on is stored`(
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

  @Test func `its run cannot be tried again before it is taken up again`() {
    var scenario = resting(.withdrawn)
    let retry = Command(id: 1, .retry(.runs([run(0).key.hexadecimal])))
    let effects = scenario.handle(.commandArrived(retry, from: routing("user")), at: 1)
    #expect(openedRuns(effects + scenario.join(at: 2)) == [])
  }
}
