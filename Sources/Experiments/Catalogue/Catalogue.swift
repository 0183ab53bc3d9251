/// Every experiment that GrokSweep knows.
public enum Catalogue {
  public static let experiments: [ExperimentDefinition] = [
    .polynomialRegression, .eigenvectorLabels, .modularMLP, .embeddingMLP, .oneLayerTransformer,
    .transformer, .additionToy, .sparseParity, .teacherStudent, .imageMLP, .noop,
  ]

  public static var listed: [ExperimentDefinition] { experiments.filter { !$0.isHidden } }

  public static func experiment(named name: String) -> ExperimentDefinition? {
    experiments.first { $0.name == name }
  }
}
