import Coordination
import Experiments
import Foundation
import HeapModule
import Testing

/// What a node costs its coordinator: the real coordinator and the real worker, without faults, counted.
///
/// docs/cluster.md reckons from this what a thousand nodes need; `make traffic` prints the table.
@Suite struct TrafficTests {
  /// Reports wait 5 ms for company, as they do by default, or longer.
  @Test(arguments: [(10, 5), (60, 5), (600, 5), (3600, 5), (60, 500)])
  func `a node of 64 cores costs its coordinator a few messages a second`(
    seconds: Int, reportDelay: Int
  ) {
    var node = QuietNode(
      slots: 64, runSeconds: Double(seconds), recordsPerRun: 100,
      reportDelay: .milliseconds(reportDelay))
    let span = max(60, 3 * Double(seconds))
    node.live(through: span)
    let (up, down) = (node.toCoordinator, node.toWorker)
    let table = [
      "runs of \(seconds) s, reports after \(reportDelay) ms", "ended \(node.ended)",
      "up: \(rounded(Double(up.messages) / span)) messages/s, \(rounded(Double(up.bytes) / span)) bytes/s",
      "down: \(rounded(Double(down.messages) / span)) messages/s, \(rounded(Double(down.bytes) / span)) bytes/s",
      "commits \(rounded(Double(node.commits) / span))/s",
      "records \(rounded(Double(node.records) / span))/s",
      "checkpoints \(rounded(Double(node.checkpoints) / span))/s",
    ].joined(separator: "; ")
    if ProcessInfo.processInfo.environment["TRACE"] != nil { print(table) }
    #expect(node.ended >= (Int(span) / seconds - 1) * 64, "\(table)")
    // Two heartbeats in ten seconds and their answers, a message for the records of a moment, and no more
    // for each run than its grant and its result.
    let runs = Double(node.ended) / span
    #expect(Double(down.messages) / span < 1 + Double(up.messages) / span + 2 * runs, "\(table)")
    #expect(Double(up.messages) / span < 2 + 2 * runs * 101 + 64.0 / 60, "\(table)")
  }

