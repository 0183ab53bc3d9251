extension ExperimentDefinition {
  /// A student learns the outputs of a random teacher of its own shape.
  ///
  /// Both have two hidden tanh layers of N units with biases; f is α times the student's output, y the teacher's. Inputs
  /// ~ N(0, 1) (neither paper says; ours). Weights and biases start uniform between ∓1/√inputs, as PyTorch's linear layers
  /// do, the student's multiplied by `student_scale`. The loss is the mean of (f − y)² over examples and outputs; an example
  /// counts as right if the mean of its squared errors is below θ. Kumar et al. 2024 (arXiv 2310.06110), Fig. 8, 17 and 18;
  /// the set-up: Liu, Michaud and Tegmark 2023 (arXiv 2210.01117).
  public static let teacherStudent = ExperimentDefinition(
    name: "teacher-student", version: 2,
    summary: "A tanh network learns from a random teacher; weight decay and output scale delay it.",
    source:
      "Kumar et al. 2024, arXiv 2310.06110, Fig. 8, 13b, 17 and 18; Omnigrok, arXiv 2210.01117",
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
    ]
      + OptimiserParameters.all(learningRate: 0.0003, weightDecay: 0.05, source: "Fig. 8") + [
        ParameterDefinition(
          name: "tolerance", kind: .number(.above(0)), defaultValue: 0.001,
          meaning:
            "θ: an example counts as right if the mean of its squared errors is below; the shares for 0.0001, "
            + "0.0005, 0.001, 0.005, 0.01 and 0.1 are recorded in any case", unit: nil,
          source: "Fig. 8 and 18"),
        ParameterDefinition(
          name: "seed", kind: .integer(0...Int(1) << 53), defaultValue: 0,
          meaning: "draws of teacher, student and examples; shared by all cells of a map",
          unit: nil,
          source: "ours"),
        ParameterDefinition(
          name: "linearised", kind: .choice(["none", "regression", "twin"]), defaultValue: "none",
          meaning:
            "what is recorded of the network linearised at its initial weights; regression: at step 0 "
            + "kernel_regression_loss; twin: that, and linearised_train_loss and linearised_test_loss of the linearised "
            + "network, trained beside this one by the same rule; a step takes twice as long",
          unit: nil, source: "Fig. 13b", isLeftOutAtDefault: true),
        ParameterDefinition(
          name: "precision", kind: .choice(["float32", "float64"]), defaultValue: "float32",
          meaning: "arithmetic of the training step", unit: nil, source: "float32: Fig. 8"),
      ],
    thresholds: Thresholds(loss: [0.0001, 0.001, 0.01, 0.1], accuracy: [0.5, 0.9, 0.95, 0.99]),
    grokked: GrokkedRule(measure: .accuracy, train: 0.95, test: 0.95),
    maxSteps: 100_000,
    convergenceRule: nil,
    isRepeatedNearThresholds: true,
    resolve: { _, _ in },
    observables: [.weightNorm, .weightChange] + ObservableDefinition.sharesWithinTolerances
      + ObservableDefinition.alignment(labels: "teacher's outputs")
      + ObservableDefinition.linearisedLosses + [.kernelRegression("of all outputs together")])
}
