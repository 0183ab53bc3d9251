import Coordination
import Experiments
import OrderedCollections
import Testing

/// Whole effect lists of a worker.
@Suite struct WorkerTests: WorkerScenario {
  private let record = SimulatedScience.record(of: run(0), step: 0)

  @Test func `trainers are started first and hello is said when one is ready`() {
    var worker = Worker(settings: settings(slots: 2), at: seconds(0))
    #expect(
      worker.handle(.started, at: seconds(0)) == [.startTrainer(slot: 0), .startTrainer(slot: 1)])
    let hello = WorkerMessage.Body.hello(
      WorkerDescription(softwareVersion: "1", slots: 2, provenance: provenance()),
      Delivery(firstKept: 1, lastSent: 0))
    #expect(
      worker.handle(.trainerSaid(slot: 0, ready), at: seconds(1)) == [.send(message(hello))])
  }

  @Test func `a grant goes to an idle trainer and one that comes twice is computed once`() {
    var worker = welcomed()
    let order = RunOrder(configuration: run(0), request: SimulatedScience.request)
    let grants = Worker.Event.messageArrived(.grants([DeliveredGrant(grant: grant(0, lease: 1))]))
    #expect(worker.handle(grants, at: seconds(1)) == [.run(slot: 0, order, checkpoint: nil)])
    #expect(worker.handle(grants, at: seconds(1)) == [])
  }

  @Test func `a result is reported at once when nothing else waits`() {
    var worker = running()
    #expect(
      worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(1)) == [])
    let reports = [
      report(1, .records([record])),
      report(
        2, .finished(SimulatedScience.summary(of: run(0)), elapsed: .seconds(2))),
    ]
    #expect(
      worker.handle(
        .trainerSaid(slot: 0, .finished(run(0).key, SimulatedScience.summary(of: run(0)))),
        at: seconds(3))
        == [.send(message(.reports(reports, Delivery(firstKept: 1, lastSent: 2))))])
  }

  @Test func `what a heartbeat answer shows to be missing is sent again`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(1))
    let reports = WorkerMessage.Body.reports(
      [report(1, .records([record]))], Delivery(firstKept: 1, lastSent: 1))
    #expect(worker.handle(.timePassed, at: seconds(1.01)) == [.send(message(reports))])
    func answer(received: Int, acknowledged: Int) -> Worker.Event {
      .messageArrived(
        .heartbeatAnswer(
          HeartbeatAnswer(
            believed: [LeaseID(1)], stop: [], received: received, acknowledged: acknowledged,
            lastSent: 1)))
    }
    #expect(
      worker.handle(answer(received: 1, acknowledged: 0), at: seconds(2)) == [])
    #expect(
      worker.handle(answer(received: 0, acknowledged: 0), at: seconds(2))
        == [.send(message(reports))])
    #expect(worker.handle(answer(received: 1, acknowledged: 1), at: seconds(2)) == [])
    #expect(worker.handle(answer(received: 0, acknowledged: 1), at: seconds(2)) == [])
  }

  @Test func `a lease that the coordinator does not believe in is cancelled`() {
    var worker = running()
    let answer = HeartbeatAnswer(
      believed: [], stop: [LeaseID(1)], received: 0, acknowledged: 0, lastSent: 0)
    #expect(
      worker.handle(.messageArrived(.heartbeatAnswer(answer)), at: seconds(1))
        == [.tell(slot: 0, .cancel(run(0).key))])
    #expect(
      worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(1)) == [])
  }

  @Test func `a cancelled run that is granted again gets another process`() {
    var worker = running()
    _ = worker.handle(.messageArrived(.withdraw([LeaseID(1)])), at: seconds(1))
    let again = DeliveredGrant(grant: grant(0, lease: 2, attempt: 2))
    #expect(
      worker.handle(.messageArrived(.grants([again])), at: seconds(1))
        == [.killTrainer(slot: 0)])
    #expect(
      worker.handle(.trainerExited(slot: 0, status: 137), at: seconds(1))
        == [.startTrainer(slot: 0)])
  }

  @Test func `a trainer that dies fails its run with its last words and is replaced`() {
    var worker = running()
    _ = worker.handle(.trainerLogged(slot: 0, line: "out of memory"), at: seconds(1))
    let failure = Report.Content.failed(
      reason: "the trainer ended with status 137 before its run did", exitStatus: 137,
      logTail: "out of memory")
    #expect(
      worker.handle(.trainerExited(slot: 0, status: 137), at: seconds(1)) == [
        .startTrainer(slot: 0),
        .send(message(.reports([report(1, failure)], Delivery(firstKept: 1, lastSent: 1)))),
      ])
  }

  @Test func `a trainer whose step does not move is killed`() {
    var worker = running()
    _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(1))
    for time in 2...60 { _ = worker.handle(.timePassed, at: seconds(Double(time))) }
    #expect(!worker.handle(.timePassed, at: seconds(60.9)).contains(.killTrainer(slot: 0)))
    #expect(worker.handle(.timePassed, at: seconds(61)).contains(.killTrainer(slot: 0)))
  }

  @Test func `a worker whose trainers no longer start hands back what it has, and ends`() {
    var worker = running()
    var effects = worker.handle(.trainerExited(slot: 0, status: 137), at: seconds(2))
    _ = worker.handle(
      .messageArrived(.grants([DeliveredGrant(grant: grant(1, lease: 2))])), at: seconds(2))
    var time = 2.0
    // For more than a minute it may be a pause of the file system.
    while time < 60 {
      effects = worker.handle(.trainerDidNotStart(slot: 0, problem: "gone"), at: seconds(time))
      #expect(!effects.contains(.finished(.noTrainer("gone"))))
      time += 30
    }
    for _ in 0..<8 where !effects.contains(.finished(.noTrainer("gone"))) {
      time += 30
      effects = worker.handle(.trainerDidNotStart(slot: 0, problem: "gone"), at: seconds(time))
    }
    #expect(effects.contains(.finished(.noTrainer("gone"))))
  }

  @Test func `trainers that are killed for what their runs did end no worker, however many`() {
    var worker = running()
    for number in 0..<20 {
      let time = Double(2 + number)
      let effects = worker.handle(
        .trainerMisspoke(slot: 0, problem: "gibberish"), at: seconds(time))
      #expect(effects.contains(.killTrainer(slot: 0)))
      let after = worker.handle(.trainerExited(slot: 0, status: 137), at: seconds(time))
      #expect(after.contains(.startTrainer(slot: 0)), "\(number): \(after)")
      _ = worker.handle(.trainerSaid(slot: 0, ready), at: seconds(time))
      _ = worker.handle(
        .messageArrived(.grants([DeliveredGrant(grant: grant(1 + number, lease: 2 + number))])),
        at: seconds(time))
    }
  }

  @Test func `a trainer that no longer starts ends no worker that has another one`() {
    var worker = welcomed(settings(slots: 2))
    _ = worker.handle(.trainerSaid(slot: 1, ready), at: seconds(1))
    for time in 2...40 {
      let effects = worker.handle(
        .trainerDidNotStart(slot: 0, problem: "gone"), at: seconds(Double(time)))
      #expect(!effects.contains(.finished(.noTrainer("gone"))))
    }
  }

  @Test func `a checkpoint keeps its place before the result`() {
    var worker = running()
    let checkpoint = TrainerMessage.checkpoint(run(0).key, step: 30, file: "f")
    #expect(
      worker.handle(.trainerSaid(slot: 0, checkpoint), at: seconds(1))
        == [.readCheckpoint(slot: 0, step: 30, file: "f")])
    let summary = SimulatedScience.summary(of: run(0))
    #expect(
      worker.handle(.trainerSaid(slot: 0, .finished(run(0).key, summary)), at: seconds(1)) == [])
    let reports = [
      report(1, .checkpoint(step: 30, bytes: [5])),
      report(2, .finished(summary, elapsed: .seconds(0))),
    ]
    #expect(
      worker.handle(.checkpointRead(slot: 0, step: 30, bytes: [5]), at: seconds(1))
        == [.send(message(.reports(reports, Delivery(firstKept: 1, lastSent: 2))))])
  }

  @Test func `a state that is too large to be sent is told of once`() {
    var worker = running()
    func said() -> [String] {
      let checkpoint = TrainerMessage.checkpoint(run(0).key, step: 30, file: "f")
      _ = worker.handle(.trainerSaid(slot: 0, checkpoint), at: seconds(1))
      let bytes = [UInt8](repeating: 0, count: WireCodec.checkpointBytesMax + 1)
      return worker.handle(.checkpointRead(slot: 0, step: 30, bytes: bytes), at: seconds(1))
        .compactMap { if case .tellUser(let sentence) = $0 { sentence } else { nil } }
    }
    #expect(said().map { $0.contains("at most 48 MiB are kept") } == [true])
    #expect(said() == [])
  }

  @Test func `after silence a fresh socket is opened and runs go on`() {
    var worker = running()
    _ = worker.handle(.timePassed, at: seconds(2))
    #expect(worker.handle(.timePassed, at: seconds(21)) == [.openFreshSocket])
    guard case .send(let message)? = worker.handle(.connected, at: seconds(21)).first,
      case .hello = message.body
    else {
      Issue.record("no hello on the fresh socket")
      return
    }
  }

  @Test func `too much that is not acknowledged stops the trainers from being heard`() {
    var small = settings(slots: 1)
    small.keptBytesMax = 1000
    var worker = running(small)
    for step in 0..<30 {
      let record = SimulatedScience.record(of: run(0), step: step)
      _ = worker.handle(.trainerSaid(slot: 0, .record(run(0).key, record)), at: seconds(1))
    }
    #expect(!worker.acceptsTrainerOutput)
    _ = worker.handle(.timePassed, at: seconds(2))
    _ = worker.handle(.messageArrived(.acknowledged(through: 1)), at: seconds(2))
    #expect(worker.acceptsTrainerOutput)
  }

  @Test func `an interrupted worker saves and gives back before it ends`() {
    var worker = running()
    #expect(
      worker.handle(.interrupted(grace: .seconds(8)), at: seconds(1))
        == [.tell(slot: 0, .save(run(0).key))])
    let checkpoint = TrainerMessage.checkpoint(run(0).key, step: 30, file: "f")
    _ = worker.handle(.trainerSaid(slot: 0, checkpoint), at: seconds(2))
    let reports = [report(1, .checkpoint(step: 30, bytes: [5])), report(2, .givenBack)]
    #expect(
      worker.handle(.checkpointRead(slot: 0, step: 30, bytes: [5]), at: seconds(2)) == [
        .tell(slot: 0, .cancel(run(0).key)),
        .send(message(.reports(reports, Delivery(firstKept: 1, lastSent: 2)))),
      ])
    #expect(
      worker.handle(.messageArrived(.acknowledged(through: 2)), at: seconds(2))
        == [.send(message(.goodbye)), .finished(.interrupted)])
  }

  @Test func `a trainer that says how far it has come, or begins anew, is not hung`() {
    var settings = settings(slots: 1)
    settings.hungAfter = .seconds(10)
    var worker = running(settings)
    let key = run(0).key
    let anew = RunRecord(step: 0, measurement: Measurement(trainLoss: 1, testLoss: 1))
    // Ten times the longest pause so far, 9 s, from the last word on; without the two words, 100 s from the first second.
    var killed: Double?
    for second in stride(from: 2.0, through: 120, by: 1) where killed == nil {
      if second == 5 {
        _ = worker.handle(.trainerSaid(slot: 0, .progress(key, step: 500)), at: seconds(second))
      }
      if second == 14 {
        _ = worker.handle(.trainerSaid(slot: 0, .record(key, anew)), at: seconds(second))
      }
      let effects = worker.handle(.timePassed, at: seconds(second))
      if effects.contains(.killTrainer(slot: 0)) { killed = second }
    }
    #expect(killed == 104)
  }

  @Test
  func `nobody is blamed for the time in which the machine slept, also while a socket was opened`()
  {
    var settings = settings(slots: 1)
    settings.hungAfter = .seconds(10)
    var worker = running(settings)
    let key = run(0).key
    let opened = stride(from: 2.0, through: 120, by: 1).first { second in
      let said = TrainerMessage.progress(key, step: Int(second))
      return worker.handle(.trainerSaid(slot: 0, said), at: seconds(second))
        .contains(.openFreshSocket)
    }
    guard let opened else {
      Issue.record("no socket was opened")
      return
    }
    let woken = worker.handle(.connected, at: seconds(opened + 1000))
    #expect(!woken.contains(.killTrainer(slot: 0)))
    #expect(!worker.handle(.timePassed, at: seconds(opened + 1001)).contains(.killTrainer(slot: 0)))
  }
}
