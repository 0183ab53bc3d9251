import Coordination
import Foundation
import Fuzzing
import ResultStore
import Testing

extension EndToEndTests {
  /// Garbage on the live port while a sweep runs; on loopback, and bounded in time and number.
  @Suite struct FloodTests {
    /// Connections of strangers, and how many of them stay open together.
    private static let strangersMax = 1500
    private static let openMax = 100

    @Test(arguments: [false, true])
    func `garbage on the live port hinders nobody`(hasKeys: Bool) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 10, steps: 30), to: "waiting.yaml")
      let (program, address, port, key) = try workplace.startCoordinator(hasKeys: hasKeys)
      let worker = try workplace.start(
        ["work", "--connect", address, "--slots", "2", "--spool", "spool"] + key)

      var generator = SeededGenerator(seed: hasKeys ? 2 : 1)
      var open: [Stranger] = []
      var count = 0
      var peak = 0
      let end = ContinuousClock.now + .seconds(60)
      // The sweep may be done before: then there is nobody left to disturb.
      while program.isRunning, count < Self.strangersMax, ContinuousClock.now < end {
        guard let stranger = Stranger(port: port) else { continue }
        count += 1
        let speech = Gibberish.speech(&generator)
        if !speech.handshake.isEmpty {
          stranger.say(speech.handshake)
          stranger.hear(Gibberish.answerLength)
        }
        stranger.say(speech.rest)
        if count % 4 == 0 { open.append(stranger) } else { stranger.hearOut() }
        if open.count > Self.openMax { open.removeFirst(Self.openMax / 2) }
        peak = max(peak, ProcessMemory.peak(of: program.processIdentifier) ?? 0)
      }
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      #expect(try workplace.runs(of: "waiting").allSatisfy { $0.attempts.count == 1 })
      #expect(count > 100)
      #expect(peak < 300 << 20)
      let summary = try #require(
        program.error.split(separator: "\n").first { $0.hasPrefix("refused in all: ") })
      #expect(summary.contains("× no handshake"))
      #expect(summary.contains("× unreadable message") == !hasKeys)
      #expect(summary.contains("× other version") == !hasKeys)
      // A sentence for each power of ten of each kind, whatever the strangers do.
      #expect(program.error.split(separator: "\n").count { $0.hasPrefix("refused: ") } <= 15)
    }

    /// Messages that do not end: what is said again and again, and over how many connections.
    private static let endless: [(part: [UInt8], connections: Int)] = [
      (Gibberish.frame([UInt8](repeating: 0, count: 1 << 20), hasMore: true), 1),
      (Gibberish.crumbs, 1),
      // The beginning of a message that would be taken, but for its end.
      (Gibberish.frame([UInt8](repeating: 0, count: 60 << 20)).dropLast(), 20),
    ]

    @Test(arguments: [(60 << 20, 4), (50 << 20, 4), (700 << 10, 400), (4 << 10, 60_000)])
    func `whole messages take no more than a bounded memory`(bytes: Int, number: Int) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 10, steps: 30), to: "waiting.yaml")
      let (program, address, port, _) = try workplace.startCoordinator(hasKeys: false)
      let message = Gibberish.frame([UInt8](repeating: 0, count: bytes))
      // Few enough to be said together, although they are many.
      let part = Array(repeatElement(message, count: max(1, (1 << 20) / bytes)).joined())
      let count = number / max(1, (1 << 20) / bytes)
      let strangers = try (0..<30).map { _ in
        let stranger = try #require(Stranger(port: port))
        stranger.say(Gibberish.plainHandshake)
        stranger.hear(Gibberish.answerLength)
        return stranger
      }
      for _ in 0..<count {
        for stranger in strangers { stranger.sayAll(part) }
      }
      let peak = try #require(ProcessMemory.peak(of: program.processIdentifier))
      let worker = try workplace.start([
        "work", "--connect", address, "--slots", "2", "--spool", "spool",
      ])
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(peak < 1500 << 20, "\(peak >> 20) MiB")
    }

    @Test(arguments: endless.indices)
    func `messages that do not end take no more than a bounded memory`(_ kind: Int) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 10, steps: 30), to: "waiting.yaml")
      let (program, address, port, _) = try workplace.startCoordinator(hasKeys: false)
      let (part, connections) = Self.endless[kind]
      var strangers: [Stranger] = []
      var hungUp = 0
      for _ in 0..<connections {
        let stranger = try #require(Stranger(port: port))
        stranger.say(Gibberish.plainHandshake)
        stranger.hear(Gibberish.answerLength)
        let isOnce = connections > 1
        // Much more than it needs.
        for _ in 0..<(isOnce ? 1 : 2000) where !stranger.sayAll(part) {
          hungUp += 1
          break
        }
        strangers.append(stranger)
      }
      let peak = try #require(ProcessMemory.peak(of: program.processIdentifier))
      let worker = try workplace.start([
        "work", "--connect", address, "--slots", "2", "--spool", "spool",
      ])
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try program.waitForExit() == 0, "\(program.error)")
      // Who has said all may not have noticed.
      #expect(hungUp == 1 || connections > 1)
      #expect(peak < 1500 << 20, "\(peak >> 20) MiB")
      #expect(program.error.contains("× too much at once"), "\(program.error)")
    }

    @Test func `a connection that goes on with too large a message is counted`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let (_, _, port, _) = try workplace.startCoordinator(hasKeys: false)
      let end = ContinuousClock.now + .seconds(60)
      var strangers: [Stranger] = []
      var status = ""
      repeat {
        // One that has gone before the coordinator looks cannot be told from a worker that died.
        let stranger = try #require(Stranger(port: port))
        strangers.append(stranger)
        stranger.say(Gibberish.plainHandshake)
        stranger.hear(Gibberish.answerLength)
        stranger.say(Gibberish.frame(Gibberish.otherVersion) + Gibberish.oversized)
        usleep(500_000)
        status = try workplace.run("status").output
      } while ContinuousClock.now < end && !status.contains("unreadable message")
      #expect(status.contains("\(strangers.count) × other version"), "\(status)")
      #expect(status.contains("1 × unreadable message"), "\(status)")
    }

    /// What a coordinator has counted after connections that said these things to it.
    private func counted(
      hasKeys: Bool, _ speeches: [(handshake: [UInt8], rest: [UInt8])]
    ) throws -> String {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      let (program, address, port, key) = try workplace.startCoordinator(hasKeys: hasKeys)
      for speech in speeches {
        let stranger = try #require(Stranger(port: port))
        if !speech.handshake.isEmpty {
          stranger.say(speech.handshake)
          stranger.hear(Gibberish.answerLength)
        }
        stranger.sayAll(speech.rest)
        stranger.hearOut()
      }
      let end = ContinuousClock.now + .seconds(60)
      var status = ""
      repeat {
        usleep(100_000)
        status = try workplace.run("status").output
      } while ContinuousClock.now < end && total(in: status) < speeches.count
      let worker = try workplace.start(
        ["work", "--connect", address, "--slots", "2", "--spool", "spool"] + key)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let summary = program.error.split(separator: "\n").last { $0.hasPrefix("refused in all: ") }
      return summary.map { String($0.dropFirst("refused in all: ".count)) } ?? ""
    }

    private func total(in status: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix("refused: ") } ?? ""
      return line.split(whereSeparator: { " ,".contains($0) }).compactMap { Int($0) }.reduce(0, +)
    }

    @Test func `connections that are ended before they say anything are counted`() throws {
      let rubbish = ([UInt8](), Array("GET / HTTP/1.0\r\n\r\n".utf8))
      let oversized = (Gibberish.plainHandshake, Gibberish.oversized)
      let plain = [oversized, oversized, oversized]
      #expect(try counted(hasKeys: false, plain) == "3 × no message")
      #expect(try counted(hasKeys: true, [rubbish, rubbish]) == "2 × no message")
    }

    @Test func `a message that is somewhat too large is told by its name`() throws {
      let size = WireCodec.messageBytesMax + 1
      let message = Gibberish.frame([UInt8](repeating: 0, count: size))
      let speech = (Gibberish.plainHandshake, message)
      #expect(try counted(hasKeys: false, [speech]) == "1 × unreadable message")
    }
  }
}
