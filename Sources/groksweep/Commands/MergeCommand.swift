import ArgumentParser
import ClusterRuntime
import Foundation
import ResultStore

/// `groksweep merge`: the results of another store.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Take over what another results folder has computed.",
    discussion: """
      Results are taken with their curves, and sweeps whose names are not known here. What is here already \
      stays; where both have a result of a run, the one that says more does. The other store is only \
      read. Typed twice, it changes nothing. A coordinator that works on this folder has to be stopped \
      first, and goes on with what was taken over.

        groksweep merge /mnt/other-cluster/results
        groksweep merge copy.sqlite --results results
      """)

  @Argument(help: ArgumentHelp("Folders with a store, or stores.", valueName: "results"))
  var others: [String]

  @OptionGroup var results: ResultsOptions

  @Flag(help: "Print what was taken over as JSON, one object a store.")
  var json = false

  func run() throws {
    let folder = results.folder
    let stores = others.map(Self.store)
    for (given, store) in zip(others, stores) where try !Folders.isThere(store) {
      throw RuntimeFailure(.wrongInput, "\(given): expected a results folder or a store in one")
    }
    for (given, store) in zip(others, stores) where !Self.isFile(store) {
      throw RuntimeFailure(
        .wrongInput, "\(given): expected a results folder or a store in one, found no regular file")
    }
    for (given, store) in zip(others, stores) where Self.isSame(store, folder.store) {
      throw RuntimeFailure(
        .wrongInput, "\(given): this is the store that results are taken to; expected another one")
    }
    // One that is wrong leaves nothing half done.
    for store in stores {
      do {
        _ = try ResultStore(path: store, access: .reader)
      } catch {
        throw RuntimeFailure(.wrongInput, error.description)
      }
    }
    try folder.makeWritable()
    let target = try withStoreErrors { () throws(StoreError) in
      try ResultStore(path: folder.store, access: .coordinator)
    }
    for (given, store) in zip(others, stores) {
      let outcome: MergeOutcome
      do {
        outcome = try target.merge(store)
      } catch {
        throw RuntimeFailure(error.isRetryable ? .surroundings : .wrongInput, error.description)
      }
      try Console.print(
        json ? Self.json(of: outcome, from: given) : "\(given): \(Self.sentence(outcome))")
    }
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    let paths = [left, right].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
    return paths[0] == paths[1]
  }

  /// Whoever opens a pipe waits for its other end.
  private static func isFile(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) != 0 || information.st_mode & S_IFMT == S_IFREG
  }

  private static func store(_ path: String) -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return path }
    return ResultsFolder(path: path).store
  }

  private static func sentence(_ outcome: MergeOutcome) -> String {
    var parts = ["\(outcome.offered) runs with a result, \(outcome.taken) taken over"]
    if outcome.known > 0 { parts.append("\(outcome.known) known already") }
    if outcome.differing > 0 {
      parts.append(
        "\(outcome.differing) left, because each store knows what the other does not, or this one goes on with them"
      )
    }
    if !outcome.sweeps.isEmpty {
      parts.append("new sweeps: \(outcome.sweeps.joined(separator: ", "))")
    }
    return parts.joined(separator: "; ")
  }

  private static func json(of outcome: MergeOutcome, from given: String) throws -> String {
    struct Line: Encodable {
      var store: String
      var runs: Int
      var taken: Int
      var known: Int
      var differing: Int
      var sweeps: [String]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      store: given, runs: outcome.offered, taken: outcome.taken, known: outcome.known,
      differing: outcome.differing, sweeps: outcome.sweeps)
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }
}
