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
      let path = "\(folder)/worker-\(host)-\(number).id"
      guard let file = try LockedFile(path: path) else { continue }
      let parts = file.contents.split(whereSeparator: \.isWhitespace)
      if parts.count == 2, let epoch = Int(parts[1]), epoch >= 0, epoch < .max {
        (name, self.epoch) = (String(parts[0]), epoch + 1)
      } else {
        (name, epoch) = (UUID().uuidString.lowercased(), 1)
      }
      try file.replaceContents(with: "\(name) \(epoch)\n")
      self.file = file
      return
    }
    throw RuntimeFailure(
      .surroundings, "\(folder): \(Self.workersMax) workers run on this host already")
  }
}
