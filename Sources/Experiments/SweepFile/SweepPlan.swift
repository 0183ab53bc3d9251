public import OrderedCollections

/// What a sweep would run: the answer of `groksweep plan`.
public struct SweepPlan: Hashable, Sendable, Encodable {
  public struct Axis: Hashable, Sendable, Encodable {
    public let name: String
    public let values: [ParameterValue]
  }

  public struct Fixed: Hashable, Sendable, Encodable {
    public let name: String
    public let value: ParameterValue
  }

  public let name: String
  public let experiment: String
  public let axes: [Axis]
  /// The axes that move as one, with as many values each.
  public let together: [Axis]
  /// What is left out: all grid points with these values.
  public let except: [OrderedDictionary<String, ParameterValue>]
  /// The parameters that all runs share, as given.
  public let parameters: [Fixed]
  public let request: Request
  public let grokked: GrokkedRule
  public let map: MapDefinition
  /// All grid points that are not left out.
  public let runs: Int
  /// The grid points that are left out.
  public let leftOut: Int
  /// Those whose result the store already has.
  public let stored: Int
  /// Those that were cancelled by their keys, and stay so.
  public let cancelled: Int
  /// Those that were given up, and are computed only where that is asked for.
  public let failed: Int
  /// How long the others will take.
  public let estimatedSeconds: Double
  /// Whether the estimate rests on nothing but the step limit.
  public let isGuess: Bool
  /// The trainers that the estimate reckons with.
  public let slots: Int

  /// Makes the plan of a sweep.
  ///
  /// - Parameters:
  ///   - sweep: the sweep.
  ///   - stored: how many of its runs the store can already answer.
  ///   - cancelled: how many of the others were cancelled by their keys.
  ///   - failed: how many of the others were given up.
  ///   - estimate: how long the others take on all slots together.
  ///   - isGuess: whether no run of the experiment was there to learn from.
  ///   - slots: how many trainers run at once.
  public init(
    _ sweep: Sweep, stored: Int, cancelled: Int = 0, failed: Int = 0, estimate: Duration,
    isGuess: Bool,
    slots: Int
  ) {
    name = sweep.name
    experiment = sweep.experiment
    axes = sweep.axes.map { name, values in Axis(name: name, values: values) }
    together = sweep.together.map { name, values in Axis(name: name, values: values) }
    except = sweep.except
    parameters = sweep.parameters.map { name, value in Fixed(name: name, value: value) }
    request = sweep.request
    grokked = sweep.grokked
    map = sweep.map
    let shape = GridShape(sweep)
    runs = shape.runCount
    leftOut = shape.positionCount - shape.runCount
    self.stored = stored
    self.cancelled = cancelled
    self.failed = failed
    estimatedSeconds = estimate / .seconds(1)
    self.isGuess = isGuess
    self.slots = slots
  }

  public var remaining: Int { runs - stored - cancelled - failed }

  /// The plan as lines for a terminal, at most 100 columns wide.
  public var text: String {
    var rows: [(String, String)] = []
    for axis in together {
      let others = together.map(\.name).filter { $0 != axis.name }.joined(separator: " and ")
      rows.append((axis.name, Self.line(of: axis, linkedWith: ", linked with \(others)")))
    }
    for axis in axes { rows.append((axis.name, Self.line(of: axis))) }
    if !except.isEmpty { rows.append(("except", exceptLine)) }
    for fixed in parameters { rows.append((fixed.name, "\(fixed.value)")) }
    rows.append(("until", untilLine))
    rows.append(("grokked", grokkedLine))
    rows.append(("map", "\(map.x) across, \(map.y) up, colour: \(map.value.rawValue)"))
    rows.append(("runs", runsLine))
    rows.append(("time", timeLine))
    let width = rows.map(\.0.count).max() ?? 0
    let lines = rows.map { label, line in
      TextLayout.hanging(label.padded(to: width) + "  ", line, indent: 2)
    }
    return (["\(name): \(experiment)"] + lines).joined(separator: "\n")
  }

  private static func line(of axis: Axis, linkedWith others: String = "") -> String {
    "\(axis.values.count.grouped) \(axis.values.count == 1 ? "value" : "values")\(others): "
      + TextLayout.list(axis.values)
  }

  private var exceptLine: String {
    let points = except.map { point in
      point.map { "\($0) = \($1)" }.joined(separator: ", ")
    }
    return TextLayout.list(points, separator: "; ")
      + " (\(leftOut.grouped) \(leftOut == 1 ? "run" : "runs") left out)"
  }

  private var untilLine: String {
    var ends = ["\(request.maxSteps.grouped) steps"]
    if request.stopsWhenConverged { ends.append("converged") }
    if request.criterion != nil { ends.append("grokked") }
    return ends.joined(separator: " or ")
  }

  private var grokkedLine: String {
    switch grokked.measure {
    case .loss: "train loss below \(grokked.train) and test loss below \(grokked.test)"
    case .accuracy:
      "train accuracy at least \(grokked.train) and test accuracy at least \(grokked.test)"
    }
  }

  private var runsLine: String {
    "\(runs.grouped): \(stored.grouped) in the store, \(remaining.grouped) to compute"
      + (cancelled == 0 ? "" : ", \(cancelled.grouped) cancelled (groksweep retry --run KEY)")
      + (failed == 0 ? "" : ", \(failed.grouped) given up (groksweep run --retry-failed)")
  }

  private var timeLine: String {
    if remaining == 0 {
      let others = (cancelled == 0 ? [] : ["cancelled"]) + (failed == 0 ? [] : ["given up"])
      return others.isEmpty
        ? "none: the store has every run"
        : "none: the others are \(others.joined(separator: " or "))"
    }
    let trainers = "\(slots.grouped) \(slots == 1 ? "trainer" : "trainers")"
    // What a step costs differs a hundredfold between experiments.
    if isGuess {
      let (steps, isMore) = remaining.multipliedReportingOverflow(by: request.maxSteps)
      return "known once the first runs have finished"
        + (isMore ? "" : "; at most \(steps.grouped) steps with \(trainers)")
    }
    return "about \(TextLayout.duration(estimatedSeconds)) with \(trainers)"
  }

  private enum CodingKeys: String, CodingKey {
    case name, experiment, axes, together, except, parameters, request, grokked, map, runs, stored
    case cancelled, failed, remaining, slots
    case leftOut = "left_out"
    case estimatedSeconds = "estimated_seconds"
    case isGuess = "estimate_is_guess"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(experiment, forKey: .experiment)
    try container.encode(axes, forKey: .axes)
    try container.encode(together, forKey: .together)
    let points = except.map { Dictionary(uniqueKeysWithValues: Array($0)) }
    try container.encode(points, forKey: .except)
    try container.encode(parameters, forKey: .parameters)
    try container.encode(request, forKey: .request)
    try container.encode(grokked, forKey: .grokked)
    try container.encode(map, forKey: .map)
    try container.encode(runs, forKey: .runs)
    try container.encode(leftOut, forKey: .leftOut)
    try container.encode(stored, forKey: .stored)
    try container.encode(cancelled, forKey: .cancelled)
    try container.encode(failed, forKey: .failed)
    try container.encode(remaining, forKey: .remaining)
    try container.encode(estimatedSeconds, forKey: .estimatedSeconds)
    try container.encode(isGuess, forKey: .isGuess)
    try container.encode(slots, forKey: .slots)
  }
}
