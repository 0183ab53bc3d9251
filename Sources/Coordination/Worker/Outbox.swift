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
  private(set) var unsentSince: MonotonicInstant?
  /// Whether an unsent report should not wait for company.
  private(set) var isUrgent = false

  init(bytesMax: Int) { self.bytesMax = bytesMax }

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
    var size = 512
    if case .checkpoint(_, let bytes) = content { size += bytes.count }
    open[lease] = nil
    append(content, of: lease, holding, size: size, at: now)
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
