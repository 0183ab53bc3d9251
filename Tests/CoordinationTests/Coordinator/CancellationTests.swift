import Coordination
import Experiments
import Testing

/// What sweeps that share runs still ask for when one of them is cancelled, and what late results give.
@Suite struct CancellationTests {
  private let short = Scenario.short
  private let extended = Scenario.extended

  private func coordinator(
    _ sweeps: [(name: String, request: Request)], _ restored: RestoredRun
  ) -> Coordinator {
    var settings = Coordinator.Settings()
    settings.staysWhenComplete = true
    var coordinator = Coordinator(settings: settings, at: seconds(0))
    for sweep in sweeps {
      _ = coordinator.handle(
        .sweepSubmitted(
          SweepSubmission(name: sweep.name, request: sweep.request, runs: [restored])),
        at: seconds(0))
    }
    return coordinator
  }

  private func changes(_ effects: [Coordinator.Effect]) -> [StoreChange] {
    var all: [StoreChange] = []
    for case .commit(_, let changes) in effects { all += changes }
    return all
  }

  private func ask(
    _ request: Command.Request, of coordinator: inout Coordinator
  ) -> [Coordinator.Effect] {
    coordinator.handle(
      .commandArrived(Command(id: 1, request), from: routing("user")), at: seconds(1))
  }

  @Test func `a longer result is kept although nobody asks for it since a restart`() {
    var coordinator = coordinator([("short", short)], extended)
    let delivery = Delivery(firstKept: 1, lastSent: 1)
    _ = coordinator.handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID("w"), epoch: 1, body: .hello(description(1), delivery)),
        from: routing("w")), at: seconds(1))
    let report = Report(
      sequence: 1, lease: LeaseID(7), run: run(0).key, attempt: 2, content: finished(0))
    let effects = coordinator.handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID("w"), epoch: 1, body: .reports([report], delivery)),
        from: routing("w")), at: seconds(2))
    #expect(changes(effects) == [accepted(0, attempt: 2)])
  }

  @Test func `what an attempt says that is superseded has no effect`() {
    var restored = extended
    restored.attempts[1].isSuperseded = true
    restored.attempts[1].state = .withdrawn
    var coordinator = coordinator([("long", SimulatedScience.request)], restored)
    let delivery = Delivery(firstKept: 1, lastSent: 1)
    let report = Report(
      sequence: 1, lease: LeaseID(7), run: run(0).key, attempt: 2, content: finished(0))
    let hello = coordinator.handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID("w"), epoch: 1, body: .hello(description(0), delivery)),
        from: routing("w")), at: seconds(1))
    let effects = coordinator.handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID("w"), epoch: 1, body: .reports([report], delivery)),
        from: routing("w")), at: seconds(2))
    #expect(!changes(hello + effects).contains(accepted(0, attempt: 2)))
  }

  @Test func `a run that has what the other sweeps want ends when the longest is cancelled`() {
    var coordinator = coordinator(
      [("short", short), ("long", SimulatedScience.request)], extended)
    let effects = ask(.cancel(.sweep("long")), of: &coordinator)
    #expect(
      changes(effects)
        == [.endAttempt(run(0).key, attempt: 2, .withdrawn), .cancelSweep("long")])
    #expect(coordinator.progress(at: seconds(2)).done == 1)
  }

  @Test func `a run of a cancelled sweep is not tried again`() {
    var coordinator = coordinator(
      [("s", SimulatedScience.request)], RestoredRun(configuration: run(0)))
    _ = ask(.cancel(.sweep("s")), of: &coordinator)
    _ = coordinator.handle(.storeCommitted(BatchID(1)), at: seconds(1))
    let effects =
      ask(.retry(.runs([run(0).key.hexadecimal])), of: &coordinator)
      + coordinator.handle(.storeCommitted(BatchID(2)), at: seconds(1))
    let sentence =
      "0 runs will be tried again; 1 run that no sweep wants any more will not: submit a sweep with it first"
    let answer = CommandAnswer(id: 1, .done(sentence, counts: ["tried_again": 0, "unwanted": 1]))
    #expect(effects.contains(.answer(answer, to: routing("user"))))
    #expect(changes(effects).isEmpty)
  }

  @Test func `a drained machine is let in again after its worker has left`() {
    var cluster = SmallCluster(runs: 3)
    cluster.join("a", host: "h")
    cluster.handle(.commandArrived(Command(id: 1, .drain(worker: "h")), from: routing("user")))
    cluster.finish("a")
    cluster.leave("a")
    cluster.handle(.commandArrived(Command(id: 2, .readmit(worker: "h")), from: routing("user")))
    cluster.join("a", host: "h")
    #expect(cluster.runs(of: "a").count == 1)
  }
}
