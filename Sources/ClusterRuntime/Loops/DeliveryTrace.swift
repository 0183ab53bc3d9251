import Coordination
import Experiments
import Foundation

/// Lists in a file what a worker was told is durable, so that a checker can hold the store to it.
///
/// It sees what goes out and what comes in, and nothing of the worker's own books. A line a report:
/// seconds since 1970, the attempt, the run's key, what it was, and its last step. A checkpoint has a
/// line `sent` before: the store may have it although nobody hears that it has.
public final class DeliveryTrace {
  private let file: FileHandle
  /// What was sent and not acknowledged, by sequence number.
  private var sent: [Int: String] = [:]
  private var acknowledged = 0

  /// Opens a file to append to.
  ///
  /// - Parameter path: the file, made if it is not there.
  /// - Throws: `RuntimeFailure` if it cannot be written.
  public init(path: String) throws(RuntimeFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system("write \(path)", code: errno) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  /// Takes note of what is about to be sent.
  func note(_ message: WorkerMessage) {
    guard case .reports(let reports, _) = message.body else { return }
    let now = Date().timeIntervalSince1970
    for report in reports {
      if case .checkpoint(let step, _) = report.content, sent[report.sequence] == nil {
        file.write(Data("\(now) \(report.attempt) \(report.run.hexadecimal) sent \(step)\n".utf8))
      }
      sent[report.sequence] =
        "\(report.attempt) \(report.run.hexadecimal) \(Self.text(of: report.content))"
    }
  }

  /// Takes note of what is acknowledged, before the worker forgets it.
  func note(_ message: CoordinatorMessage) {
    switch message {
    case .acknowledged(let through): write(through: through)
    case .heartbeatAnswer(let answer): write(through: answer.acknowledged)
    default: break
    }
  }

  private func write(through sequence: Int) {
    guard sequence > acknowledged else { return }
    let now = Date().timeIntervalSince1970
    let lines = ((acknowledged + 1)...sequence).compactMap { number in
      sent.removeValue(forKey: number).map { "\(now) \($0)\n" }
    }
    acknowledged = sequence
    file.write(Data(lines.joined().utf8))
  }

  private static func text(of content: Report.Content) -> String {
    switch content {
    case .records(let records): "records \(records.last?.step ?? 0)"
    case .checkpoint(let step, _): "checkpoint \(step)"
    case .finished(let summary, _): "finished \(summary.steps)"
    case .failed: "failed 0"
    case .refused: "refused 0"
    case .notContinued, .givenBack: "given-back 0"
    }
  }
}
