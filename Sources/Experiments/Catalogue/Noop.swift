extension ExperimentDefinition {
  /// Runs that cost nothing: what is left is the coordinator, the worker and the store.
  ///
  /// The losses are 1/(1 + step), so that curves and crossings have values that a test can foretell.
  public static let noop = ExperimentDefinition(
    name: "noop", version: 1,
    summary: "Runs that compute nothing, for tests and benchmarks of everything around them.",
    source: "ours", isHidden: true,
    parameters: [
      ParameterDefinition(
        name: "x", kind: .number(.any), defaultValue: 0, meaning: "an axis without effect",
        unit: nil, source: "ours"),
      ParameterDefinition(
        name: "y", kind: .number(.any), defaultValue: 0, meaning: "an axis without effect",
        unit: nil, source: "ours"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "an axis without effect", unit: nil, source: "ours"),
      ParameterDefinition(
        name: "steps", kind: .integer(0...1_000_000_000), defaultValue: 1,
        meaning: "the run converges after this many steps", unit: nil, source: "ours"),
      ParameterDefinition(
        name: "step_milliseconds", kind: .number(.within(0, 60_000)), defaultValue: 0,
        meaning: "how long a step lasts", unit: "ms", source: "ours"),
      ParameterDefinition(
        name: "behaviour", kind: .choice(["finish", "fail", "crash", "hang"]),
        defaultValue: "finish",
        meaning: "what the run does after its steps", unit: nil, source: "ours"),
    ],
    thresholds: Thresholds(loss: [0.1, 0.5]),
    maxSteps: 1_000_000_000,
    convergenceRule: "the number of steps is reached",
    resolve: { _, _ in })
}
