import ArgumentParser
import ClusterRuntime
import Foundation

/// `groksweep keys`: the keys that workers are let in with.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Make, list and revoke the keys that workers are let in with.",
    discussion: """
      A coordinator on an address that other machines can reach lets in who has a key. Make one for each node, \
      or one for a group of nodes, and copy its file there; the coordinator's own pair is made along with the \
      first. A running coordinator takes note of new and revoked keys within a second.

        groksweep keys make nodes               results/keys/nodes.key, for groksweep work --key
        groksweep keys make ada --admin         a key that may give control commands too
        groksweep keys list
        groksweep keys revoke nodes
      """,
    subcommands: [Make.self, List.self, Revoke.self])

  /// Where the keys lie.
  struct FolderOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The folder of the keys (default: keys in the folder of the results).",
        valueName: "folder"))
    var keys: String?

    @OptionGroup var results: ResultsOptions

    func validate() throws {
      guard keys != "" else {
        throw ValidationError("--keys: expected the path of a folder, found nothing")
      }
    }

    var folder: KeyFolder { KeyFolder(path: keys ?? results.folder.keys) }
  }

  /// `groksweep keys make`.
  struct Make: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key for a worker, a group of workers or a person.",
      discussion: """
        Prints the file to copy to where the key is used. A key that is there already stays as it is. The name \
        head stands for the coordinator's own pair.
        """)

    @Argument(help: "The name: letters, digits, and . _ - between them.")
    var name: String

    @Flag(help: "The holder may give control commands too, as submit and cancel.")
    var admin = false

    @OptionGroup var options: FolderOptions

    func run() throws {
      let folder = options.folder
      let name = try KeysCommand.name(name)
      if let engine = LaunchKeys.engine(of: name) {
        throw RuntimeFailure(
          .wrongInput,
          "\(name): groksweep launch \(engine) calls its keys so, and --stop revokes them; expected another name"
        )
      }
      let isNew: Bool
      if name.isCoordinators {
        guard !admin else {
          throw RuntimeFailure(.wrongInput, "head: the coordinator's own key needs no flag")
        }
        isNew = try folder.makeCoordinator()
      } else {
        isNew = try folder.make(name, isAdmin: admin)
      }
      if !isNew { Console.note("\(name): this key is there already") }
      try Console.print(folder.file(of: name))
    }
  }

  /// `groksweep keys revoke`.
  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let a key in no more.",
      discussion: """
        Messages of workers with this key are dropped from now on, their runs go to others once their leases \
        have run out, and they cannot connect again. The file of the key here is removed.
        """)

    @Argument(help: "The key's name.")
    var name: String

    @OptionGroup var options: FolderOptions

    func run() throws {
      let name = try KeysCommand.name(name)
      guard !name.isCoordinators else {
        throw RuntimeFailure(
          .wrongInput,
          "head: the coordinator's own key cannot be revoked; remove \(options.folder.path) and make new keys"
        )
      }
      let isNew = try options.folder.revoke(name)
      Console.note(isNew ? "\(name): revoked" : "\(name): this key was revoked before")
    }
  }

  /// `groksweep keys list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the keys: names and public keys, no secrets.")

    @Flag(help: "Print the list as JSON.")
    var json = false

    @OptionGroup var options: FolderOptions

    func run() throws {
      let folder = options.folder
      let coordinator = try folder.coordinator().pair.publicKey
      let entries = try folder.list().entries
      if json {
        let report = Report(
          coordinator: coordinator.text,
          keys: entries.map {
            Report.Key(name: "\($0.name)", publicKey: $0.key.text, standing: $0.standing.rawValue)
          })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try Console.print(String(decoding: try encoder.encode(report), as: UTF8.self))
        return
      }
      let rows =
        [("head", coordinator, "coordinator")]
        + entries.map { ($0.name.description, $0.key, $0.standing.rawValue) }
      let width = rows.map(\.0.count).max() ?? 0
      for (name, key, standing) in rows {
        try Console.print(
          "\(name.padding(toLength: width, withPad: " ", startingAt: 0))  \(key)  \(standing)")
      }
    }

    private struct Report: Codable {
      struct Key: Codable {
        var name: String
        var publicKey: String
        var standing: String
      }
      var coordinator: String
      var keys: [Key]
    }
  }
}

extension KeysCommand {
  /// Reads a name that a user typed.
  fileprivate static func name(_ text: String) throws(RuntimeFailure) -> KeyName {
    guard let name = KeyName(text) else {
      throw RuntimeFailure(
        .wrongInput,
        "expected a name of at most 64 letters, digits, and . _ - between them, found \"\(text)\"")
    }
    return name
  }
}
