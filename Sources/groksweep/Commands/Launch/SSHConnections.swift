import ClusterRuntime
import Foundation
import Launching

/// Runs shell scripts on other machines over ssh, some at a time.
struct SSHConnections {
  /// A configuration file in place of the user's own.
  var configuration: String?

  /// What came of one.
  enum Outcome {
    case answered(RemoteAnswer)
    /// No script ran there; what ssh said.
    case unreachable(String)
    /// What there was in place of an answer.
    case notUnderstood(String)
    /// The script began, and the connection ended before it had answered.
    case cutOff(String)

    var isAnswer: Bool {
      if case .answered = self { true } else { false }
    }

    /// Whether a worker may run there though nothing says so.
    var mayHaveStarted: Bool {
      if case .cutOff = self { true } else { false }
    }

    /// Why there is no worker, as the end of a sentence that begins with the machine.
    ///
    /// - Parameters:
    ///   - version: what was expected there.
    ///   - program: where it was looked for, if the user says so.
    /// - Returns: the reason.
    func problem(wanting version: String, at program: String?) -> String {
      switch self {
      case .unreachable(let said): "cannot be reached: \(said)"
      case .notUnderstood(let said): "has not run the script as a shell does: \(said)"
      case .cutOff(let said):
        "was cut off while its worker was being started, and counts as having one for --stop: \(said)"
      case .answered(.missing) where program != nil: "has no groksweep at \(program ?? "")"
      case .answered(.missing):
        "has no groksweep in its PATH; --program or program=PATH in the list says where it is"
      case .answered(.otherVersion(let found)):
        "expected groksweep \(version), as here, found \(found)"
      case .answered(.failed(let reason)):
        "no worker: \(reason.isEmpty ? "it ended and said nothing" : reason)"
      case .answered(let answer): "gave another answer than expected (\(answer))"
      }
    }
  }

  /// More at once may be refused by a jump host (sshd's MaxStartups).
  private static let atOnce = 10
  private static let connectSeconds = 10
  /// A script waits up to 20 s for its worker.
  private static let limit: Duration = .seconds(60)

  private var environment: [String: String] { ProcessInfo.processInfo.environment }

  /// Refuses to go on where there is no ssh, or no such configuration.
  func check() throws(RuntimeFailure) {
    guard ChildCommand.exists("ssh", environment: environment) else {
      throw RuntimeFailure(
        .surroundings, "there is no program ssh on this machine (Debian: openssh-client)")
    }
    if let configuration, access(configuration, R_OK) != 0 {
      throw RuntimeFailure(
        .wrongInput,
        "--ssh-config: cannot read \(configuration): \(String(cString: strerror(errno)).lowercased())"
      )
    }
  }

  /// Runs a script on each machine.
  ///
  /// - Parameters:
  ///   - scripts: one for each machine.
  ///   - hosts: the machines.
  ///   - report: called for each in turn, once its outcome is known.
  /// - Throws: what `report` throws, or `RuntimeFailure` if ssh cannot be started.
  func run(
    _ scripts: [String], on hosts: [LaunchHost],
    report: (LaunchHost, Outcome) throws -> Void
  ) throws {
    for start in stride(from: 0, to: hosts.count, by: Self.atOnce) {
      let range = start..<min(start + Self.atOnce, hosts.count)
      let results = try ChildCommand.run(
        hosts[range].map { command(for: $0) }, inputs: scripts[range].map { Data($0.utf8) },
        environment: environment, limit: Self.limit)
      for (host, result) in zip(hosts[range], results) {
        try report(host, Self.outcome(of: result))
      }
    }
  }

  private func command(for host: LaunchHost) -> [String] {
    // No password is asked for, and a machine that is down is given up soon.
    var words = [
      "ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=\(Self.connectSeconds)", "-o",
      "ServerAliveInterval=5", "-o", "LogLevel=ERROR",
      // A connection that stays for others keeps its end of the output open, which is waited for.
      "-o", "ControlMaster=no",
      // The connection may end before the other side's word of it has come.
      "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=\(RemoteWorker.begunCommand)",
    ]
    if let configuration { words += ["-F", configuration] }
    if let port = host.port { words += ["-p", "\(port)"] }
    return words + ["--", host.name, "/bin/sh -s"]
  }

  private static func outcome(of result: ChildCommand.Result) -> Outcome {
    if let answer = RemoteAnswer(output: result.output) { return .answered(answer) }
    let hasBegun = RemoteAnswer.hasBegun(in: result.output)
    if result.ranOutOfTime {
      let said = "no answer in \(limit.components.seconds) s"
      return hasBegun ? .cutOff(said) : .unreachable(said)
    }
    let last = result.output.split(whereSeparator: \.isNewline).last.map(String.init)
    // That is how ssh itself ends; anything else is what became of the shell there.
    if hasBegun, result.status == .exited(255) { return .cutOff("ssh said nothing more") }
    if result.status == .exited(0) { return .notUnderstood(last ?? "it said nothing") }
    return .unreachable(last ?? "ssh \(result.status.sentence)")
  }
}
