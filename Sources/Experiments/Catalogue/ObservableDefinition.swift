/// A quantity that an experiment's records hold beside losses and accuracies.
public struct ObservableDefinition: Hashable, Sendable, Codable {
  /// As in records, in the store's table and after `groksweep curves --quantity`.
  public let name: String
  public let meaning: String
}

extension ObservableDefinition {
  /// The norm of everything that is trained.
  static let weightNorm = ObservableDefinition(
    name: "weight_norm", meaning: "the Frobenius norm of all weights and biases together")

  static let weightChange = ObservableDefinition(
    name: "relative_weight_change",
    meaning: "‖W − W₀‖/‖W₀‖ of all weights and biases together, W₀ the initial ones")

  /// Kernel-task alignment where there are several outputs.
  static func alignment(labels: String) -> [ObservableDefinition] {
    [
      ObservableDefinition(
        name: "alignment",
        meaning:
          "⟨K, YYᵀ⟩/(‖K‖ ‖YYᵀ‖) of the tangent kernel K, its trace over the outputs, and the \(labels) Y of up "
          + "to 1000 test examples; at steps 0, 1, 4, 16, 64 and so on and at the last"),
      ObservableDefinition(
        name: "centred_alignment",
        meaning: "the same with the means of rows and columns taken off both kernels"),
    ]
  }

  /// Of regression with the initial tangent kernel, where there are several outputs.
  static func kernelRegression(_ kernel: String) -> ObservableDefinition {
    ObservableDefinition(
      name: "kernel_regression_loss",
      meaning:
        "the test loss of f(x) = f₀(x) + K(x, X) K⁻¹ (Y − f₀(X)), K the initial tangent kernel, "
        + "\(kernel), without a ridge, with its pseudo-inverse where it has no inverse; at step 0")
  }

  /// What two layers with a quadratic or polynomial activation have, whatever labels they learn.
  static let tangentKernel =
    [
      ObservableDefinition(
        name: "alignment",
        meaning:
          "yᵀKy/(‖K‖ |y|²) of the tangent kernel K and the labels y of up to 1000 test examples, "
          + "of train examples where there are none; at steps 0, 1, 4, 16, 64 and so on and at the last"
      ),
      ObservableDefinition(
        name: "centred_alignment",
        meaning: "the same without K's column means and y's mean, as in the authors' code"),
    ] + linearisedLosses + [
      ObservableDefinition(
        name: "kernel_regression_loss",
        meaning:
          "the test loss of regression with the initial tangent kernel without a ridge, with its "
          + "pseudo-inverse where it has no inverse; at step 0, with linearised: regression or twin"
      )
    ]

  /// Of the network linearised at its initial weights.
  static let linearisedLosses = [
    ObservableDefinition(
      name: "linearised_train_loss",
      meaning:
        "the train loss of the network linearised at its initial weights and trained beside by the "
        + "same rule; with linearised: twin"),
    ObservableDefinition(
      name: "linearised_test_loss", meaning: "its test loss; with linearised: twin"),
  ]

  /// The parts of the expected test loss of a quadratic target.
  static let populationParts = [
    ObservableDefinition(
      name: "variance",
      meaning: "of the expected test loss, the square of the difference of means (eq. 6); with "
        + "quadratic and hermite-2 targets"),
    ObservableDefinition(
      name: "misalignment",
      meaning: "of it, the part of quadratic modes; with the same targets"),
    ObservableDefinition(
      name: "linear_power",
      meaning: "of it, the power in linear modes; with the same targets"),
  ]

  /// The shares of examples within tolerances.
  static let sharesWithinTolerances = ["train", "test"].map { set in
    ObservableDefinition(
      name: "\(set)_within_θ",
      meaning:
        "the share of \(set) examples whose mean squared error is below θ, for θ = 0.0001, 0.0005, "
        + "0.001, 0.005, 0.01 and 0.1")
  }
}
