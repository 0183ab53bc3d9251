import Experiments
import Foundation
import Networks
import Synchronization

/// Why a file cannot be used, in one sentence.
struct FileError: Error, CustomStringConvertible {
  let problem: String
  var description: String { problem }

  init(_ problem: String) { self.problem = problem }

  /// With the reason of the last failed system call.
  static func system(_ what: String) -> FileError {
    FileError("\(what): \(String(cString: strerror(errno)))")
  }
}

/// Where a trainer puts its checkpoints.
///
/// One object, because the loop and the threads that see the end of the input or a signal may remove it.
final class CheckpointFolder: Sendable {
  private enum State {
    /// No checkpoint yet: a private folder is made with the first, so that a trainer that is killed
    /// before has left nothing.
    case unmade
    case made(path: String, isPrivate: Bool)
    case removed
  }

  private let state: Mutex<State>

  /// Takes the given folder, made if it is not there, or a private one, made when it is needed.
  ///
  /// - Parameter given: the path of a folder, or nil.
  /// - Throws: `FileError` if it cannot be made.
  init(_ given: String?) throws(FileError) {
    guard let given else {
      state = Mutex(.unmade)
      return
    }
    do {
      try FileManager.default.createDirectory(
        atPath: given, withIntermediateDirectories: true)
    } catch {
      throw FileError("the checkpoint folder \(given) cannot be made: \(error)")
    }
    state = Mutex(.made(path: given, isPrivate: false))
  }

  /// The folder's path; makes a private folder if there is none yet.
  private func path() throws(FileError) -> String {
    try state.withLock { state throws(FileError) in
      switch state {
      case .made(let path, _): return path
      case .removed: throw FileError("the checkpoint folder is gone: the trainer is ending")
      case .unmade:
        let place = NSTemporaryDirectory()
        var template = Array(
          (place as NSString).appendingPathComponent("groksweep-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
          throw .system("a folder for checkpoints cannot be made in \(place)")
        }
        let path = String(
          decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        state = .made(path: path, isPrivate: true)
        return path
      }
    }
  }

  /// Writes a checkpoint under its final name only once it is complete.
  ///
  /// The name carries the step: a reader of an earlier one still finds its file unchanged.
  ///
  /// - Parameters:
  ///   - checkpoint: what to write.
  ///   - key: the run's key.
  ///   - step: the step it was made at.
  /// - Returns: the file's path.
  /// - Throws: `FileError` with the system's reason, a full disk for example; nothing is left behind.
  func write(_ checkpoint: Safetensors, of key: RunKey, step: Int) throws(FileError) -> String {
    let path = try path()
    let file = "\(path)/\(key.hexadecimal)-\(step).safetensors"
    let temporary = "\(path)/.\(key.hexadecimal)-\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system("the checkpoint \(file) cannot be written") }
    guard writeAll(checkpoint.bytes, to: descriptor) else {
      let error = FileError.system("the checkpoint \(file) cannot be written")
      close(descriptor)
      unlink(temporary)
      throw error
    }
    close(descriptor)
    guard rename(temporary, file) == 0 else {
      let error = FileError.system("the checkpoint \(file) cannot be written")
      unlink(temporary)
      throw error
    }
    return file
  }

  /// Removes the folder if it is private; nothing can be written any more.
  func remove() {
    state.withLock { state in
      defer { state = .removed }
      guard case .made(let path, true) = state else { return }
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        Log.write("the folder \(path) could not be removed: \(error)")
      }
    }
  }
}
