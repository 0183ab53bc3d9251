public import Experiments
public import OrderedCollections

/// One run of a sweep as the maps see it.
public struct RunResult: Sendable {
  /// The values on the sweep's axes, in the order of the sweep file.
  public var point: OrderedDictionary<String, ParameterValue>
  /// Nil if the run has not ended.
  public var summary: RunSummary?
  /// By what the run is judged, if not by the crossings of its summary: those at a tolerance chosen afterwards.
  public var crossings: Crossings?
  /// Identifies the run in exports; maps do not need it.
  public var key: RunKey?
  /// All parameters in exports; maps do not need them.
  public var configuration: Configuration?
  /// The losses and accuracies where the sweep's request ends the run; nil if it has not ended.
  ///
  /// A stored run may have gone on for another sweep, and its last values are then those of that one.
  public var final: Measurement?

  public init(
    point: OrderedDictionary<String, ParameterValue>, summary: RunSummary?, key: RunKey? = nil,
    configuration: Configuration? = nil, final: Measurement? = nil
  ) {
    self.point = point
    self.summary = summary
    self.key = key
    self.configuration = configuration
    self.final = final ?? summary?.final
  }
}
