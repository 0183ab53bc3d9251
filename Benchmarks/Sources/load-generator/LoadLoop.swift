import CLoad
import Coordination
import Experiments
import Foundation
import Glibc

/// All simulated workers of one process, on one thread.
final class LoadLoop {
  private enum Timer {
    case heartbeat
    case end(SimulatedWorker.Running)
  }

  private let options: Options
  private let workers: [SimulatedWorker]
  private let queue = epoll_create1(0)
  /// What is due in each millisecond, over and over.
  private var wheel: [[(worker: Int, timer: Timer)]]
  private var turned: Int
  private var draws = RandomDraws(seed: 77)
  /// Since when each worker has had slots that it has reported as free, the oldest first.
  private var freeSince: [[Int]]
  private let started: Int
  private(set) var result = LoadResult()

  private static let heartbeatMilliseconds = 5_000
  /// More than the longest run takes.
  private static let wheelMilliseconds = 1 << 17

  init(_ options: Options) throws(LoadError) {
    self.options = options
    let context = try DealerContext(sockets: options.workers)
    var workers: [SimulatedWorker] = []
    for number in 0..<options.workers {
      workers.append(
        try SimulatedWorker(
          number: options.firstWorker + number, options: options, in: context))
    }
    self.workers = workers
    wheel = Array(repeating: [], count: Self.wheelMilliseconds)
    freeSince = Array(repeating: [], count: options.workers)
    started = Self.now
    turned = started / 1_000_000
    for (index, worker) in workers.enumerated() {
      epoll_watch(queue, worker.socket.descriptor, UInt32(index))
    }
  }

  static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private var isDone: Bool {
    result.isStopped || result.acknowledgedRuns >= options.runs
      || (options.endsAtFirstGrant && result.firstGrant != nil)
      || Double(Self.now - started) * 1e-9 >= options.duration
  }

  /// Says hello for everybody and goes on until the load is made.
  func run() throws(LoadError) {
    for (index, worker) in workers.enumerated() {
      try worker.sayHello()
      let phase = index * Self.heartbeatMilliseconds / workers.count
      schedule(.heartbeat, of: index, in: phase + 1)
      // Thousands of connections at once would be a test of something else.
      if index % 100 == 99 { try turn() }
    }
    while !isDone { try turn() }
  }

  private func turn() throws(LoadError) {
    var ready = [UInt32](repeating: 0, count: 512)
    let count = epoll_ready(queue, &ready, 1)
    for index in ready.prefix(Int(max(count, 0))) { try receive(Int(index)) }
    let millisecond = Self.now / 1_000_000
    while turned < millisecond {
      turned += 1
      let slot = turned % wheel.count
      guard !wheel[slot].isEmpty else { continue }
      let due = wheel[slot]
      wheel[slot] = []
      for (worker, timer) in due { try fire(timer, of: worker) }
    }
  }

  private func schedule(_ timer: Timer, of worker: Int, in milliseconds: Int) {
    wheel[(turned + max(milliseconds, 1)) % wheel.count].append((worker, timer))
  }

  private func fire(_ timer: Timer, of index: Int) throws(LoadError) {
    switch timer {
    case .heartbeat:
      try workers[index].beat()
      schedule(.heartbeat, of: index, in: Self.heartbeatMilliseconds)
    case .end(let running): workers[index].reporting.append(running)
    }
    try report(index)
    // Sending looks at what has arrived, and may use up the word that something has.
    try receive(index)
  }

  private func report(_ index: Int) throws(LoadError) {
    let sent = try workers[index].report(options)
    guard sent.ends > 0 || sent.records > 0 else { return }
    freeSince[index] += Array(repeating: Self.now, count: sent.ends)
    result.sentRecords += sent.records
  }

  private func receive(_ index: Int) throws(LoadError) {
    let worker = workers[index]
    while let bytes = worker.socket.receive() {
      let message: CoordinatorMessage
      do throws(WireError) {
        message = try WireCodec.decodeCoordinatorMessage(bytes)
      } catch {
        throw LoadError(error.description)
      }
      switch message {
      case .welcome: worker.noteWelcome()
      case .introduceYourself: try worker.sayHello()
      case .grants(let grants): take(grants.map(\.grant), for: index)
      case .acknowledged(let through): acknowledge(through, index)
      case .heartbeatAnswer(let answer): acknowledge(answer.acknowledged, index)
      case .refused(let sentence, _): throw LoadError(sentence)
      case .withdraw: break
      case .stop: result.isStopped = true
      }
      try report(index)
    }
  }

  private func acknowledge(_ through: Int, _ index: Int) {
    let ended = workers[index].acknowledge(through: through)
    guard ended > 0 else { return }
    result.acknowledgedRuns += ended
    result.lastAcknowledgement = Self.now
  }

  private func take(_ grants: [Grant], for index: Int) {
    let now = Self.now
    if result.firstGrant == nil { result.firstGrant = now }
    let isMeasured = Double(now - started) * 1e-9 >= options.warmUp
    for grant in grants where workers[index].take(grant) {
      result.grants += 1
      if !freeSince[index].isEmpty {
        let since = freeSince[index].removeFirst()
        if isMeasured { result.grantNanoseconds.append(now - since) }
      }
      let running = SimulatedWorker.Running(grant: grant)
      guard options.seconds.upperBound > 0 else {
        workers[index].reporting.append(running)
        continue
      }
      let range = options.seconds.upperBound - options.seconds.lowerBound
      // The first ends are spread, as they are in the middle of a sweep.
      let seconds =
        isMeasured || result.grants > workers.count * options.slots
        ? options.seconds.lowerBound + range * draws.next()
        : options.seconds.upperBound * draws.next()
      schedule(.end(running), of: index, in: Int(seconds * 1000))
    }
  }
}

/// What came of a load.
struct LoadResult {
  var firstGrant: Int?
  var lastAcknowledgement = 0
  var grants = 0
  var acknowledgedRuns = 0
  var sentRecords = 0
  var isStopped = false
  /// From the report that freed a slot to the grant that fills it.
  var grantNanoseconds: [Int] = []

  /// One line of JSON; times are those of the monotonic clock, in seconds.
  var json: String {
    let sorted = grantNanoseconds.sorted()
    func milliseconds(_ share: Double) -> Double {
      sorted.isEmpty ? 0 : Double(sorted[Int(share * Double(sorted.count - 1))]) * 1e-6
    }
    let first = Double(firstGrant ?? 0) * 1e-9
    let last = Double(lastAcknowledgement) * 1e-9
    return """
      {"first_grant": \(first), "last_acknowledgement": \(last), "grants": \(grants), \
      "runs": \(acknowledgedRuns), "records": \(sentRecords), "latencies": \(sorted.count), \
      "p50": \(milliseconds(0.5)), "p90": \(milliseconds(0.9)), "p99": \(milliseconds(0.99)), \
      "p999": \(milliseconds(0.999)), "max": \(milliseconds(1))}
      """
  }
}
