import Coordination
import Experiments
import Testing

/// What a worker keeps on disk, so that it outlives the worker.
@Suite struct KeptReportsTests: WorkerScenario {
  private let record = SimulatedScience.record(of: run(0), step: 0)
  private let next = SimulatedScience.record(of: run(0), step: 1)

  private func keeps(_ effects: [Worker.Effect]) -> [[Report]] {
    effects.compactMap { if case .keep(let reports) = $0 { reports } else { nil } }
  }

  @Test func `what a silent coordinator has not acknowledged is kept on disk, once`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(2))
    var kept: [[Report]] = []
    for time in stride(from: 2.5, to: 60, by: 0.5) {
      kept += keeps(worker.handle(.timePassed, at: seconds(time)))
    }
    #expect(kept == [[report(1, .records([record]))]])
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, next)), at: seconds(61))
    let later = keeps(worker.handle(.timePassed, at: seconds(70)))
    #expect(later.isEmpty || later == [[report(2, .records([next]))]])
  }

  @Test func `what could not be kept is kept later, before what came after it`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(2))
    var kept: [[Report]] = []
    for time in stride(from: 2.5, to: 60, by: 0.5) {
      let now = keeps(worker.handle(.timePassed, at: seconds(time)))
      kept += now
      guard !now.isEmpty, kept.count == 1 else { continue }
      kept += keeps(worker.handle(.keepFailed(from: 1), at: seconds(time)))
      _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, next)), at: seconds(time))
    }
    #expect(kept.count == 2)
    #expect(kept.last?.first?.sequence == 1)
    #expect(kept.last?.map(\.content) == [.records([record]), .records([next])])
  }

  @Test func `nothing is kept on disk while the coordinator answers`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(2))
    var kept: [[Report]] = []
    for time in stride(from: 2.5, to: 30, by: 0.5) {
      let answer = HeartbeatAnswer(
        believed: [LeaseID(1)], stop: [], received: 1, acknowledged: 0, lastSent: 1)
      kept += keeps(
        worker.handle(.messageArrived(.heartbeatAnswer(answer)), at: seconds(time)))
    }
    #expect(kept.isEmpty)
  }

  @Test func `what is left when the worker ends is kept on disk`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(2))
    _ = worker.handle(.interrupted(grace: .seconds(4)), at: seconds(2.1))
    let last = worker.handle(.timePassed, at: seconds(7))
    #expect(
      keeps(last) == [[report(1, .records([record])), report(2, .givenBack)]])
    #expect(last.last == .finished(.interrupted))
  }

  @Test func `a new process delivers what the old one kept, and forgets it once it is durable`() {
    let kept = [
      report(7, .records([record])),
      report(9, .finished(SimulatedScience.summary(of: run(0)), elapsed: .seconds(2))),
    ]
    var worker = Worker(settings: settings(slots: 1), kept: kept, at: seconds(0))
    _ = worker.handle(.started, at: seconds(0))
    _ = worker.handle(.trainerSaid(slot: 0, ready), at: seconds(1))
    let welcome = CoordinatorMessage.welcome(
      heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 0)
    var sent = worker.handle(.messageArrived(welcome), at: seconds(1.1))
    sent += worker.handle(.timePassed, at: seconds(1.2))
    let reports = [report(1, kept[0].content), report(2, kept[1].content)]
    #expect(
      sent.contains(.send(message(.reports(reports, Delivery(firstKept: 1, lastSent: 2))))))
    #expect(
      worker.handle(.messageArrived(.acknowledged(through: 1)), at: seconds(2)) == [])
    #expect(
      worker.handle(.messageArrived(.acknowledged(through: 2)), at: seconds(3)) == [.forgetKept])
  }

  @Test func `a new process gives back what the old one did not end`() {
    let kept = [report(3, .records([record]))]
    var worker = Worker(settings: settings(slots: 1), kept: kept, at: seconds(0))
    _ = worker.handle(.started, at: seconds(0))
    _ = worker.handle(.trainerSaid(slot: 0, ready), at: seconds(1))
    let welcome = CoordinatorMessage.welcome(
      heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 0)
    let sent = worker.handle(.messageArrived(welcome), at: seconds(1.1))
    let held = HeldLease(lease: LeaseID(1), run: run(0).key, attempt: 1, step: 0)
    let reports = [report(1, .records([record])), report(2, .givenBack)]
    #expect(
      sent == [
        .send(
          message(.heartbeat([held], freeSlots: 1, Delivery(firstKept: 1, lastSent: 0)))),
        .send(message(.reports(reports, Delivery(firstKept: 1, lastSent: 2)))),
      ])
    let again = Worker.Event.messageArrived(.grants([DeliveredGrant(grant: grant(0, lease: 1))]))
    #expect(worker.handle(again, at: seconds(2)) == [], "it is not computed a second time")
  }
}
