import OrderedCollections

extension ExperimentDefinition {
  /// A student learns the outputs of a random teacher of its own shape.
  ///
  /// Both have two hidden tanh layers of N units with biases; f is α times the student's output, y the teacher's. Inputs
  /// ~ N(0, 1) (neither paper says; ours). Weights and biases start uniform between ∓1/√inputs, as PyTorch's linear layers
  /// do, the student's multiplied by `student_scale`. The loss is the mean of (f − y)² over examples and outputs; an example
  /// counts as right if the mean of its squared errors is below θ. Kumar et al. 2024 (arXiv 2310.06110), Fig. 8, 17 and 18;
  /// the set-up: Liu, Michaud and Tegmark 2023 (arXiv 2210.01117).
  public static let teacherStudent = ExperimentDefinition(
    name: "teacher-student", version: 1,
    summary: "A tanh network learns from a random teacher; weight decay and output scale delay it.",
    source: "Kumar et al. 2024, arXiv 2310.06110, Fig. 8, 17 and 18; Omnigrok, arXiv 2210.01117",
    isHidden: false,
    parameters: [
      ParameterDefinition(
        name: "alpha", kind: .number(.above(0)), defaultValue: 1,
        meaning: "output scale α of the student: how lazy it is", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "student_scale", kind: .number(.above(0)), defaultValue: 2,
        meaning: "factor of the student's initial weights and biases", unit: nil,
        source: "Fig. 8"),
      ParameterDefinition(
        name: "input_dimension", kind: .integer(1...4096), defaultValue: 5,
        meaning: "D, dimension of the inputs", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "hidden_units", kind: .integer(1...8192), defaultValue: 100,
        meaning: "N, units of each of the two hidden layers", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "output_dimension", kind: .integer(1...4096), defaultValue: 5,
        meaning: "K, dimension of the outputs", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "train_examples", kind: .integer(1...1_000_000), defaultValue: 100,
        meaning: "P, training examples", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "test_examples", kind: .integer(1...1_000_000), defaultValue: 100,
        meaning: "examples of the test set", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "optimiser", kind: .choice(["adamw", "adam", "sgd"]), defaultValue: "adamw",
        meaning:
          "as in PyTorch: adamw decays weights by 1 − ηλ beside the step, adam and sgd add λ w to "
          + "the gradient; moments are corrected for their bias, ε lies outside of the root",
        unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "learning_rate", kind: .number(.above(0)), defaultValue: 0.0003,
        meaning: "η", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "weight_decay", kind: .number(.atLeast(0)), defaultValue: 0.05,
        meaning: "λ", unit: nil, source: "Fig. 8"),
      ParameterDefinition(
        name: "beta1", kind: .number(.within(0, 0.9999)), defaultValue: 0.9,
        meaning: "β₁ of adamw and adam", unit: nil, source: "PyTorch's default"),
      ParameterDefinition(
        name: "beta2", kind: .number(.within(0, 0.999999)), defaultValue: 0.999,
        meaning: "β₂ of adamw and adam", unit: nil, source: "PyTorch's default"),
      ParameterDefinition(
        name: "adam_epsilon", kind: .number(.above(0)), defaultValue: 0.00000001,
        meaning: "ε of adamw and adam", unit: nil, source: "PyTorch's default"),
      ParameterDefinition(
        name: "momentum", kind: .number(.within(0, 0.9999)), defaultValue: 0,
        meaning: "μ of sgd; heavy ball: v ← μ v + gradient, w ← w − η v", unit: nil,
        source: "none: Fig. 8"),
      ParameterDefinition(
        name: "tolerance", kind: .number(.above(0)), defaultValue: 0.001,
        meaning:
          "θ: an example counts as right if the mean of its squared errors is below; the shares for 0.0001, "
          + "0.0005, 0.001, 0.005, 0.01 and 0.1 are recorded in any case", unit: nil,
        source: "Fig. 8 and 18"),
      ParameterDefinition(
        name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
        meaning: "draws of teacher, student and examples; shared by all cells of a map", unit: nil,
        source: "ours"),
      ParameterDefinition(
        name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
        meaning: "arithmetic of the training step", unit: nil, source: "float32: Fig. 8"),
    ],
    thresholds: Thresholds(loss: [0.0001, 0.001, 0.01, 0.1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.95, test: 0.95),
    maxSteps: 100_000,
    convergenceRule: nil,
    // What the optimiser has not got makes no other run.
    resolve: { values, _ in
      let isSGD = values["optimiser"] == "sgd"
      for name in isSGD ? ["beta1", "beta2", "adam_epsilon"] : ["momentum"] { values[name] = nil }
    })
}
