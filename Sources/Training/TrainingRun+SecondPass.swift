import Experiments
import Networks
import OrderedCollections

// Rounding decides whether a loss that creeps along a threshold passes it. So a run in float32 that ends near one is
// computed again in float64, before anything is said of it: its curve is of one pass.
extension TrainingRun {
  /// How near the last test loss must lie to a threshold, as a share of the threshold.
  ///
  /// Measured on 28 cells of the α-vs-ε map: of the first crossings in float32, those differ by more than a step whose
  /// test loss stays within this of the threshold.
  static let nearness = 0.02

  /// Whether a run may turn out to be computed again.
  static func mayBeRepeated(_ configuration: Configuration, _ thresholds: Thresholds) -> Bool {
    let definition = Catalogue.experiment(named: configuration.experiment)
    return definition?.isRepeatedNearThresholds == true && !thresholds.loss.isEmpty
      && configuration.completeParameters["precision"] == "float32"
  }

  /// What the second pass computes; the key stays that of the run that was asked for.
  static func inFloat64(_ configuration: Configuration) -> Configuration {
    Configuration(
      experiment: configuration.experiment, version: configuration.version,
      parameters: configuration.parameters.merging(["precision": "float64"]) { $1 },
      inputs: configuration.inputs)
  }

  /// Whether the present test loss lies near one of the thresholds whose crossings are recorded.
  ///
  /// Any of them: a map can be drawn at each after the fact.
  private var isNearThreshold: Bool {
    guard let loss = progress.latest.testLoss else { return false }
    return watch.crossings.thresholds(of: .testLoss).contains { threshold in
      (loss - threshold.doubleValue).magnitude <= Self.nearness * threshold.doubleValue
    }
  }

  /// Begins the second pass if the first one has ended near a threshold.
  mutating func repeatIfNearThreshold() {
    guard stopped != nil, progress.pass == .first, isNearThreshold else { return }
    let crossings = watch.crossings
    progress = RunProgress(
      crossings: Crossings(
        recording: Thresholds(
          loss: crossings.thresholds(of: .testLoss),
          accuracy: crossings.thresholds(of: .testAccuracy))),
      initial: Measurement(), latest: Measurement(), pass: .second)
    watch = CrossingWatch(progress.crossings)
    // It is the first engine's, and so no state of the second one.
    measured = nil
    records = []
    stopped = nil
    // The first engine's memory is given back before the second one takes its own.
    engine = NoopEngine()
    do {
      engine = try ExperimentEngine.make(for: Self.inFloat64(configuration), files: files).engine
    } catch {
      preconditionFailure("\(configuration) can be computed in float32 only: \(error)")
    }
    observe(engine.evaluate())
  }
}
