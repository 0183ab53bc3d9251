import Coordination
import Experiments
import Foundation

/// A worker without trainers: its runs take as long as they are told to and report what they are told to.
///
/// It lists and delivers as a real one does, but takes libzmq's word that nothing is lost on the way.
final class SimulatedWorker {
  /// A run that it computes.
  struct Running {
    var grant: Grant
    var recordsSent = 0
  }

  let socket: Dealer
  private let id: WorkerID
  private let epoch = UInt64.random(in: 1 ... .max)
  private let host: String
  private let slots: Int
  private(set) var isWelcome = false
  /// Listed in heartbeats until the end of their runs is acknowledged.
  private var held: [LeaseID: HeldLease] = [:]
  /// The sequence numbers of ends that are not acknowledged, in order.
  private var ends: [(sequence: Int, lease: LeaseID)] = []
  /// Runs with something to report, in turn.
  var reporting: [Running] = []
  private var lastSequence = 0
  private var acknowledged = 0
  private var draws: RandomDraws

  /// Unacknowledged reports at most, so that the coordinator's memory is not what is measured.
  private static let window = 4_000
  /// Reports in a message at most.
  private static let reportsMax = 2_000

  init(number: Int, options: Options, in context: DealerContext) throws(LoadError) {
    socket = try Dealer(to: options.address, in: context)
    id = WorkerID(UUID().uuidString)
    host = "node-\(number)"
    slots = options.slots
    draws = RandomDraws(seed: UInt64(number) + 1)
  }

  private var delivery: Delivery {
    Delivery(firstKept: acknowledged + 1, lastSent: lastSequence)
  }

  private func send(_ body: WorkerMessage.Body) throws(LoadError) {
    try socket.send(WireCodec.encode(WorkerMessage(worker: id, epoch: epoch, body: body)))
  }

  func sayHello() throws(LoadError) {
    let description = WorkerDescription(
      softwareVersion: "load-generator", slots: slots,
      provenance: Provenance(host: host, trainer: "load-generator", blasKernels: "none"))
    try send(.hello(description, delivery))
  }

  func noteWelcome() { isWelcome = true }

  func beat() throws(LoadError) {
    guard isWelcome else { return }
    try send(.heartbeat(Array(held.values), freeSlots: max(0, slots - held.count), delivery))
  }

  /// Takes a run in, unless it is one that it has already.
  func take(_ grant: Grant) -> Bool {
    guard held[grant.lease] == nil else { return false }
    held[grant.lease] = HeldLease(
      lease: grant.lease, run: grant.run, attempt: grant.attempt, step: 0)
    return true
  }

  /// What is durable need not be kept.
  ///
  /// - Parameter sequence: reports up to here are durable.
  /// - Returns: how many runs have thereby ended.
  func acknowledge(through sequence: Int) -> Int {
    guard sequence > acknowledged else { return 0 }
    acknowledged = sequence
    let count = ends.firstIndex { $0.sequence > sequence } ?? ends.count
    for end in ends[..<count] { held[end.lease] = nil }
    ends.removeFirst(count)
    return count
  }

  /// Reports what the runs have to say, as far as acknowledgements allow.
  ///
  /// - Parameter options: how much that is.
  /// - Returns: how many runs and records it sent.
  /// - Throws: `LoadError` if it cannot be sent.
  func report(_ options: Options) throws(LoadError) -> (ends: Int, records: Int) {
    var (ends, sent) = (0, 0)
    while !reporting.isEmpty, lastSequence - acknowledged < Self.window {
      var reports: [Report] = []
      var unfinished: [Running] = []
      var next = 0
      while next < reporting.count, reports.count < Self.reportsMax {
        var running = reporting[next]
        next += 1
        let count = min(options.recordsAReport, options.records - running.recordsSent)
        if count > 0 {
          reports.append(
            report(.records(records(count, from: running.recordsSent, options)), of: running))
          running.recordsSent += count
          sent += count
        }
        if running.recordsSent < options.records {
          unfinished.append(running)
        } else {
          reports.append(report(finished(running, options), of: running))
          self.ends.append((lastSequence, running.grant.lease))
          ends += 1
        }
      }
      reporting.replaceSubrange(..<next, with: [])
      reporting += unfinished
      try send(.reports(reports, delivery))
    }
    return (ends, sent)
  }

  private func report(_ content: Report.Content, of running: Running) -> Report {
    lastSequence += 1
    return Report(
      sequence: lastSequence, lease: running.grant.lease, run: running.grant.run,
      attempt: running.grant.attempt, content: content)
  }

  /// Losses and accuracies with all their digits: what compresses worst.
  private func records(_ count: Int, from first: Int, _ options: Options) -> [RunRecord] {
    (first..<first + count).map { step in
      RunRecord(
        step: step,
        measurement: Measurement(
          trainLoss: draws.next(), testLoss: draws.next(),
          trainAccuracy: options.hasAccuracies ? draws.next() : nil,
          testAccuracy: options.hasAccuracies ? draws.next() : nil))
    }
  }

  /// What a trainer would have taken: nothing, for a run of a few records.
  private func elapsed(_ options: Options) -> Duration {
    if options.seconds.upperBound > 0 { return .seconds(options.seconds.upperBound) }
    return options.records > 1000 ? .seconds(1) : .microseconds(1)
  }

  private func finished(_ running: Running, _ options: Options) -> Report.Content {
    let request = running.grant.request
    let last = max(options.records - 1, 0)
    var crossings = Crossings()
    for threshold in request.thresholds.loss {
      crossings.record(last, of: .trainLoss, at: threshold)
      crossings.record(last, of: .testLoss, at: threshold)
    }
    for threshold in request.thresholds.accuracy {
      crossings.record(nil, of: .trainAccuracy, at: threshold)
      crossings.record(nil, of: .testAccuracy, at: threshold)
    }
    let ending = Measurement(trainLoss: draws.next(), testLoss: draws.next())
    let summary = RunSummary(
      steps: request.stopsWhenConverged ? last : request.maxSteps,
      stopped: request.stopsWhenConverged ? .converged : .stepLimit, crossings: crossings,
      convergedAt: request.stopsWhenConverged ? last : nil,
      initial: Measurement(trainLoss: draws.next(), testLoss: draws.next()), final: ending)
    return .finished(summary, elapsed: elapsed(options))
  }
}

/// xorshift64*: the numbers need not be good, but quick to draw.
struct RandomDraws {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  /// A number between 0 and 1.
  mutating func next() -> Double {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return Double((state &* 0x2545_F491_4F6C_DD1D) >> 11) * 0x1p-53
  }
}
