import ArgumentParser
import ClusterRuntime
import Coordination
import Foundation

/// Where results lie.
struct ResultsOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder of the store and the figures.", valueName: "folder"))
  var results = "results"

  func validate() throws {
    guard !results.isEmpty else {
      throw ValidationError("--results: expected the path of a folder, found nothing")
    }
  }

  var folder: ResultsFolder { ResultsFolder(path: results) }
}

/// What changes a sweep file from the command line.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Narrow or override an axis or a parameter: alpha=0.4,0.8, seed=0..4, until.max_steps=2000.",
      valueName: "name=value"))
  var overrides: [String] = []
}

/// How the coordinator deals with failures.
struct CoordinatorOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How often a run that fails is tried again before it is given up.", valueName: "number"))
  var retries = 3

  @Flag(
    name: .customLong("retry-failed"),
    help: "Try runs again that were given up before.")
  var retriesFailed = false

  @Option(
    name: .customLong("lease-seconds"),
    parsing: .unconditional,
    help: ArgumentHelp(
      "A worker that is silent for so long has lost its runs.", valueName: "seconds",
      visibility: .hidden))
  var leaseSeconds = 30

  @Option(
    name: .customLong("when-done"),
    help: ArgumentHelp(
      "A shell command to run once every run has ended (with --stay: whenever); GROKSWEEP_FAILED is the number "
        + "of failed runs.",
      valueName: "command"))
  var whenDone: String?

  func validate() throws {
    guard (0...1000).contains(retries) else {
      throw ValidationError("--retries: expected a whole number from 0 to 1000, found \(retries)")
    }
    guard (1...86_400).contains(leaseSeconds) else {
      throw ValidationError("--lease-seconds: expected 1 to 86400, found \(leaseSeconds)")
    }
    guard whenDone?.allSatisfy(\.isWhitespace) != true else {
      throw ValidationError("--when-done: expected a shell command, found nothing")
    }
  }

  var settings: Coordinator.Settings {
    var settings = Coordinator.Settings()
    settings.retries = retries
    settings.leaseDuration = .seconds(leaseSeconds)
    // Several heartbeats may be lost before a lease is.
    settings.heartbeatInterval = .milliseconds(min(5000, leaseSeconds * 1000 / 6))
    settings.softwareVersion = softwareVersion
    return settings
  }
}
