import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation

/// `groksweep describe`: what experiments there are, and what their parameters mean.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "List the experiments, or every parameter of one: meaning, unit, default, range.")

  @Argument(help: "The experiment; all are listed without it.")
  var experiment: String?

  @Flag(help: "Print the description as JSON.")
  var json = false

  func run() throws {
    guard let experiment else {
      try show(ExperimentDescription.all, as: ExperimentDescription.listText)
      return
    }
    do {
      let description = try ExperimentDescription(named: experiment)
      try show(description, as: description.text)
    } catch let error as ParameterError {
      throw RuntimeFailure(.wrongInput, error.description)
    }
  }

  private func show(_ value: some Encodable, as text: String) throws {
    guard json else { return try Console.print(text) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try Console.print(String(decoding: encoder.encode(value), as: UTF8.self))
  }
}
