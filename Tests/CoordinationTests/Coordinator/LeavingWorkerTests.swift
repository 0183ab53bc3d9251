import Coordination
import Experiments
import Testing

/// What a worker is given that has said when it leaves.
@Suite struct LeavingWorkerTests {
  /// A coordinator that knows that a run takes about `seconds`, with two runs to grant.
  private func scenario(runsTake seconds: Int) -> Scenario {
    var scenario = Scenario(runs: 4)
    _ = scenario.join("v", slots: 2)
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    let summary = SimulatedScience.summary(of: run(0))
    _ = scenario.report(
      .finished(summary, elapsed: .seconds(seconds)), run: 0, lease: 1, of: "v", at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    _ = scenario.hear(.goodbye, of: "v", at: 1.2)
    _ = scenario.handle(.storeCommitted(BatchID(3)), at: 1.3)
    return scenario
  }

  private func join(
    _ scenario: inout Scenario, stays: Duration?, checkpoints: Duration = .seconds(60),
    at time: Double = 2
  ) -> Bool {
    var description = description(1)
    description.stays = stays
    description.checkpointInterval = checkpoints
    let effects = scenario.hear(
      .hello(description, Delivery(firstKept: 1, lastSent: 0)), at: time)
    return effects.contains { effect in
      guard case .commit(_, let changes) = effect else { return false }
      return changes.contains { if case .openAttempt = $0 { true } else { false } }
    }
  }

  @Test func `a worker that knows of no end is given a run of any length`() {
    var scenario = scenario(runsTake: 5000)
    #expect(join(&scenario, stays: nil))
  }

  @Test func `a run is given to a worker that stays until its first checkpoint`() {
    var scenario = scenario(runsTake: 5000)
    #expect(join(&scenario, stays: .seconds(61)))
  }

  @Test func `a run that could not even be saved once is not begun`() {
    var scenario = scenario(runsTake: 5000)
    #expect(!join(&scenario, stays: .seconds(59)))
  }

  @Test func `a run that ends before its first checkpoint needs no longer than that`() {
    var scenario = scenario(runsTake: 10)
    #expect(join(&scenario, stays: .seconds(20)))
  }

  @Test func `a run that would outlast a short stay is not begun`() {
    var scenario = scenario(runsTake: 30)
    #expect(!join(&scenario, stays: .seconds(20)))
  }

  @Test func `trainers that save more often may begin later`() {
    var scenario = scenario(runsTake: 5000)
    #expect(join(&scenario, stays: .seconds(20), checkpoints: .seconds(15)))
  }

  @Test func `the stay is counted from when it is heard of`() {
    var scenario = scenario(runsTake: 5000)
    #expect(!join(&scenario, stays: .seconds(59)))
    // The worker was told another end time and was started again in the same epoch's connection.
    #expect(join(&scenario, stays: .seconds(70), at: 4))
  }

  private func answers(
    to request: Command.Request, of scenario: inout Scenario, at time: Double
  ) -> [CommandAnswer.Content] {
    let command = Command(id: 1, request)
    return scenario.handle(.commandArrived(command, from: routing("user")), at: time)
      .compactMap { if case .answer(let answer, _) = $0 { answer.content } else { nil } }
  }

  @Test func `status says why a worker is idle that leaves too soon for what waits`() {
    var scenario = scenario(runsTake: 5000)
    #expect(!join(&scenario, stays: .seconds(40)))
    guard case .status(let status)? = answers(to: .status, of: &scenario, at: 12).first else {
      Issue.record("no status")
      return
    }
    let host = description(1).provenance.host
    #expect(status.remarks == [MachineRemark.leaving(host: host).sentence])
    guard case .workers(let workers)? = answers(to: .workers, of: &scenario, at: 12).first else {
      Issue.record("no workers")
      return
    }
    #expect(workers.map { $0.leavesInSeconds?.rounded() } == [30])
  }

  @Test func `nothing is said of a worker that stays long enough for a run of any length`() {
    var scenario = scenario(runsTake: 5000)
    #expect(join(&scenario, stays: .seconds(100)))
    guard case .status(let status)? = answers(to: .status, of: &scenario, at: 12).first else {
      Issue.record("no status")
      return
    }
    #expect(status.remarks.isEmpty)
  }

  @Test func `others are given what a leaving worker is not`() {
    var scenario = scenario(runsTake: 5000)
    #expect(!join(&scenario, stays: .seconds(1)))
    let effects = scenario.join("u", slots: 3, at: 3)
    #expect(
      effects.contains { effect in
        guard case .commit(_, let changes) = effect else { return false }
        return changes.count == 3
      })
  }
}
