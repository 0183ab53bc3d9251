import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import ResultStore

/// `groksweep show`: all that the store knows of one run.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one run: configuration, attempts, log tail, why it waits.")

  @Argument(help: ArgumentHelp("The run's key, or its first digits (at least four)."))
  var key: String

  @OptionGroup var results: ResultsOptions

  @Flag(help: "Print the run as JSON.")
  var json = false

  func run() throws {
    let store = try SweepRuns.store(in: results.folder)
    let lookup = try withStoreErrors { () throws(StoreError) in
      try store.run(withPrefix: key)
    }
    switch lookup {
    case .found(let details):
      if json {
        try Console.print(RunReport.json(of: details))
      } else {
        try Console.print(RunReport.text(of: details))
      }
    case .ambiguous(let keys):
      throw RuntimeFailure(
        .wrongInput,
        "\(key): several runs begin like this: "
          + keys.map(\.abbreviation).joined(separator: ", "))
    case .none:
      throw RuntimeFailure(.wrongInput, "\(key): no run in \(store.path) begins like this")
    case .notAPrefix:
      throw RuntimeFailure(
        .wrongInput, "expected at least four hexadecimal digits of a run's key, found \"\(key)\"")
    }
  }
}
