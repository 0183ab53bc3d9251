public import OrderedCollections

/// One run as a trainer is asked for it.
public struct RunOrder: Hashable, Sendable {
  public var key: RunKey
  public var configuration: Configuration
  /// Paths of the input files, by the name of the parameter they belong to.
  public var files: OrderedDictionary<String, String>
  public var request: Request
  /// The checkpoint file that the run continues from, if it continues.
  public var checkpoint: String?

  public init(
    configuration: Configuration, files: OrderedDictionary<String, String> = [:],
    request: Request, checkpoint: String? = nil
  ) {
    self.init(
      key: configuration.key, configuration: configuration, files: files, request: request,
      checkpoint: checkpoint)
  }

  /// Takes the key as it is: making it anew costs more than anything else in a grant.
  ///
  /// - Parameters:
  ///   - key: the configuration's key, known already.
  ///   - configuration: the run.
  ///   - files: paths of the input files, by parameter.
  ///   - request: what is asked of the run.
  ///   - checkpoint: the file that it continues from.
  public init(
    key: RunKey, configuration: Configuration, files: OrderedDictionary<String, String>,
    request: Request, checkpoint: String? = nil
  ) {
    self.key = key
    self.configuration = configuration
    self.files = files
    self.request = request
    self.checkpoint = checkpoint
  }
}

/// What a trainer is told, one JSON object a line on its standard input.
public enum TrainerCommand: Hashable, Sendable {
  case run(RunOrder)
  /// Stop computing this run and forget it; answered by nothing.
  case cancel(RunKey)
  /// Write a checkpoint now; answered by `checkpoint` or `checkpointFailed`.
  case save(RunKey)
}

/// What a trainer says, one JSON object a line on its standard output.
public enum TrainerMessage: Hashable, Sendable {
  case ready(trainer: String, experiments: [SupportedExperiment])
  case record(RunKey, RunRecord)
  /// The step that a run has come to, whose records are held back so far.
  case progress(RunKey, step: Int)
  case checkpoint(RunKey, step: Int, file: String)
  /// A checkpoint that was due could not be written; the run goes on without it.
  case checkpointFailed(RunKey, step: Int, problem: String)
  case finished(RunKey, RunSummary)
  case failed(RunKey, reason: String)
  /// The file of this parameter is not here, or is another one: the run is for a machine that has it.
  case refused(RunKey, input: String, reason: String)
}

/// An experiment that a trainer can run.
public struct SupportedExperiment: Hashable, Sendable, Codable {
  public var name: String
  public var version: Int

  public init(name: String, version: Int) {
    self.name = name
    self.version = version
  }
}

/// The measurements at one step of a run.
public struct RunRecord: Hashable, Sendable, Codable {
  /// Optimiser steps done; 0 is the initial state.
  public var step: Int
  public var measurement: Measurement
  /// Further measured quantities, by name; nil where the value is not finite.
  public var observables: OrderedDictionary<String, Double?>

  public init(
    step: Int, measurement: Measurement, observables: OrderedDictionary<String, Double?> = [:]
  ) {
    self.step = step
    self.measurement = measurement
    self.observables = observables
  }
}