  private func rounded(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// A coordinator and one worker, between which every message arrives after a millisecond.
private struct QuietNode {
  struct Count {
    var messages = 0
    var bytes = 0

    mutating func add(_ payload: Data) {
      messages += 1
      bytes += payload.count
    }
  }

  private enum Happening {
    case coordinator(Coordinator.Event)
    case worker(Worker.Event)
    case trainer(slot: Int, RunOrder, record: Int)
  }

  private struct Scheduled: Comparable {
    var at: MonotonicInstant
    var number: Int
    var happening: Happening

    static func < (left: Self, right: Self) -> Bool {
      (left.at, left.number) < (right.at, right.number)
    }
    static func == (left: Self, right: Self) -> Bool { left.number == right.number }
  }

  private(set) var toCoordinator = Count()
  private(set) var toWorker = Count()
  private(set) var commits = 0
  private(set) var records = 0
  private(set) var checkpoints = 0
  private(set) var ended = 0

  private let runSeconds: Double
  private let recordsPerRun: Int
  private let slots: Int
  private var coordinator: Coordinator
  private var worker: Worker
  private var now = MonotonicInstant(nanoseconds: 0)
  private var agenda = Heap<Scheduled>()
  private var number = 0
  private static let way: Duration = .milliseconds(1)
  private static let commitTime: Duration = .milliseconds(5)
  private static let route = RoutingID(Array("node".utf8))

  init(slots: Int, runSeconds: Double, recordsPerRun: Int, reportDelay: Duration) {
    (self.slots, self.runSeconds, self.recordsPerRun) = (slots, runSeconds, recordsPerRun)
    coordinator = Coordinator(settings: Coordinator.Settings(), at: now)
    var settings = Worker.Settings(
      worker: WorkerID("node"), epoch: 1, softwareVersion: "1", host: "node", slots: slots,
      blasKernels: "SkylakeX")
    settings.reportDelay = reportDelay
    worker = Worker(settings: settings, kept: [], at: now)
    let count = slots * (Int(max(60, 3 * runSeconds) / runSeconds) + 4)
    let runs = (0..<count).map {
      RestoredRun(configuration: SimulatedScience.configuration(x: $0, seed: 0))
    }
    schedule(
      .coordinator(
        .sweepSubmitted(
          SweepSubmission(name: "s", request: SimulatedScience.request, runs: runs))),
      after: .zero)
    schedule(.worker(.started), after: Self.way)
  }

  mutating func live(through seconds: Double) {
    let end = MonotonicInstant(nanoseconds: Int64(seconds * 1e9))
    while now < end {
      let deadline = [coordinator.nextDeadline, worker.nextDeadline].compactMap { $0 }.min()
      if let next = agenda.min, deadline.map({ next.at <= $0 }) ?? true {
        _ = agenda.popMin()
        now = max(now, next.at)
        perform(next.happening)
      } else if let deadline {
        now = max(now, deadline)
        tellCoordinator(.timePassed)
        tellWorker(.timePassed)
      } else {
        return
      }
    }
  }

  private mutating func schedule(_ happening: Happening, after delay: Duration) {
    number += 1
    agenda.insert(Scheduled(at: now + delay, number: number, happening: happening))
  }

  private mutating func perform(_ happening: Happening) {
    switch happening {
    case .coordinator(let event): tellCoordinator(event)
    case .worker(let event): tellWorker(event)
    case .trainer(let slot, let order, let record): move(slot, order, record)
    }
  }

  /// A trainer says what it has measured, saves its run once a minute, and ends it.
  private mutating func move(_ slot: Int, _ order: RunOrder, _ record: Int) {
    func say(_ message: TrainerMessage) { tellWorker(.trainerSaid(slot: slot, message)) }
    let interval = runSeconds / Double(recordsPerRun)
    records += 1
    say(
      .record(
        order.key, SimulatedScience.record(of: order.configuration, step: record, computation: 1)))
    let (before, after) = (Double(record) * interval, Double(record + 1) * interval)
    if Int(before / 60) < Int(after / 60), record + 1 < recordsPerRun {
      checkpoints += 1
      say(.checkpoint(order.key, step: record, file: "\(order.key.abbreviation)"))
    }
    guard record + 1 < recordsPerRun else {
      ended += 1
      return say(.finished(order.key, SimulatedScience.summary(of: order.configuration)))
    }
    schedule(
      .trainer(slot: slot, order, record: record + 1), after: .milliseconds(Int64(interval * 1000)))
  }

  private mutating func tellCoordinator(_ event: Coordinator.Event) {
    for effect in coordinator.handle(event, at: now) {
      switch effect {
      case .send(let message, _): sendToWorker(message)
      case .grant(let grants, _): sendToWorker(.grants(grants.map { DeliveredGrant(grant: $0) }))
      case .commit(let batch, _):
        commits += 1
        schedule(.coordinator(.storeCommitted(batch)), after: Self.commitTime)
      case .answer, .register, .tellUser, .finished: break
      }
    }
  }

  private mutating func sendToWorker(_ message: CoordinatorMessage) {
    toWorker.add(WireCodec.encode(message))
    schedule(.worker(.messageArrived(message)), after: Self.way)
  }

  private mutating func tellWorker(_ event: Worker.Event) {
    for effect in worker.handle(event, at: now) {
      switch effect {
      case .send(let message):
        toCoordinator.add(WireCodec.encode(message))
        schedule(.coordinator(.messageArrived(message, from: Self.route)), after: Self.way)
      case .startTrainer(let slot):
        schedule(
          .worker(.trainerSaid(slot: slot, .ready(trainer: "quiet", experiments: []))),
          after: .milliseconds(100))
      case .run(let slot, let order, _):
        // Not all at once: a node's trainers are spread over time.
        schedule(.trainer(slot: slot, order, record: 0), after: .milliseconds(Int64(slot) * 10))
      case .readCheckpoint(let slot, let step, _):
        // Their bytes are counted apart: they depend on the network.
        schedule(
          .worker(.checkpointRead(slot: slot, step: step, bytes: [0])), after: .milliseconds(1))
      case .tell, .killTrainer, .keep, .forgetKept, .tellUser, .openFreshSocket, .finished: break
      }
    }
  }
}
