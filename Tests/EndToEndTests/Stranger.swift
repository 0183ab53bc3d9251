import Coordination
import Experiments
import Foundation
import Fuzzing
import Testing

/// A TCP connection that says whatever it likes, at most for so long.
final class Stranger {
  private let descriptor: Int32

  init?(port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    var patience = timeval(tv_sec: 0, tv_usec: 20_000)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  func say(_ bytes: [UInt8]) {
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Says all of it, however slowly it is taken; false if the other side has hung up.
  @discardableResult
  func sayAll(_ bytes: [UInt8]) -> Bool {
    var said = 0
    while said < bytes.count {
      let count = bytes[said...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 && errno != EAGAIN && errno != EINTR { return false }
      said += max(count, 0)
    }
    return true
  }

  /// Waits until the other side has said so much, or falls silent.
  func hear(_ count: Int) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    var heard = 0
    while heard < count {
      let got = recv(descriptor, &buffer, buffer.count, 0)
      if got <= 0 { return }
      heard += got
    }
  }

  /// Ends its speech and hears the answer out, so that what was said is read before the connection
  /// breaks.
  func hearOut() {
    shutdown(descriptor, Int32(SHUT_WR))
    var buffer = [UInt8](repeating: 0, count: 4096)
    while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
  }
}

/// What a stranger may say, drawn from a seed: ZMTP 3.0 (ZeroMQ RFC 23), and less.
enum Gibberish {
  static let greeting: [UInt8] = greeting(mechanism: "NULL")

  static func greeting(mechanism: String) -> [UInt8] {
    let name = Array(mechanism.utf8) + [UInt8](repeating: 0, count: 20 - mechanism.utf8.count)
    return [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + name
      + [UInt8](repeating: 0, count: 32)
  }

  /// The handshake of a DEALER without keys.
  static let plainHandshake: [UInt8] = {
    let property = [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
    let body = [5] + Array("READY".utf8) + property
    return greeting + [4, UInt8(body.count)] + body
  }()

  /// A frame of a message; more frames follow if `hasMore`.
  static func frame(_ bytes: [UInt8], hasMore: Bool = false) -> [UInt8] {
    let length = (0..<8).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
    return [hasMore ? 3 : 2] + length + bytes
  }

  /// Many frames of one byte, and none of them the last.
  static let crumbs = [UInt8]((0..<200_000).lazy.flatMap { _ in [1, 1, 0] as [UInt8] })

  /// The length of a frame that is larger than anything that is taken, and a few bytes of it.
  static let oversized: [UInt8] = [2, 0, 0, 0, 0x10, 0, 0, 0, 0] + [1, 2, 3]

  /// A worker's message of protocol 99.
  static let otherVersion: [UInt8] = [0x08, 99, 0x12, 3] + Array("old".utf8)

  static func bytes(_ most: Int, _ generator: inout some RandomNumberGenerator) -> [UInt8] {
    let count = Int.random(in: 1...most, using: &generator)
    return (0..<count).map { _ in .random(in: 0...255, using: &generator) }
  }

  /// How much a coordinator says before it takes messages: a greeting and READY.
  static let answerLength = greeting.count + 20

  /// One connection's speech: the handshake, if it has one, and the rest.
  static func speech(
    _ generator: inout some RandomNumberGenerator
  ) -> (handshake: [UInt8], rest: [UInt8]) {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: return ([], bytes(2000, &generator))
    case 1: return ([], Array(greeting.prefix(.random(in: 1..<64, using: &generator))))
    case 2: return ([], greeting(mechanism: "CURVE") + bytes(300, &generator))
    case 3: return ([], greeting(mechanism: "PLAIN") + bytes(300, &generator))
    case 4: return (plainHandshake, oversized)
    case 5: return (plainHandshake, frame(otherVersion))
    case 6: return (plainHandshake, frame([1], hasMore: true) + frame(bytes(20, &generator)))
    case 7: return (plainHandshake, bytes(300, &generator))
    case 8:
      // Most of a message that is never finished.
      return (plainHandshake, Array(frame(bytes(2000, &generator)).dropLast(7)))
    default:
      return (
        plainHandshake,
        (0..<20).flatMap { _ in frame(mutated(otherVersion, &generator)) }
          + almostMessages(&generator)
      )
    }
  }

  /// Messages as a worker would send them, with something changed in each.
  ///
  /// No hello and no command among them: on loopback those are believed of anybody.
  private static func almostMessages(_ generator: inout some RandomNumberGenerator) -> [UInt8] {
    var mutator = Mutator(seed: generator.next())
    return (0..<20).flatMap { _ in frame(mutator.input(like: workerMessages)) }
  }

  private static let workerMessages: [[UInt8]] = {
    let delivery = Delivery(firstKept: 1, lastSent: 2)
    guard let run = RunKey(hexadecimal: String(repeating: "ab", count: 32)) else { return [] }
    let record = RunRecord(step: 3, measurement: Measurement(trainLoss: 0.5))
    let contents: [Report.Content] = [
      .records([record]), .checkpoint(step: 3, bytes: [1, 2, 3]),
      .failed(reason: "r", exitStatus: 1, logTail: "l"),
      .notContinued(reason: "no room"), .givenBack,
    ]
    let reports = contents.enumerated().map { index, content in
      Report(sequence: index + 1, lease: LeaseID(1), run: run, attempt: 1, content: content)
    }
    let held = [HeldLease(lease: LeaseID(1), run: run, attempt: 1, step: 3)]
    let bodies: [WorkerMessage.Body] = [
      .heartbeat(held, freeSlots: 1, delivery), .reports(reports, delivery), .goodbye,
    ]
    return bodies.map { body in
      Array(WireCodec.encode(WorkerMessage(worker: WorkerID("stranger"), epoch: 3, body: body)))
    }
  }()

  /// A message with some bytes changed and some added, of this protocol or near it.
  private static func mutated(
    _ message: [UInt8], _ generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var bytes = message + Self.bytes(60, &generator)
    // Of this protocol, so that what follows is looked at.
    bytes[1] = 1
    for _ in 0..<3 {
      bytes[.random(in: 7..<bytes.count, using: &generator)] = .random(
        in: 0...255, using: &generator)
    }
    return bytes
  }
}

extension Workplace {
  /// Starts a coordinator of the sweep in waiting.yaml that strangers on this machine can talk to.
  ///
  /// - Returns: it, its address, the port of that, and the options with which a worker is let in.
  func startCoordinator(
    hasKeys: Bool
  ) throws -> (program: RunningProgram, address: String, port: UInt16, key: [String]) {
    var command = ["coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*"]
    var key: [String] = []
    if hasKeys {
      _ = try run("keys", "make", "nodes")
      command += ["--keys", "results/keys"]
      key = ["--key", "results/keys/nodes.key"]
    }
    let program = try start(command)
    let address = try address(of: program)
    let port = try #require(address.split(separator: ":").last.flatMap { UInt16($0) })
    return (program, address, port, key)
  }
}
