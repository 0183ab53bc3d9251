import ArgumentParser
import ClusterRuntime
import Coordination
import Foundation

/// How a command reaches the coordinator that it is for.
struct CoordinatorConnection: ParsableArguments {
  @OptionGroup var results: ResultsOptions

  @Option(
    help: ArgumentHelp(
      "The coordinator's address (default: the one that runs on the results folder).",
      valueName: "address"))
  var connect: String?

  @Option(
    help: ArgumentHelp(
      "The file of an admin's key (default: the coordinator's own, where it can be read).",
      valueName: "file"))
  var key: String?

  /// Long enough for the registration of a large sweep.
  static let patience: Duration = .seconds(30)

  /// Whether a coordinator is named, or runs on the results folder.
  func isThere() throws(RuntimeFailure) -> Bool {
    if connect != nil { return true }
    return try results.folder.announced() != nil
  }

  /// Who is asked; nil when no coordinator runs on the results folder.
  private func client() throws(RuntimeFailure) -> CommandClient? {
    let key = try self.key.map { path throws(RuntimeFailure) in (path, try KeyFile(path: path)) }
    if let connect {
      return CommandClient(try Endpoint(connect, listens: false), key: key)
    }
    guard let announced = try results.folder.announced() else { return nil }
    if let key { return CommandClient(announced.endpoint, key: key) }
    return CommandClient(
      announced.endpoint,
      key: try announced.keys.map { keys throws(RuntimeFailure) in
        (keys.coordinatorFile, try keys.coordinator())
      })
  }

  /// Asks the coordinator, which must be running.
  ///
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - patience: how long to wait for the answer.
  /// - Returns: the answer.
  /// - Throws: `RuntimeFailure` if none runs or answers.
  func ask(
    _ request: Command.Request, patience: Duration = patience
  ) throws(RuntimeFailure) -> CommandAnswer.Content {
    guard let client = try client() else {
      throw RuntimeFailure(
        .surroundings,
        "no coordinator runs on \(results.folder.path); start one with groksweep run or coordinate, "
          + "or name its address with --connect")
    }
    do throws(RuntimeFailure) {
      return try client.ask(request, patience: patience) { Console.note($0) }
    } catch {
      guard error.kind == .surroundings, connect == nil, let host = try results.folder.otherHost()
      else { throw error }
      throw RuntimeFailure(
        .surroundings, "\(error.sentence); \(results.folder.hint(onLost: host))")
    }
  }

  /// Asks for something that is answered with a sentence, and prints it.
  ///
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - subject: what it is about, by the names that JSON has for it.
  ///   - json: whether to print an object instead of the bare sentence.
  /// - Throws: `RuntimeFailure` if it was refused, or there was no answer.
  func carryOut(
    _ request: Command.Request, about subject: [String: [String]], json: Bool
  ) throws {
    switch try ask(request) {
    case .done(let sentence, let counts):
      try Console.print(json ? JSONText.line(of: Done(sentence, counts, subject)) : sentence)
    case .refused(let sentence): throw RuntimeFailure(.wrongInput, sentence)
    case .failed(let sentence): throw RuntimeFailure(.surroundings, sentence)
    case .status, .workers:
      throw RuntimeFailure(.surroundings, "the coordinator answered another question")
    }
  }
}

/// What was done, in words and in numbers, as members of one object.
private struct Done: Encodable {
  let sentence: String
  let counts: [String: Int]
  let subject: [String: [String]]

  init(_ sentence: String, _ counts: [String: Int], _ subject: [String: [String]]) {
    self.sentence = sentence
    self.counts = counts
    self.subject = subject
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.singleValueContainer()
    var values = counts.mapValues(Value.number)
    for (name, words) in subject {
      // Of runs there may be several; a script is not to look how many.
      values[name] = name == "keys" ? .list(words) : .text(words[0])
    }
    values["message"] = .text(sentence)
    try members.encode(values)
  }

  private enum Value: Encodable {
    case text(String)
    case list([String])
    case number(Int)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .list(let words): try container.encode(words)
      case .number(let number): try container.encode(number)
      }
    }
  }
}

/// Values as one line of JSON, its names in the field's spelling.
enum JSONText {
  static func line(of value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
