import Coordination
import Experiments
import OrderedCollections

/// A coordinator whose store commits at once and whose workers hold what they were granted.
struct SmallCluster {
  var coordinator: Coordinator
  /// What each worker was granted and has not ended, in order.
  private(set) var held: OrderedDictionary<String, [Grant]> = [:]
  private(set) var notices: [Coordinator.Notice] = []
  private(set) var answers: [CommandAnswer.Content] = []
  private(set) var failed: Set<RunKey> = []
  private(set) var finished: Set<RunKey> = []
  private var sequences: [String: Int] = [:]
  private var sweeps = 0
  private var hosts: [String: String] = [:]
  private(set) var time = 0.0

  init(runs: Int, change: (inout Coordinator.Settings) -> Void = { _ in }) {
    var settings = Coordinator.Settings()
    change(&settings)
    coordinator = Coordinator(settings: settings, at: seconds(0))
    submit((0..<runs).map { RestoredRun(configuration: run($0)) })
  }

  mutating func submit(
    _ runs: [RestoredRun], request: Request = SimulatedScience.request, priority: Int = 0
  ) {
    sweeps += 1
    handle(
      .sweepSubmitted(
        SweepSubmission(name: "s\(sweeps)", priority: priority, request: request, runs: runs)))
  }

  mutating func join(_ worker: String, slots: Int = 1, host: String? = nil) {
    hosts[worker] = host ?? worker
    held[worker] = []
    sequences[worker] = 0
    let description = WorkerDescription(
      softwareVersion: "1", slots: slots, provenance: provenance(host ?? worker))
    hear(.hello(description, Delivery(firstKept: 1, lastSent: 0)), from: worker)
  }

  /// The first of a worker's runs ends in this way.
  mutating func end(_ worker: String, _ content: Report.Content, place: Int = 0) {
    guard held[worker]?.indices.contains(place) == true,
      let grant = held[worker]?.remove(at: place)
    else { return }
    let sequence = (sequences[worker] ?? 0) + 1
    sequences[worker] = sequence
    let report = Report(
      sequence: sequence, lease: grant.lease, run: grant.run, attempt: grant.attempt,
      content: content)
    hear(.reports([report], Delivery(firstKept: sequence, lastSent: sequence)), from: worker)
  }

  mutating func fail(_ worker: String, place: Int = 0) {
    end(worker, .failed(reason: "r", exitStatus: nil, logTail: ""), place: place)
  }

  mutating func finish(
    _ worker: String, place: Int = 0, taking elapsed: Duration = .seconds(9),
    asked request: Request = SimulatedScience.request
  ) {
    guard let grants = held[worker], grants.indices.contains(place) else { return }
    let grant = grants[place]
    let summary = SimulatedScience.summary(of: grant.configuration, request)
    end(worker, .finished(summary, elapsed: elapsed), place: place)
  }

  /// A worker dies; its silence is noticed while all others are heard.
  mutating func lose(_ worker: String) {
    held[worker] = nil
    pass(seconds: 50)
  }

  /// Time goes by in which everybody is heard.
  mutating func pass(seconds: Double) {
    let end = time + seconds
    while time < end {
      time += 5
      for (other, grants) in held {
        let leases = grants.map {
          HeldLease(lease: $0.lease, run: $0.run, attempt: $0.attempt, step: 0)
        }
        let sent = sequences[other] ?? 0
        hear(
          .heartbeat(leases, freeSlots: 0, Delivery(firstKept: sent + 1, lastSent: sent)),
          from: other)
      }
      handle(.timePassed)
    }
  }

  mutating func leave(_ worker: String) {
    hear(.goodbye, from: worker)
    held[worker] = nil
  }

  private mutating func hear(_ body: WorkerMessage.Body, from worker: String) {
    handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID(worker), epoch: 1, body: body), from: routing(worker)))
  }

  mutating func handle(_ event: Coordinator.Event) {
    var events = [event]
    while !events.isEmpty {
      for effect in coordinator.handle(events.removeFirst(), at: seconds(time)) {
        switch effect {
        case .commit(let batch, let changes):
          events.append(.storeCommitted(batch))
          for case .fail(let key, _) in changes { failed.insert(key) }
          for case .accept(let key, _, _) in changes { finished.insert(key) }
        case .grant(let grants, let routing):
          let worker = String(decoding: routing.bytes, as: UTF8.self)
          held[worker, default: []] += grants
        case .send(.withdraw(let leases), let routing):
          let worker = String(decoding: routing.bytes, as: UTF8.self)
          held[worker]?.removeAll { leases.contains($0.lease) }
        case .tellUser(let notice): notices.append(notice)
        case .answer(let answer, _): answers.append(answer.content)
        case .send, .register, .finished: break
        }
      }
    }
  }

  /// What a user is answered.
  mutating func ask(_ request: Command.Request) -> CommandAnswer.Content? {
    handle(.commandArrived(Command(id: UInt64(answers.count), request), from: routing("user")))
    return answers.last
  }

  /// The keys that a worker holds.
  func runs(of worker: String) -> [RunKey] { held[worker]?.map(\.run) ?? [] }
}
