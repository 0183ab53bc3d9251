public import Coordination
import Foundation

/// When a worker last heard of its coordinator, in a file beside its identity: for health checks, which
/// are processes of their own.
///
/// `worker-HOST-1.heard` holds the worker's process number and the nanoseconds of the monotonic clock, or
/// `never`.
public final class LifeSign {
  private let path: String
  private var written: MonotonicInstant?

  /// Health checks come every few seconds.
  private static let interval: Duration = .seconds(1)
  private static let never = "never"

  /// Says that a worker has started and heard nothing yet.
  ///
  /// - Parameter identity: whose.
  public init(of identity: WorkerIdentity) {
    path = identity.lifeSignFile
    write(Self.never)
  }

  deinit { unlink(path) }

  /// The coordinator has just been heard.
  public func heard(at now: MonotonicInstant) {
    if let written, now - written < Self.interval { return }
    written = now
    write("\(now.nanoseconds)")
  }

  /// What cannot be written looks like silence, which is what a full disk soon leads to.
  private func write(_ text: String) {
    try? Folders.write("\(getpid()) \(text)\n".utf8, to: path)
  }

  /// What is wrong with the workers that run on a host.
  ///
  /// - Parameters:
  ///   - folder: where their identities lie.
  ///   - host: the host's name.
  ///   - silence: how long a healthy one may have heard nothing.
  ///   - now: the time.
  /// - Returns: a sentence; nil if at least one runs and all of them hear their coordinators.
  public static func problem(
    in folder: String, host: String, silence: Duration, at now: MonotonicInstant
  ) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    var running = 0
    for name in names.sorted() where WorkerIdentity.isLifeSign(name, of: host) {
      let words = (ControlGroups.contents("\(folder)/\(name)") ?? "").split(
        whereSeparator: \.isWhitespace)
      guard words.count == 2, let process = pid_t(words[0]), !ProcessState.hasEnded(process) else {
        continue
      }
      running += 1
      guard let nanoseconds = Int64(words[1]) else {
        return "the worker (process \(process)) has not heard from its coordinator yet"
      }
      let heard = MonotonicInstant(nanoseconds: nanoseconds)
      guard heard <= now, now - heard <= silence else {
        return
          "the worker (process \(process)) has heard nothing from its coordinator for more than "
          + "\(silence.components.seconds) s"
      }
    }
    return running == 0 ? "no worker of \(host) runs on \(folder)" : nil
  }
}
