public import Experiments
import Foundation
import GRDB
import Glibc

/// Why the store could not do what it was asked for, as one sentence.
public enum StoreError: Error, Equatable, CustomStringConvertible {
  /// Nothing of the batch was kept; the same batch can be applied again once there is space.
  case diskFull(path: String)
  /// Another process holds the store.
  case inUse(path: String, by: LockHolder)
  /// The file is not a result store.
  case notAStore(path: String)
  /// The file was written by a newer version of this program.
  case newerVersion(path: String)
  /// The file was written by an older version, and a reader does not change it.
  case olderVersion(path: String)
  /// SQLite finds the file damaged.
  case corrupt(path: String, detail: String)
  /// The file or its folder cannot be written, or does not exist.
  case notWritable(path: String, detail: String)
  /// The file cannot be opened for reading.
  case notReadable(path: String, detail: String)
  /// The file system or another reader's lock got in the way; trying again may help.
  case unavailable(path: String, detail: String)
  /// A change names a run or an attempt that the store has never seen.
  case unknownAttempt(RunKey, attempt: Int?)
  /// A stored value that this version cannot read.
  case unreadable(path: String, what: String)
  /// What SQLite said about a query, with its arguments.
  case other(path: String, message: String, query: String?, arguments: String?)

  /// Whether the same call may succeed later without anybody changing it.
  public var isRetryable: Bool {
    switch self {
    case .diskFull, .unavailable: true
    default: false
    }
  }

  public var description: String {
    switch self {
    case .diskFull(let path):
      "\(path): the disk is full; what was committed before is safe"
    case .inUse(let path, let holder):
      "\(path): the store is in use by \(holder); `groksweep submit` gives that one a sweep"
    case .notAStore(let path):
      "\(path): this file is not a GrokSweep result store"
    case .newerVersion(let path):
      "\(path): this store was written by a newer version of GrokSweep; use that version"
    case .olderVersion(let path):
      "\(path): this store was written by an older version of GrokSweep; "
        + "`groksweep run` or `groksweep coordinate` brings it up to date"
    case .corrupt(let path, let detail):
      "\(path): the store is damaged (\(detail)); restore it from a copy, or let sqlite3 "
        + "recover what can be read"
    case .notWritable(let path, let detail):
      "\(path): the store cannot be written: \(detail)"
    case .notReadable(let path, let detail):
      "\(path): the store cannot be read: \(detail)"
    case .unavailable(let path, let detail):
      "\(path): the store does not answer at the moment: \(detail)"
    case .unknownAttempt(let run, let attempt):
      if let attempt {
        "run \(run.abbreviation) has no attempt \(attempt) in the store"
      } else {
        "there is no run \(run.abbreviation) in the store"
      }
    case .unreadable(let path, let what):
      "\(path): \(what) is not in a form that this version reads"
    case .other(let path, let message, let query, let arguments):
      "\(path): SQLite says \"\(message)\""
        + (query.map { " about \"\($0)\"" } ?? "") + (arguments.map { " with \($0)" } ?? "")
    }
  }

  /// Says in the store's terms what SQLite or the code around it has thrown.
  init(_ error: any Error, path: String) {
    guard let error = error as? DatabaseError else {
      self =
        (error as? StoreError)
        ?? .other(path: path, message: "\(error)", query: nil, arguments: nil)
      return
    }
    let detail = error.message ?? error.resultCode.description
    switch (error.resultCode, error.extendedResultCode) {
    case (.SQLITE_FULL, _), (_, .SQLITE_IOERR_SHMSIZE): self = .diskFull(path: path)
    case (_, .SQLITE_IOERR_WRITE), (_, .SQLITE_IOERR_FSYNC):
      // A file system that finds room for a page only when it writes it out reports it so.
      self =
        Self.isDiskFull(at: path)
        ? .diskFull(path: path) : .unavailable(path: path, detail: detail)
    case (.SQLITE_NOTADB, _): self = .notAStore(path: path)
    case (.SQLITE_CORRUPT, _): self = .corrupt(path: path, detail: detail)
    case (.SQLITE_READONLY, _), (.SQLITE_PERM, _): self = .notWritable(path: path, detail: detail)
    case (.SQLITE_CANTOPEN, _): self = .notReadable(path: path, detail: detail)
    case (.SQLITE_BUSY, _), (.SQLITE_LOCKED, _), (.SQLITE_IOERR, _), (.SQLITE_NOMEM, _):
      self = .unavailable(path: path, detail: detail)
    default:
      self = .other(
        path: path, message: detail, query: error.sql,
        arguments: error.arguments.map { "\($0)" })
    }
  }

  private static func isDiskFull(at path: String) -> Bool {
    var status = statvfs()
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    // Less than the write-ahead log grows by between two checkpoints.
    return statvfs(folder, &status) == 0 && status.f_bavail * status.f_frsize < 4 << 20
  }
}
