import Coordination
import Foundation

/// Decides for a coordinator's socket who is let in, and what each sender may do.
///
/// It answers libzmq's questions about strangers on the loop's own thread, so that there is no
/// moment in which the coordinator is served and nobody answers; a loop that has died answers
/// nobody, and nobody gets in. Every message is judged again by the list of its own time, so that a
/// revoked key ends with its connections open.
final class AccessControl {
  private enum Policy {
    /// Only this machine reaches the address.
    case local
    /// Whoever reaches the address is served; only this machine commands.
    case plainText
    case keys(KeyFolder, coordinator: PublicKey)
  }

  private let policy: Policy
  private let handler: ZeroMQSocket
  private let say: (String) -> Void
  private var list = AllowList()
  private var listVersion: FileVersion?
  private var nextLook = MonotonicClock.now
  /// Why nobody is let in; nil while the list can be read.
  private(set) var problem: String?
  /// What was turned away so far.
  private(set) var refusals = Refusals()

  /// The list may have changed after this time.
  private static let lookInterval: Duration = .milliseconds(500)

  /// The context that the coordinator's socket must live in, for its questions to arrive.
  let context: ZeroMQContext
  /// The coordinator's own keys, if connections are encrypted.
  let coordinatorKey: KeyFile?

  /// Reads the keys and stands ready for questions.
  ///
  /// - Parameters:
  ///   - endpoint: where the coordinator listens.
  ///   - keys: the folder of its keys; nil for plain text.
  ///   - say: takes a sentence for the user.
  /// - Throws: `RuntimeFailure` if the keys cannot be read, or others can get at them.
  init(
    to endpoint: Endpoint, keys: KeyFolder?, say: @escaping (String) -> Void
  ) throws(RuntimeFailure) {
    self.say = say
    context = try ZeroMQContext()
    handler = try .open(.authenticator, in: context)
    _ = try handler.bind(to: "inproc://zeromq.zap.01")
    guard let keys else {
      policy = endpoint.isLocal ? .local : .plainText
      coordinatorKey = nil
      return
    }
    let own = try keys.coordinator()
    coordinatorKey = own
    policy = .keys(keys, coordinator: own.pair.publicKey)
    listVersion = FileVersion(of: keys.listFile)
    list = try keys.list()
  }

  /// What the coordinator's socket is to say about each sender.
  var credential: ZeroMQSocket.Credential? {
    switch policy {
    case .local: nil
    case .plainText: .address
    case .keys: .key
    }
  }

  /// Adds the questions to what is waited for.
  func add(to poller: inout Poller) -> Poller.Index { poller.add(handler) }

  /// Answers the questions that have come in.
  ///
  /// - Parameter look: looks at who is connected: nobody is let in before he was seen.
  /// - Throws: `RuntimeFailure` if ZeroMQ refuses.
  func answerQuestions(
    after look: () throws(RuntimeFailure) -> Void
  ) throws(RuntimeFailure) {
    var questions: [[[UInt8]]] = []
    while let frames = try handler.receiveFrames() { questions.append(frames) }
    try look()
    for frames in questions {
      // Whom to answer, an empty frame, the question.
      guard frames.count > 2, frames[1].isEmpty,
        let request = ZAPRequest(frames: Array(frames[2...]))
      else { continue }
      let verdict = verdict(on: request.key?.text)
      if case .refused(let kind) = verdict {
        let key = request.key.map { "its key \($0) is not in the list" } ?? "it has no key"
        let revoked = request.key.flatMap { list[$0.text] }.map { "its key \($0.name) is revoked" }
        note(kind, "a connection from \(request.address): \(revoked ?? key)")
      }
      _ = try handler.send(frames: frames[..<2] + request.answer(verdict))
    }
  }

  /// Who sent a message that is to be listened to; nil if it is to be dropped.
  func sender(of message: ZeroMQSocket.Message) -> Sender? {
    switch verdict(on: message.credential) {
    case .allowed(let sender): return sender
    case .refused(let kind):
      let name = message.credential.flatMap { list[$0]?.name.description }
      note(kind, name.map { "a message of the revoked key \($0)" } ?? "a message of an unknown key")
      return nil
    }
  }

  /// Counts what was turned away, and says so if it is worth a sentence.
  func note(_ kind: Refusals.Kind, _ detail: String) {
    if let sentence = refusals.note(kind, detail) { say(sentence) }
  }

  /// Counts a connection that did not come about; refused keys were counted when they were asked
  /// about.
  func note(_ failure: HandshakeFailure) {
    switch failure {
    case .keyRefused: break
    case .brokenOff:
      note(.handshake, "a connection that broke off, or spoke something else than ZeroMQ")
    case .otherMechanism:
      let isEncrypted = coordinatorKey != nil
      note(
        .handshake,
        isEncrypted
          ? "a connection without keys: groksweep work needs --key"
          : "a connection with keys, and there are none here")
    case .protocolError:
      note(.handshake, "a connection that spoke no ZeroMQ, or has another coordinator's key")
    }
  }

  private func verdict(on credential: String?) -> Verdict {
    switch policy {
    case .local: return .allowed(Sender(mayControl: true))
    case .plainText:
      let isLocal = credential.map { Endpoint.isLoopback(peer: $0) } ?? false
      return .allowed(Sender(mayControl: isLocal))
    case .keys(let folder, let coordinator):
      if MonotonicClock.now >= nextLook { readListIfChanged(in: folder) }
      let verdict = list.verdict(on: credential, coordinator: coordinator)
      guard case .refused(.unknownKey) = verdict else { return verdict }
      // It may have been made this moment, and libzmq does not ask again for whom it was told to refuse.
      readListIfChanged(in: folder)
      return list.verdict(on: credential, coordinator: coordinator)
    }
  }

  private func readListIfChanged(in folder: KeyFolder) {
    nextLook = MonotonicClock.now + Self.lookInterval
    let version = FileVersion(of: folder.listFile)
    guard version != listVersion else { return }
    listVersion = version
    do throws(RuntimeFailure) {
      let before = list
      list = try folder.list()
      problem = nil
      guard list != before else { return }
      let count = list.entries.count { $0.standing != .revoked }
      say("\(folder.listFile) has changed: \(count) \(count == 1 ? "key is" : "keys are") let in")
    } catch {
      // It may have been a revocation. Nothing is lost: workers keep what nobody acknowledges.
      list = AllowList()
      let sentence = "nobody is let in until this is mended: \(error.sentence)"
      problem = sentence
      say(sentence)
    }
  }
}

/// What changes when a file is written anew or another takes its place.
private struct FileVersion: Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int
  private let changed: [Int]

  init?(of path: String) {
    var information = stat()
    guard stat(path, &information) == 0 else { return nil }
    device = UInt64(information.st_dev)
    inode = UInt64(information.st_ino)
    size = Int(information.st_size)
    changed = [
      information.st_mtim.tv_sec, information.st_mtim.tv_nsec, information.st_ctim.tv_sec,
      information.st_ctim.tv_nsec,
    ]
  }
}
