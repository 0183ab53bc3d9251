import ArgumentParser
import ClusterRuntime
import Foundation
import Launching

/// `groksweep join`: the line that workers find a coordinator by.
struct JoinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join",
    abstract: "Print the line that workers find the coordinator by, or check one.",
    discussion: """
      The line holds the coordinator's addresses and its public key, and no secret: it may be mailed. A worker takes \
      it with --join or from GROKSWEEP_JOIN, and needs a key beside it.

        groksweep join                          the line of the coordinator of results/
        groksweep join gs1:… --json             what a line says, if it is whole
        groksweep work --join gs1:… --key nodes.key
      """)

  @Argument(
    help: ArgumentHelp(
      "A line, or a file that holds one (default: coordinator.join in the folder of the results).",
      valueName: "line|file"))
  var line: String?

  @OptionGroup var results: ResultsOptions

  @Flag(help: "Print its parts as JSON.")
  var json = false

  func run() throws {
    let line = try found()
    guard json else { return try Console.print("\(line)") }
    try Console.print(
      JSONText.line(
        of: Report(
          addresses: line.addresses.map { "tcp://\($0)" },
          publicKey: line.publicKey.flatMap { PublicKey(bytes: $0)?.text })))
  }

  private func found() throws(RuntimeFailure) -> JoinLine {
    if let line { return try JoinSource.line(line, from: "the line") }
    let file = results.folder.joinFile
    guard access(file, F_OK) == 0 else {
      throw RuntimeFailure(
        .wrongInput,
        "\(results.folder.path): no coordinator for other machines has run here; groksweep coordinate starts one"
      )
    }
    return try JoinSource.line(file, from: "the line")
  }

  private struct Report: Encodable {
    var addresses: [String]
    var publicKey: String?
  }
}
