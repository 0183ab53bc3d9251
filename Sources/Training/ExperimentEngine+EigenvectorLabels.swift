import LinearAlgebra
import Networks

extension ExperimentEngine {
  static func eigenvectorLabelsSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> PolynomialRegressionDraws.Sizes {
    let examples = try parameters.integer("train_examples")
    return PolynomialRegressionDraws.Sizes(
      inputDimension: try parameters.integer("input_dimension"),
      hiddenUnits: try parameters.integer("hidden_units"),
      trainExamples: examples, testExamples: examples)
  }

  static func eigenvectorLabels(
    _ parameters: RunParameters
  ) throws(TrainingError) -> any TrainingEngine {
    var task = PolynomialRegressionTask(
      alpha: try parameters.number("alpha"), epsilon: try parameters.number("epsilon"),
      learningRate: try parameters.number("learning_rate"), testLoss: .sample)
    task.sigma = try parameters.number("sigma")
    task.labelScale = try parameters.number("label_scale")
    task.linearisation = try linearisation(parameters)
    let eigenvector = try parameters.integer("eigenvector")
    let sizes = try eigenvectorLabelsSizes(parameters)
    let seed = try parameters.integer("seed")
    let draws: PolynomialRegressionDraws
    do {
      draws = try PolynomialRegressionDraws(
        eigenvector: eigenvector, sizes: sizes, task: task, seed: seed)
    } catch {
      throw TrainingError("the initial kernel has no eigenvectors: \(error)")
    }
    return switch try parameters.text("precision") {
    case "float64": DirectEngine<Double>(task: task, draws: draws)
    default: DirectEngine<Float>(task: task, draws: draws)
    }
  }

  static func eigenvectorLabelsBytes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> Int {
    let sizes = try eigenvectorLabelsSizes(parameters)
    let training = sizes.bytes(
      isDirect: true, isLinearised: try parameters.text("linearised") != "none",
      scalarBytes: try parameters.scalarBytes())
    return max(training, sizes.bytesForKernel)
  }
}
