import Foundation
import Fuzzing
import ResultStore
import Testing

extension EndToEndTests {
  /// More connections than any cluster has, which never get as far as a message.
  @Suite(.serialized) struct CrowdTests {
    /// As many as this process and the coordinator may have open.
    private static let crowd: Int = {
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let most = min(limit.rlim_max, 8192)
      limit.rlim_cur = max(limit.rlim_cur, most)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      return min(3000, Int(most) - 1000)
    }()

    @Test(.enabled(if: crowd > 0), arguments: [false, true])
    func `thousands who say nothing, or half of something, keep no worker waiting`(
      hasKeys: Bool
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 6, steps: 30), to: "waiting.yaml")
      let (program, address, port, key) = try workplace.startCoordinator(hasKeys: hasKeys)
      let mechanism = hasKeys ? "CURVE" : "NULL"
      var crowd: [Stranger] = []
      for number in 0..<Self.crowd {
        guard let stranger = Stranger(port: port) else { continue }
        switch number % 4 {
        case 0: break
        case 1: stranger.say(Array(Gibberish.greeting.prefix(11)))
        case 2: stranger.say(Gibberish.greeting(mechanism: mechanism))
        default:
          // Many megabytes are promised, and do not come.
          stranger.say(Gibberish.plainHandshake + Gibberish.promise)
        }
        crowd.append(stranger)
      }
      #expect(crowd.count > Self.crowd / 2)
      // The worker comes when they are all there.
      let worker = try workplace.start(
        ["work", "--connect", address, "--slots", "2", "--spool", "spool"] + key)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      #expect(runs.allSatisfy { $0.attempts.count == 1 })
      withExtendedLifetime(crowd) {}
    }

    @Test func `what is promised and does not come takes no memory`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let (program, address, port, _) = try workplace.startCoordinator(hasKeys: false)
      var crowd: [Stranger] = []
      for _ in 0..<500 {
        guard let stranger = Stranger(port: port) else { continue }
        stranger.say(Gibberish.plainHandshake)
        stranger.hear(Gibberish.answerLength)
        stranger.say(Gibberish.promise)
        crowd.append(stranger)
      }
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a result") { $0.finished >= 1 }
      #expect((ProcessMemory.peak(of: program.processIdentifier) ?? 0) < 300 << 20)
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      withExtendedLifetime(crowd) {}
    }
  }
}

extension Gibberish {
  /// The length of a frame of sixty megabytes, which is taken, and a few bytes of it.
  static let promise: [UInt8] = [2, 0, 0, 0, 0, 0x03, 0x90, 0, 0] + [1, 2, 3]
}
