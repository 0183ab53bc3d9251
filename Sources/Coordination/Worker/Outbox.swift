import Experiments
import OrderedCollections

/// Every report until it is acknowledged, in the order of the sequence numbers.
struct Outbox: Sendable {
  /// Unacknowledged bytes on their way at most; the rest follows acknowledgements.
  private static let windowBytes = 16 << 20
  /// A message is closed once it is this large.
  private static let messageBytes = 2 << 20
  /// A batch of records is closed once it is this long.
  private static let recordsMax = 1000

  private let bytesMax: Int
  private var reports: [Report] = []
  private var sizes: [Int] = []
  private(set) var firstKept = 1
  private(set) var sentThrough = 0
  private var keptBytes = 0
  private var flyingBytes = 0
  /// The last report of each lease, if it is an unsent batch of records that may grow.
  private var open: [LeaseID: Int] = [:]
  /// Everything up to here lies on disk, too; 0 when nothing does.
  private(set) var keptThrough = 0
  private(set) var unsentSince: MonotonicInstant?
  /// Whether an unsent report should not wait for company.
  private(set) var isUrgent = false

  /// Makes an outbox with what a former process has left on disk.
  init(bytesMax: Int, kept: [Report] = [], at now: MonotonicInstant) {
    self.bytesMax = bytesMax
    for report in kept {
      let holding = Worker.Holding(run: report.run, attempt: report.attempt, step: 0)
      append(
        report.content, of: report.lease, holding, size: Self.size(of: report.content), at: now)
    }
    keptThrough = lastSequence
  }

  var isEmpty: Bool { reports.isEmpty }
  var isFull: Bool { keptBytes > bytesMax }
  var lastSequence: Int { firstKept + reports.count - 1 }
  var delivery: Delivery { Delivery(firstKept: firstKept, lastSent: sentThrough) }

  /// Since when something has waited that there is room to send.
  var waitingSince: MonotonicInstant? {
    sentThrough < lastSequence && flyingBytes < Self.windowBytes ? unsentSince : nil
  }

  mutating func add(
    _ record: RunRecord, of lease: LeaseID, _ holding: Worker.Holding, at now: MonotonicInstant
  ) {
    if let sequence = open[lease], sequence > sentThrough, sequence >= firstKept,
      case .records(var records) = reports[sequence - firstKept].content
    {
      reports[sequence - firstKept].content = .givenBack
      records.append(record)
      let size = Self.size(of: record)
      sizes[sequence - firstKept] += size
      keptBytes += size
      if records.count >= Self.recordsMax { open[lease] = nil }
      reports[sequence - firstKept].content = .records(records)
      return
    }
    append(.records([record]), of: lease, holding, size: 64 + Self.size(of: record), at: now)
    open[lease] = lastSequence
  }

  /// Adds anything but records, and returns its sequence number.
  mutating func add(
    _ content: Report.Content, of lease: LeaseID, _ holding: Worker.Holding, isUrgent: Bool,
    at now: MonotonicInstant
  ) -> Int {
    open[lease] = nil
    append(content, of: lease, holding, size: Self.size(of: content), at: now)
    if isUrgent { self.isUrgent = true }
    return lastSequence
  }

  private mutating func append(
    _ content: Report.Content, of lease: LeaseID, _ holding: Worker.Holding, size: Int,
    at now: MonotonicInstant
  ) {
    reports.append(
      Report(
        sequence: lastSequence + 1, lease: lease, run: holding.run, attempt: holding.attempt,
        content: content))
    sizes.append(size)
    keptBytes += size
    if unsentSince == nil { unsentSince = now }
  }

  private static func size(of record: RunRecord) -> Int { 48 + 24 * record.observables.count }

  private static func size(of content: Report.Content) -> Int {
    switch content {
    case .records(let records): 64 + records.reduce(0) { $0 + size(of: $1) }
    case .checkpoint(_, let bytes): 512 + bytes.count
    case .finished, .failed, .refused, .notContinued, .givenBack: 512
    }
  }

  /// Whether something is here that would be lost with this process.
  var hasUnkept: Bool { max(keptThrough, firstKept - 1) < lastSequence }

  /// Whether all that lies on disk is durable at the coordinator.
  var isKeptInVain: Bool { keptThrough > 0 && firstKept > keptThrough }

  /// A message's worth of what is not on disk yet; empty when all is.
  mutating func takeUnkept() -> [Report] {
    var taken: [Report] = []
    var bytes = 0
    // What is on disk grows no more.
    open.removeAll(keepingCapacity: true)
    var next = max(keptThrough + 1, firstKept)
    while next <= lastSequence, bytes < Self.messageBytes {
      let size = sizes[next - firstKept]
      if !taken.isEmpty, bytes + size > Self.messageBytes { break }
      taken.append(reports[next - firstKept])
      bytes += size
      next += 1
    }
    keptThrough = next - 1
    return taken
  }

  mutating func forgetKept() { keptThrough = 0 }

  /// What was taken from here on could not be written to disk.
  mutating func keepFailed(from sequence: Int) { keptThrough = min(keptThrough, sequence - 1) }

  /// Drops what is durable.
  mutating func acknowledge(through sequence: Int) {
    let count = min(sequence, lastSequence) - firstKept + 1
    guard count > 0 else { return }
    for index in 0..<count {
      keptBytes -= sizes[index]
      if firstKept + index <= sentThrough { flyingBytes -= sizes[index] }
    }
    reports.removeFirst(count)
    sizes.removeFirst(count)
    firstKept += count
    sentThrough = max(sentThrough, firstKept - 1)
  }

  /// What comes after this has not arrived: it is sent again.
  mutating func rewind(to received: Int, at now: MonotonicInstant) {
    let target = max(received, firstKept - 1)
    guard target < sentThrough else { return }
    for sequence in (target + 1)...sentThrough { flyingBytes -= sizes[sequence - firstKept] }
    sentThrough = target
    isUrgent = true
    if unsentSince == nil { unsentSince = now }
  }

  /// The next message's worth of unsent reports; empty when nothing waits or the window is full.
  mutating func takeUnsent() -> [Report] {
    var taken: [Report] = []
    var bytes = 0
    while sentThrough < lastSequence, flyingBytes < Self.windowBytes, bytes < Self.messageBytes {
      let index = sentThrough + 1 - firstKept
      // A message holds one large report, or many small ones.
      if !taken.isEmpty, bytes + sizes[index] > Self.messageBytes { break }
      taken.append(reports[index])
      bytes += sizes[index]
      flyingBytes += sizes[index]
      sentThrough += 1
    }
    if sentThrough == lastSequence {
      unsentSince = nil
      isUrgent = false
      open.removeAll(keepingCapacity: true)
    }
    return taken
  }
}
