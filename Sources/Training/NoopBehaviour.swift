public import Experiments
import OrderedCollections

/// What a noop run does besides computing nothing; carried out by whoever runs it, for tests of the rest.
public struct NoopBehaviour: Hashable, Sendable {
  public enum Ending: String, Hashable, Sendable {
    case finish, fail, crash, hang
  }

  /// How long each step lasts.
  public let stepDuration: Duration
  /// What happens after the last step.
  public let ending: Ending

  /// Nil for every other experiment.
  public init?(_ configuration: Configuration) {
    guard configuration.experiment == ExperimentDefinition.noop.name else { return nil }
    let milliseconds = configuration.parameters["step_milliseconds"]?.number?.doubleValue ?? 0
    stepDuration = .nanoseconds(Int64(milliseconds * 1e6))
    var ending = Ending.finish
    if case .text(let text) = configuration.parameters["behaviour"] {
      ending = Ending(rawValue: text) ?? .finish
    }
    self.ending = ending
  }
}
