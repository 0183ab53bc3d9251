import Networks

extension ExperimentEngine {
  static func teacherStudentSizes(
    _ parameters: RunParameters
  ) throws(TrainingError) -> TeacherStudentDraws.Sizes {
    TeacherStudentDraws.Sizes(
      inputDimension: try parameters.integer("input_dimension"),
      hiddenUnits: try parameters.integer("hidden_units"),
      outputDimension: try parameters.integer("output_dimension"),
      trainExamples: try parameters.integer("train_examples"),
      testExamples: try parameters.integer("test_examples"))
  }

  static func teacherStudent(
    _ parameters: RunParameters
  ) throws(TrainingError) -> any TrainingEngine {
    var task = TeacherStudentTask(
      alpha: try parameters.number("alpha"), optimiser: try optimiser(parameters),
      learningRate: try parameters.number("learning_rate"),
      weightDecay: try parameters.number("weight_decay"),
      tolerance: try parameters.number("tolerance"))
    task.options = try optimiserOptions(parameters)
    task.linearisation = try linearisation(parameters)
    let draws = TeacherStudentDraws(
      sizes: try teacherStudentSizes(parameters),
      studentScale: try parameters.number("student_scale"), seed: try parameters.integer("seed"))
    return switch try parameters.text("precision") {
    case "float64": TeacherStudentEngine<Double>(task: task, draws: draws)
    default: TeacherStudentEngine<Float>(task: task, draws: draws)
    }
  }
}
