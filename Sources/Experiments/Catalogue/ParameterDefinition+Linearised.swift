extension ParameterDefinition {
  /// What is recorded of the network linearised at its initial weights.
  static let linearised = ParameterDefinition(
    name: "linearised", kind: .choice(["none", "regression", "twin"]),
    defaultValue: "none",
    meaning:
      "what is recorded of the network linearised at its initial weights; regression: at step 0 "
      + "kernel_regression_loss, the test loss of regression with the initial tangent kernel "
      + "without a ridge; twin: that, and linearised_train_loss and linearised_test_loss of the "
      + "linearised network, trained beside this one by the same rule at 2P² operations a step",
    unit: nil, source: "Fig. 1", isLeftOutAtDefault: true)
}
