import Experiments
import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// Keys with real processes: who is let in, who is not, and what becomes of the runs of a revoked
  /// worker.
  @Suite struct SecurityTests {
    private func coordinator(
      in workplace: Workplace, _ more: String...
    ) throws -> (program: RunningProgram, address: String) {
      let program = try workplace.start(
        ["coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*"] + more)
      return (program, try workplace.address(of: program))
    }

    @Test func `a worker with a key computes, and strangers are turned away with a sentence`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      #expect(try workplace.run("keys", "make", "nodes").output == "results/keys/nodes.key\n")
      let (program, address) = try coordinator(in: workplace, "--keys", "results/keys")
      let work = ["work", "--connect", address, "--slots", "2", "--spool", "spool"]

      let plain = try workplace.start(work + ["--give-up-after", "2"])
      #expect(try plain.waitForExit() == 3)
      #expect(plain.error.contains("asks for a key"), "\(plain.error)")
      let command = try workplace.run("status", "--connect", address)
      #expect(command.exitCode == 3)
      #expect(command.error.contains("asks for a key"), "\(command.error)")

      // A key of another coordinator: neither knows the other.
      _ = try workplace.run("keys", "make", "nodes", "--keys", "others")
      let foreign = try workplace.start(
        work + ["--give-up-after", "3", "--key", "others/nodes.key"])
      #expect(try foreign.waitForExit() == 3)
      #expect(foreign.error.contains("does not have the key that others/nodes.key names"))

      // Somebody who got hold of the coordinator's public key, and made a pair: libzmq's default
      // lets that in.
      let own = try workplace.contents("results/keys/nodes.key")
      let stranger = try workplace.contents("others/nodes.key")
      try workplace.write(
        stranger.lines(without: "coordinator") + own.lines(with: "coordinator"), to: "stranger.key")
      chmod(workplace.folder.appendingPathComponent("stranger.key").path, 0o600)
      let uninvited = try workplace.start(work + ["--give-up-after", "2", "--key", "stranger.key"])
      #expect(try uninvited.waitForExit() == 3)
      #expect(uninvited.error.contains("does not let the key nodes of stranger.key in"))
      #expect(try workplace.runs(of: "waiting").allSatisfy(\.attempts.isEmpty))

      let worker = try workplace.start(work + ["--key", "results/keys/nodes.key"])
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      #expect(program.error.contains("refused: a connection from 127.0.0.1: its key"))
      #expect(program.error.contains("refused in all: "))
      #expect(program.error.contains("1 × unknown key"))
    }

    @Test func `secrets are in their files alone`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes")
      let (program, address) = try coordinator(in: workplace, "--keys", "results/keys")
      let announcement = try workplace.contents("results/coordinator.json")
      let list = try workplace.run("keys", "list", "--json").output
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "1", "--spool", "spool", "--key",
        "results/keys/nodes.key")
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      let own = try workplace.contents("results/keys/head.key")
      let publicKey = try #require(own.value(of: "public"))
      #expect(announcement.contains("\"public_key\":\"\(publicKey)\""))
      #expect(list.contains("\"coordinator\" : \"\(publicKey)\""))
      for file in ["head", "nodes"] {
        let key = try workplace.contents("results/keys/\(file).key")
        let secret = try #require(key.value(of: "secret"))
        let said = [program, worker].flatMap { [$0.output, $0.error] } + [announcement, list]
        #expect(said.allSatisfy { !$0.contains(secret) })
        let found = try workplace.shell("grep -rlF -e '\(secret)' . | sort")
        #expect(found.output == "./results/keys/\(file).key\n")
      }
    }

    @Test func `a revoked worker is shut out at once, and its runs are done elsewhere`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 300), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "first")
      let (program, address) = try coordinator(
        in: workplace, "--keys", "results/keys", "--lease-seconds", "3")
      let work = ["work", "--connect", address, "--slots", "2"]
      let first = try workplace.start(
        work + ["--spool", "one", "--key", "results/keys/first.key"])
      let under = try workplace.waitForRuns(of: "waiting", "two runs under way") { $0.begun == 2 }
      let lost = try #require(under.flatMap(\.attempts).first).attempt.worker

      #expect(try workplace.run("keys", "revoke", "first").exitCode == 0)
      // A key that is made while the coordinator runs is let in.
      #expect(try workplace.run("keys", "make", "second").exitCode == 0)
      let second = try workplace.start(
        work + ["--spool", "two", "--key", "results/keys/second.key"])
      _ = try first.waitForLine("does not let the key first of results/keys/first.key in")
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try second.waitForExit() == 0, "\(second.error)")

      let runs = try workplace.runs(of: "waiting")
      #expect(runs.areAcceptedOnce)
      let attempts = runs.flatMap(\.attempts)
      let ofTheRevoked = attempts.filter { $0.attempt.worker == lost }.map(\.outcome)
      #expect(ofTheRevoked == [.ended(.lost), .ended(.lost)])
      #expect(program.error.contains("refused: a message of the revoked key first"))
      first.signal(SIGTERM)
      #expect(try first.waitForExit() == 130)
    }

    @Test func `commands are taken from this machine's owner and from admins alone`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes", "--keys", "elsewhere")
      _ = try workplace.run("keys", "make", "ada", "--admin", "--keys", "elsewhere")
      let (program, address) = try coordinator(in: workplace, "--keys", "elsewhere")
      let own = try workplace.run("status")
      #expect(own.exitCode == 0 && own.output.contains("waiting"), "\(own.error)")
      let node = try workplace.run(
        "cancel", "waiting", "--connect", address, "--key", "elsewhere/nodes.key")
      #expect(node.exitCode == 2)
      #expect(node.error.contains("this key may not give commands"))
      #expect(try workplace.run("status").output.contains("0/4   0        4"))
      let admin = try workplace.run(
        "cancel", "waiting", "--connect", address, "--key", "elsewhere/ada.key")
      #expect(admin.exitCode == 0, "\(admin.error)")
      #expect(try program.waitForExit() == 0, "\(program.error)")
    }

    @Test func `keys at a coordinator without keys are a sentence too`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes", "--keys", "keys")
      let (program, address) = try coordinator(in: workplace)
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "1", "--spool", "spool", "--key",
        "keys/nodes.key", "--give-up-after", "2")
      #expect(try worker.waitForExit() == 3)
      let sentences = ["has no keys: start it with --keys", "has new keys or none"]
      #expect(sentences.contains { worker.error.contains($0) }, "\(worker.error)")
      program.signal(SIGINT)
      #expect(try program.waitForExit() == 130)
      // Whichever side hangs up first: the other one sees a connection that broke off.
      #expect(program.error.contains("× no handshake"))
    }

    @Test func `a list that cannot be read lets nobody in until it is mended`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      _ = try workplace.run("keys", "make", "nodes")
      let (program, address) = try coordinator(in: workplace, "--keys", "results/keys")
      let list = try workplace.contents("results/keys/allowed")
      try workplace.write(list + "half a li", to: "results/keys/allowed")
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool", "--key",
        "results/keys/nodes.key")
      _ = try worker.waitForLine("does not let the key nodes")
      let sentence = "nobody is let in until this is mended: results/keys/allowed"
      #expect(program.error.contains(sentence))
      #expect(try workplace.run("status").output.contains(sentence))
      try workplace.write(list, to: "results/keys/allowed")
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }
  }
}

extension Workplace {
  /// Where a coordinator of this place listens, once it does.
  func address(of program: RunningProgram) throws -> String {
    let line = try program.waitForLine("listening on tcp://")
    let address = line.dropFirst("listening on ".count).prefix { $0 != ";" }
    return String(address)
  }
}

extension String {
  fileprivate func lines(with word: String) -> String {
    split(separator: "\n").filter { $0.hasPrefix(word) }.map { "\($0)\n" }.joined()
  }

  fileprivate func lines(without word: String) -> String {
    split(separator: "\n").filter { !$0.hasPrefix(word) }.map { "\($0)\n" }.joined()
  }

  fileprivate func value(of word: String) -> String? {
    lines(with: "\(word) ").split(whereSeparator: \.isWhitespace).last.map(String.init)
  }
}
