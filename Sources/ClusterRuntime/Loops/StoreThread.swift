import Coordination
public import Experiments
import Foundation
import Synchronization

/// Makes a batch durable, or nothing of it.
public typealias StoreWriter = @Sendable ([StoreChange]) throws(StoreWriteFailure) -> Void

/// Why a batch was not written.
public struct StoreWriteFailure: Error {
  public var reason: String
  /// Whether the same batch may be written later without anybody changing it.
  public var isRetryable: Bool

  public init(reason: String, isRetryable: Bool) {
    self.reason = reason
    self.isRetryable = isRetryable
  }
}

/// Writes batches to the store on a thread of its own, so that a slow disk holds up no heartbeat.
///
/// Batches are carried out one after the other in the order in which they came. What became of each
/// is fetched with `takeReports` once the flag is up.
final class StoreThread: Sendable {
  /// What became of a batch.
  enum Report: Sendable {
    case committed(BatchID)
    case failed(BatchID, reason: String, isRetryable: Bool)
  }

  private struct Batch: Sendable {
    var id: BatchID
    var changes: [StoreChange]
  }
  private struct Exchange: Sendable {
    var reports: [Report] = []
    var queue: [Batch] = []
    var isClosing = false
  }

  let flag: EventFlag
  private let exchange = Mutex(Exchange())
  private let work = DispatchSemaphore(value: 0)
  private let end = DispatchSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Parameter writer: makes a batch durable, or nothing of it.
  /// - Throws: `RuntimeFailure` if the system lends no event.
  init(writer: @escaping StoreWriter) throws(RuntimeFailure) {
    flag = try EventFlag()
    let thread = Thread { [self] in
      while let batch = nextBatch() {
        let report: Report
        do throws(StoreWriteFailure) {
          try writer(batch.changes)
          report = .committed(batch.id)
        } catch {
          report = .failed(batch.id, reason: error.reason, isRetryable: error.isRetryable)
        }
        exchange.withLock { $0.reports.append(report) }
        flag.raise()
      }
      end.signal()
    }
    thread.name = "store"
    thread.start()
  }

  func submit(_ id: BatchID, _ changes: [StoreChange]) {
    exchange.withLock { $0.queue.append(Batch(id: id, changes: changes)) }
    work.signal()
  }

  var hasReports: Bool { exchange.withLock { !$0.reports.isEmpty } }

  func takeReports() -> [Report] {
    flag.lower()
    return exchange.withLock { exchange in
      defer { exchange.reports = [] }
      return exchange.reports
    }
  }

  /// Lets the thread finish what it was given and waits for its end.
  func close() {
    exchange.withLock { $0.isClosing = true }
    work.signal()
    end.wait()
  }

  private func nextBatch() -> Batch? {
    while true {
      work.wait()
      let (batch, isClosing) = exchange.withLock { exchange in
        (exchange.queue.isEmpty ? nil : exchange.queue.removeFirst(), exchange.isClosing)
      }
      if let batch { return batch }
      if isClosing { return nil }
    }
  }
}
