import Foundation

/// The name that a worker keeps over restarts, and how often it has started.
///
/// Lies in a file `worker-1.id` (then -2, …) a host and a running worker, each held by an OS lock, so that two
/// workers on one host never share a name.
public final class WorkerIdentity {
  /// A random UUID.
  public let name: String
  /// Rises with every start.
  public let epoch: Int
  private let file: LockedFile
  /// Where the worker says when it heard of its coordinator.
  let lifeSignFile: String

  /// Workers of one user on one host; a bound on the search for a free file.
  private static let workersMax = 1000

  /// Takes the first identity in a folder that nobody holds.
  ///
  /// - Parameters:
  ///   - folder: where the identity files lie.
  ///   - host: the host's name; folders may be shared between hosts.
  /// - Throws: `RuntimeFailure` if the folder cannot be written.
  public init(in folder: String, host: String) throws(RuntimeFailure) {
    try Folders.make(folder)
    for number in 1...Self.workersMax {
      let place = "\(folder)/\(Self.start(host))\(number)"
      let path = "\(place).id"
      guard let file = try LockedFile(path: path) else { continue }
      let parts = file.contents.split(whereSeparator: \.isWhitespace)
      if parts.count == 2, let epoch = Int(parts[1]), epoch >= 0, epoch < .max {
        (name, self.epoch) = (String(parts[0]), epoch + 1)
      } else {
        (name, epoch) = (UUID().uuidString.lowercased(), 1)
      }
      try file.replaceContents(with: "\(name) \(epoch)\n")
      self.file = file
      lifeSignFile = "\(place)\(Self.lifeSignEnd)"
      return
    }
    throw RuntimeFailure(
      .surroundings, "\(folder): \(Self.workersMax) workers run on this host already")
  }

  private static let lifeSignEnd = ".heard"

  private static func start(_ host: String) -> String { "worker-\(host)-" }

  /// Whether a file of that name is the life sign of a worker of a host.
  static func isLifeSign(_ name: String, of host: String) -> Bool {
    guard name.hasPrefix(start(host)), name.hasSuffix(lifeSignEnd) else { return false }
    return Int(name.dropFirst(start(host).count).dropLast(lifeSignEnd.count)) != nil
  }
}
