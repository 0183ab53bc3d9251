import Coordination
import Experiments
import Testing

/// A worker that knows when its node goes away.
@Suite struct LeavingTests: WorkerScenario {
  /// Leaves at 100 s, and begins to at 90 s.
  private var leaving: Worker.Settings {
    var settings = settings(slots: 1)
    settings.leavesAt = seconds(100)
    settings.grace = .seconds(10)
    settings.checkpointInterval = .seconds(15)
    return settings
  }

  private func reports(in effects: [Worker.Effect]) -> [Report] {
    effects.flatMap { effect -> [Report] in
      if case .send(let message) = effect, case .reports(let reports, _) = message.body {
        reports
      } else {
        []
      }
    }
  }

  @Test func `hello says for how long runs are taken, and how often they are saved`() {
    var worker = Worker(settings: leaving, at: seconds(0))
    _ = worker.handle(.started, at: seconds(0))
    let description = WorkerDescription(
      softwareVersion: "1", slots: 1, provenance: provenance(), stays: .seconds(50),
      checkpointInterval: .seconds(15))
    #expect(
      worker.handle(.trainerSaid(slot: 0, ready), at: seconds(40))
        == [.send(message(.hello(description, Delivery(firstKept: 1, lastSent: 0))))])
  }

  @Test func `what runs is saved once the grace period before the end begins`() {
    var worker = running(leaving)
    let before = worker.handle(.timePassed, at: seconds(89.9))
    #expect(!before.contains(.tell(slot: 0, .save(run(0).key))))
    let effects = worker.handle(.timePassed, at: seconds(90))
    #expect(effects.contains(.tell(slot: 0, .save(run(0).key))))
    #expect(
      effects.contains(.tellUser("the end time is near: runs are saved and handed back")))
  }

  @Test func `a worker gives up no sooner than a heartbeat can have been answered`() {
    var settings = settings(slots: 1)
    settings.giveUpAfter = .seconds(1)
    var worker = running(settings)
    let end = (2...60).first { second in
      worker.handle(.timePassed, at: seconds(Double(second))).contains(.finished(.gaveUp))
    }
    // Heartbeats are every five seconds.
    #expect((end ?? 0) > 5, "\(String(describing: end))")
  }

  @Test func `the worker wakes up when it has to begin to leave`() {
    var settings = leaving
    // Sooner than any other deadline.
    settings.leavesAt = seconds(12)
    let worker = running(settings)
    #expect(worker.nextDeadline == seconds(2))
  }

  @Test func `a saved run is handed back, and the worker ends once that is durable`() throws {
    var worker = running(leaving)
    // It hears of the coordinator, so that its connection is not taken for dead.
    _ = worker.handle(.messageArrived(.acknowledged(through: 0)), at: seconds(85))
    _ = worker.handle(.timePassed, at: seconds(90))
    _ = worker.handle(
      .trainerSaid(slot: 0, .checkpoint(run(0).key, step: 3, file: "f")), at: seconds(91))
    let effects = worker.handle(
      .checkpointRead(slot: 0, step: 3, bytes: [7]), at: seconds(91))
    let sent = reports(in: effects)
    #expect(sent.map(\.content) == [.checkpoint(step: 3, bytes: [7]), .givenBack])
    let end = worker.handle(.messageArrived(.acknowledged(through: 2)), at: seconds(92))
    #expect(end.contains(.finished(.left)))
  }

  @Test func `a grant that comes while it leaves is handed back`() {
    var worker = welcomed(leaving)
    _ = worker.handle(.timePassed, at: seconds(90))
    let effects = worker.handle(
      .messageArrived(.grants([DeliveredGrant(grant: grant(0, lease: 1))])), at: seconds(90))
    #expect(!effects.contains { if case .run = $0 { true } else { false } })
  }

  @Test func `it has ended by its end time even if nobody hears it`() {
    var worker = running(leaving)
    _ = worker.handle(.timePassed, at: seconds(90))
    #expect(!worker.handle(.timePassed, at: seconds(99.9)).contains(.finished(.left)))
    #expect(worker.handle(.timePassed, at: seconds(100)).contains(.finished(.left)))
  }

  @Test
  func `a run that cannot be saved goes on, which is said once, and is handed back at the end`() {
    var worker = running()
    let problem = TrainerMessage.checkpointFailed(run(0).key, step: 3, problem: "the disk is full")
    var said = worker.handle(.trainerSaid(slot: 0, problem), at: seconds(2))
    said += worker.handle(.trainerSaid(slot: 0, problem), at: seconds(2))
    let sentences = said.compactMap {
      if case .tellUser(let sentence) = $0 { sentence } else { nil }
    }
    #expect(sentences.count == 1)
    #expect(sentences.first?.contains("cannot be saved: the disk is full; the run goes on") == true)
    _ = worker.handle(.interrupted(grace: .seconds(8)), at: seconds(3))
    let effects = worker.handle(.trainerSaid(slot: 0, problem), at: seconds(3))
    #expect(effects.contains(.tell(slot: 0, .cancel(run(0).key))))
    let sent = reports(in: effects)
    #expect(sent.map(\.content) == [.givenBack])
  }

  @Test func `a run whose checkpoint cannot be written down is handed back, and nobody is blamed`()
  {
    var worker = running()
    var effects = worker.handle(.notBegun(slot: 0, problem: "no room"), at: seconds(2))
    effects += worker.handle(.timePassed, at: seconds(3))
    let sent = reports(in: effects)
    #expect(sent.map(\.content) == [.notContinued(reason: "no room")])
    #expect(!effects.contains(.killTrainer(slot: 0)))
  }
}
