public import Coordination
import Foundation

/// Asks a running coordinator for something, and waits for its answer.
public struct CommandClient {
  private let endpoint: Endpoint
  private let key: (path: String, file: KeyFile)?

  /// A command is sent again after this time: it, or its answer, may have been lost.
  private static let resendInterval: Duration = .seconds(5)

  /// Speaks to one coordinator; nothing is sent before `ask`.
  ///
  /// - Parameters:
  ///   - endpoint: its address.
  ///   - key: the file of the key to show there and what is in it; nil for plain text.
  public init(_ endpoint: Endpoint, key: (path: String, file: KeyFile)?) {
    self.endpoint = endpoint
    self.key = key
  }

  /// Sends a command until it is answered.
  ///
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - patience: how long to wait for an answer.
  ///   - onSilence: told once, after the first few seconds without an answer.
  /// - Returns: the answer.
  /// - Throws: `RuntimeFailure` if there is none in time, or this side is not let in.
  public func ask(
    _ request: Command.Request, patience: Duration, onSilence: (String) -> Void = { _ in }
  ) throws(RuntimeFailure) -> CommandAnswer.Content {
    let command = Command(id: UInt64.random(in: .min ... .max), request)
    let context = try ZeroMQContext()
    let socket = try ZeroMQSocket.open(
      .dealer, usesIPv6: endpoint.usesIPv6, keys: key?.file, in: context)
    try socket.connect(to: endpoint.address)
    let end = MonotonicClock.now + patience
    var nextSend = MonotonicClock.now
    var sent = 0
    var poller = Poller()
    var advice = HandshakeAdvice(address: endpoint.address, key: key)
    while MonotonicClock.now < end {
      if MonotonicClock.now >= nextSend {
        nextSend = MonotonicClock.now + Self.resendInterval
        if sent == 1 {
          onSilence(
            "no answer from \(endpoint) yet; trying again for \(patience.components.seconds) s in all"
          )
        }
        sent += 1
        _ = try socket.send([UInt8](WireCodec.encode(command)))
      }
      poller.removeAll()
      poller.add(socket)
      poller.add(reportsOf: socket)
      try poller.wait(within: max(.zero, min(nextSend, end) - MonotonicClock.now))
      while let failure = try socket.nextHandshakeFailure() {
        guard let sentence = advice.sentence(on: failure, at: MonotonicClock.now) else { continue }
        throw RuntimeFailure(.surroundings, sentence)
      }
      while let message = try socket.receive() {
        do throws(WireError) {
          let answer = try WireCodec.decodeCommandAnswer(Data(message.payload))
          if answer.id == command.id { return answer.content }
        } catch {
          throw RuntimeFailure(.surroundings, "\(endpoint): \(error)")
        }
      }
    }
    throw RuntimeFailure(
      .surroundings,
      "\(endpoint): no answer from a coordinator within \(patience.components.seconds) s")
  }
}
