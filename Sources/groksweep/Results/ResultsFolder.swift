import ClusterRuntime
import Foundation
import Launching

/// The folder with the store and the figures of a project's sweeps.
struct ResultsFolder {
  let path: String

  /// The store of all sweeps.
  var store: String { "\(path)/results.sqlite" }
  /// Where a running coordinator says how to reach it.
  var coordinatorFile: String { "\(path)/coordinator.json" }
  /// The line that workers elsewhere find the last coordinator by; it stays when that ends.
  var joinFile: String { "\(path)/coordinator.join" }
  /// The mark that a coordinator for workers elsewhere leaves once its sweeps have ended.
  ///
  /// The next one takes it away. Jobs that start too late see by it that nobody waits for them.
  var endedFile: String { "\(path)/coordinator.ended" }
  /// The sweeps, a name a line, after whose end the command of `--when-done` is due.
  var dueFile: String { "\(path)/coordinator.due" }
  /// The machines that a coordinator for workers elsewhere has quarantined.
  var quarantineFile: String { "\(path)/coordinator.quarantine" }
  /// The identities of workers that were started by `run`.
  var workers: String { "\(path)/.workers" }

  /// The keys of its coordinator, unless the user names another folder.
  var keys: String { "\(path)/keys" }

  /// The figures and data of one sweep.
  func folder(of sweep: String) -> String { "\(path)/\(sweep)" }

  func makeWritable() throws(RuntimeFailure) { try Folders.makeWritable(path) }

  /// Says where the running coordinator is reached, by which public key it is known, and where its keys
  /// lie.
  func announce(
    endpoint: String, publicKey: PublicKey?, keys: KeyFolder?
  ) throws(RuntimeFailure) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let announcement = Announcement(
      endpoint: endpoint, host: ProcessInfo.processInfo.hostName,
      pid: Int(ProcessInfo.processInfo.processIdentifier), publicKey: publicKey?.text,
      keys: keys.map { URL(fileURLWithPath: $0.path).standardizedFileURL.path })
    do {
      try Folders.write(try encoder.encode(announcement) + [0x0A], to: coordinatorFile)
    } catch let failure as RuntimeFailure {
      throw failure
    } catch {
      throw RuntimeFailure(.surroundings, "cannot write \(coordinatorFile): \(error)")
    }
  }

  func withdrawAnnouncement() {
    // Missing when the announcement could not be written: then there is nothing to take back.
    unlink(coordinatorFile)
  }

  /// Leaves the mark that the sweeps have ended.
  func markEnd() throws(RuntimeFailure) {
    try Folders.write("the sweeps have ended\n".utf8, to: endedFile)
  }

  func withdrawEnd() {
    // Missing unless an earlier coordinator came to its end.
    unlink(endedFile)
  }

  /// The coordinator that runs on this folder.
  struct Announced {
    var endpoint: Endpoint
    /// Where its keys lie, if it wants one.
    var keys: KeyFolder?
    /// Whether it is a process of this machine, and known to run.
    var isHere: Bool
  }

  /// The coordinator that runs on this folder; nil if none runs.
  ///
  /// One on another machine, where Slurm has put it for example, is found by its join line. Whether it
  /// still runs is not seen from here.
  ///
  /// - Throws: `RuntimeFailure` if it cannot be found, or what it left cannot be read.
  func announced() throws(RuntimeFailure) -> Announced? {
    guard let announcement = try announcement() else { return nil }
    let keys = announcement.publicKey == nil ? nil : KeyFolder(path: announcement.keys ?? keys)
    guard announcement.host == ProcessInfo.processInfo.hostName else {
      guard let line = try joinLine(),
        line.publicKey.flatMap({ PublicKey(bytes: $0)?.text }) == announcement.publicKey,
        let keys
      else {
        throw RuntimeFailure(
          .wrongInput,
          "the coordinator runs on \(announcement.host) at \(announcement.endpoint); "
            + "--connect tells how to reach it from here; \(hint(onLost: announcement.host))")
      }
      return Announced(endpoint: try Endpoint(line.addresses[0]), keys: keys, isHere: false)
    }
    // One that was killed left its announcement behind.
    guard ProcessState.runs(announcement.pid, as: ["run", "coordinate"]) else { return nil }
    return Announced(
      endpoint: try Endpoint(Endpoint.reachable(announcement.endpoint), listens: false),
      keys: keys, isHere: true)
  }

  private func joinLine() throws(RuntimeFailure) -> JoinLine? {
    guard access(joinFile, F_OK) == 0 else { return nil }
    return try JoinSource.line(joinFile, from: "the coordinator")
  }

  /// A sentence's end for whoever finds that a coordinator elsewhere does not answer.
  func hint(onLost host: String) -> String {
    "if \(host) is gone, remove \(coordinatorFile)"
  }

  /// The machine of the coordinator, if it is another one than this.
  func otherHost() throws(RuntimeFailure) -> String? {
    let host = try announcement()?.host
    return host == ProcessInfo.processInfo.hostName ? nil : host
  }

  /// The process that says it is the coordinator on this folder, whether it still runs or not.
  func announcedProcess() throws(RuntimeFailure) -> pid_t? {
    try announcement().map { pid_t($0.pid) }
  }

  private func announcement() throws(RuntimeFailure) -> Announcement? {
    guard try Folders.isThere(coordinatorFile),
      let bytes = FileManager.default.contents(atPath: coordinatorFile)
    else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let announcement = try? decoder.decode(Announcement.self, from: bytes) else {
      throw RuntimeFailure(.surroundings, "\(coordinatorFile): expected a coordinator's address")
    }
    return announcement
  }

  private struct Announcement: Codable {
    var endpoint: String
    var host: String
    var pid: Int
    var publicKey: String?
    var keys: String?
  }
}
