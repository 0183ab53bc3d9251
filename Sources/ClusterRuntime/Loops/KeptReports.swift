public import Coordination
public import Experiments
import Foundation

/// Reports of a worker that no coordinator has acknowledged, in files that outlive the worker.
///
/// A file a batch, in the format of the wire, each there whole or not at all. Their names number them; each says besides with which
/// number the files began of which none has been removed. Reports are delivered as far as no file before them is missing: of a
/// run whose records have a gap the end must not be believed. What is delivered twice has no second effect, so that they may be
/// removed late.
public final class KeptReports {
  private let folder: String
  private let worker: WorkerID
  /// The number of the first file of those that are there.
  private var firstNumber = 1
  private var nextNumber = 1

  /// Names a folder, which need not be there until something is kept.
  public init(folder: String, worker: WorkerID) {
    self.folder = folder
    self.worker = worker
  }

  /// All that was kept, in its order, as far as nothing is missing; files that come after a gap are set aside.
  ///
  /// - Parameter onProblem: told of what cannot be delivered.
  /// - Returns: the reports; none if nothing was kept.
  /// - Throws: `RuntimeFailure` if the folder is there and cannot be read, or a file cannot be set aside.
  public func read(onProblem: (String) -> Void) throws(RuntimeFailure) -> [Report] {
    var reports: [Report] = []
    var names = try names()[...]
    if let first = names.first { (firstNumber, nextNumber) = (first.number, first.number) }
    while let file = names.first {
      do throws(Unusable) {
        reports += try batch(file)
      } catch {
        onProblem(
          "\(folder)/\(file.name): \(error.reason); "
            + (names.count == 1 ? "it is" : "it and the \(names.count - 1) that follow are")
            + " set aside, and what no coordinator has is computed again")
        break
      }
      nextNumber += 1
      names.removeFirst()
    }
    for file in names { try setAside(file.name) }
    if reports.isEmpty { firstNumber = nextNumber }
    return reports
  }

  private struct Unusable: Error {
    var reason: String
  }

  /// The reports of the file that is expected next.
  private func batch(_ file: (number: Int, name: String)) throws(Unusable) -> [Report] {
    let bytes = FileManager.default.contents(atPath: "\(folder)/\(file.name)") ?? Data()
    let message: WorkerMessage
    do throws(WireError) {
      message = try WireCodec.decodeWorkerMessage(bytes)
    } catch {
      throw Unusable(reason: "\(error)")
    }
    guard case .reports(let batch, let numbers) = message.body, message.worker == worker else {
      throw Unusable(reason: "expected reports of worker \(worker)")
    }
    // Those before it were to be removed: what is still there could not be, and stands before no gap.
    if numbers.firstKept == file.number { (firstNumber, nextNumber) = (file.number, file.number) }
    // Earlier versions wrote no numbers, and removed files from the first on.
    guard file.number == nextNumber, numbers.lastSent == 0 || numbers.firstKept == firstNumber
    else {
      throw Unusable(reason: "a file before it is missing")
    }
    return batch
  }

  /// Keeps a batch.
  ///
  /// - Parameter reports: in their order.
  /// - Throws: `RuntimeFailure` if it cannot be written.
  public func add(_ reports: [Report]) throws(RuntimeFailure) {
    try Folders.make(folder)
    let numbers = Delivery(firstKept: firstNumber, lastSent: nextNumber)
    let message = WorkerMessage(worker: worker, epoch: 0, body: .reports(reports, numbers))
    let number = String(nextNumber)
    let name = String(repeating: "0", count: max(0, 9 - number.count)) + number + Self.suffix
    try Folders.write(WireCodec.encode(message), to: "\(folder)/\(name)")
    nextNumber += 1
  }

  /// Removes all that was kept; what cannot be removed is delivered once more, without effect.
  public func removeAll() {
    // From the end: what a broken-off removal leaves has no gap.
    for file in ((try? names()) ?? []).reversed() { unlink("\(folder)/\(file.name)") }
    firstNumber = nextNumber
  }

  private func setAside(_ name: String) throws(RuntimeFailure) {
    let path = "\(folder)/\(name)"
    guard rename(path, path + ".aside") == 0 else {
      let reason = String(cString: strerror(errno))
      throw RuntimeFailure(.surroundings, "cannot rename \(path): \(reason)")
    }
  }

  private static let suffix = ".reports"

  private func names() throws(RuntimeFailure) -> [(number: Int, name: String)] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder)
        .filter { $0.hasSuffix(Self.suffix) }
        .compactMap { name in Int(name.dropLast(Self.suffix.count)).map { ($0, name) } }
        .sorted { $0.number < $1.number }
    } catch {
      throw RuntimeFailure(.surroundings, "cannot read \(folder): \(Folders.reason(error))")
    }
  }
}
