import Coordination
import Experiments
import Foundation

/// Reports of a worker that no coordinator has acknowledged, in files that outlive the worker.
///
/// A file a batch, in the format of the wire, each there whole or not at all; their names give the order.
/// What is delivered twice has no second effect, so that they may be removed late.
final class KeptReports {
  private let folder: String
  private let worker: WorkerID
  private var nextNumber = 1

  /// Names a folder, which need not be there until something is kept.
  init(folder: String, worker: WorkerID) {
    self.folder = folder
    self.worker = worker
  }

  /// All that was kept, in its order.
  ///
  /// - Parameter onProblem: told of a file that cannot be read; it is left where it is.
  /// - Returns: the reports; none if nothing was kept.
  /// - Throws: `RuntimeFailure` if the folder is there and cannot be read.
  func read(onProblem: (String) -> Void) throws(RuntimeFailure) -> [Report] {
    var reports: [Report] = []
    for name in try names() {
      let path = "\(folder)/\(name)"
      nextNumber = max(nextNumber, (Int(name.dropLast(Self.suffix.count)) ?? 0) + 1)
      do throws(WireError) {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        let message = try WireCodec.decodeWorkerMessage(bytes)
        guard case .reports(let batch, _) = message.body, message.worker == worker else {
          onProblem("\(path): expected reports of worker \(worker)")
          continue
        }
        reports += batch
      } catch {
        onProblem("\(path): \(error)")
      }
    }
    return reports
  }

  /// Keeps a batch.
  ///
  /// - Parameter reports: in their order.
  /// - Throws: `RuntimeFailure` if it cannot be written.
  func add(_ reports: [Report]) throws(RuntimeFailure) {
    try Folders.make(folder)
    let message = WorkerMessage(
      worker: worker, epoch: 0, body: .reports(reports, Delivery(firstKept: 1, lastSent: 0)))
    let number = String(nextNumber)
    let name = String(repeating: "0", count: max(0, 9 - number.count)) + number + Self.suffix
    try Folders.write(WireCodec.encode(message), to: "\(folder)/\(name)")
    nextNumber += 1
  }

  /// Removes all that was kept; what cannot be removed is delivered once more, without effect.
  func removeAll() {
    for name in (try? names()) ?? [] { unlink("\(folder)/\(name)") }
  }

  private static let suffix = ".reports"

  private func names() throws(RuntimeFailure) -> [String] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(Self.suffix) }.sorted()
    } catch {
      throw RuntimeFailure(.surroundings, "cannot read \(folder): \(Folders.reason(error))")
    }
  }
}
