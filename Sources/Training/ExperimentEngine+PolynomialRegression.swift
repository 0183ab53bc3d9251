import LinearAlgebra
import Networks

extension ExperimentEngine {
  static func polynomialRegressionSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> PolynomialRegressionDraws.Sizes {
    let isSample = try parameters.text("test_loss") == "sample"
    return PolynomialRegressionDraws.Sizes(
      inputDimension: try parameters.integer("input_dimension"),
      hiddenUnits: try parameters.integer("hidden_units"),
      trainExamples: try parameters.integer("train_examples"),
      testExamples: isSample ? try parameters.integer("test_examples") : 0,
      directions: try parameters.integer("directions"),
      hasReadouts: try parameters.text("readouts") == "trained")
  }

  static func polynomialRegressionDraws(
    of data: Safetensors, sizes: PolynomialRegressionDraws.Sizes, inputScale: Double = 1
  ) throws(TrainingError) -> PolynomialRegressionDraws {
    do {
      return try PolynomialRegressionDraws(file: data, sizes: sizes, inputScale: inputScale)
    } catch {
      throw TrainingError("data: \(error)")
    }
  }

  static func polynomialRegression(
    _ parameters: RunParameters, data: Safetensors?
  ) throws(TrainingError) -> any TrainingEngine {
    let sizes = try polynomialRegressionSizes(parameters)
    let task = try polynomialRegressionTask(parameters)
    var draws =
      if let data {
        try polynomialRegressionDraws(
          of: data, sizes: sizes,
          inputScale: try hasUnitInputs(parameters)
            ? 1 / Double(sizes.inputDimension).squareRoot() : 1)
      } else {
        PolynomialRegressionDraws(sizes: sizes, seed: try parameters.integer("seed"))
      }
    draws.prepareWeights(for: task, interpolation: try parameters.number("interpolation"))
    if data != nil, try parameters.text("engine") == "reduced" { try checkRank(of: draws) }
    return switch (try parameters.text("engine"), try parameters.text("precision")) {
    case ("direct", "float64"): DirectEngine<Double>(task: task, draws: draws)
    case ("direct", _): DirectEngine<Float>(task: task, draws: draws)
    case (_, "float64"): ReducedEngine<Double>(task: task, draws: draws)
    default: ReducedEngine<Float>(task: task, draws: draws)
    }
  }

  /// Refuses weights from a file whose second moment rounding would make indefinite: its error then grows.
  ///
  /// Drawn ones have full rank where `engine: auto` reduces them.
  static func checkRank(
    of draws: PolynomialRegressionDraws
  ) throws(TrainingError) {
    let rank: Int
    do {
      rank = try draws.weightRank()
    } catch {
      throw TrainingError("data: w: \(error)")
    }
    guard rank == draws.inputDimension else {
      throw TrainingError(
        "data: w has \(rank) independent columns of \(draws.inputDimension), and the reduced engine needs all of them; "
          + "set engine to direct")
    }
  }

  private static func polynomialRegressionTask(
    _ parameters: RunParameters
  ) throws(TrainingError) -> PolynomialRegressionTask {
    var task = PolynomialRegressionTask(
      alpha: try parameters.number("alpha"), epsilon: try parameters.number("epsilon"),
      learningRate: try parameters.number("learning_rate"),
      testLoss: try parameters.text("test_loss") == "sample" ? .sample : .population)
    switch try parameters.text("target") {
    case "hermite-2": task.target = .hermite(degree: 2)
    case "hermite-3": task.target = .hermite(degree: 3)
    case "hermite-4": task.target = .hermite(degree: 4)
    default: task.target = .quadratic
    }
    task.labelScale = try parameters.number("label_scale")
    // y = (β·x/√D)² for unit inputs is twice ½(β·x)² for those of variance 1/D.
    if try hasUnitInputs(parameters), task.target == .quadratic { task.labelScale *= 2 }
    task.sigma = try parameters.number("sigma")
    task.isCentred = try parameters.text("predictor") == "centred"
    task.weightDecay = try parameters.number("weight_decay")
    task.momentum = try parameters.number("momentum")
    task.trainsReadouts = try parameters.text("readouts") == "trained"
    task.linearisation = try linearisation(parameters)
    task.followsWeightChange = try parameters.text("weight_change") == "recorded"
    return task
  }

  static func linearisation(
    _ parameters: RunParameters
  ) throws(TrainingError) -> Linearisation {
    switch try parameters.text("linearised") {
    case "regression": .regression
    case "twin": .twin
    default: .none
    }
  }

  /// Whether the inputs are of variance 1, and to be divided by √D; drawn ones never are.
  private static func hasUnitInputs(_ parameters: RunParameters) throws(TrainingError) -> Bool {
    try parameters.text("scaling") == "fig3a"
  }
}
