public import Experiments
public import OrderedCollections

/// What a parameter is called on a figure: the field's name and symbol.
public enum ParameterLabel {
  private static let known: [String: (name: String, symbol: String)] = [
    "alpha": ("output scale α (laziness)", "α"),
    "epsilon": ("kernel alignment ε", "ε"),
    "sigma": ("initial weight scale σ", "σ"),
    "weight_decay": ("weight decay λ", "λ"),
    "momentum": ("momentum μ", "μ"),
    "label_scale": ("label scale s", "s"),
    "interpolation": ("interpolation t", "t"),
    "directions": ("directions K", "K"),
    "learning_rate": ("learning rate η", "η"),
    "train_fraction": ("train fraction", "train fraction"),
    "train_examples": ("train examples P", "P"),
    "input_dimension": ("input dimension D", "D"),
    "hidden_units": ("hidden units N", "N"),
    "p": ("modulus p", "p"),
  ]

  /// The label of an axis, with the unit if the experiment's catalogue entry gives one.
  static func axis(_ parameter: String, experiment: String) -> String {
    let name = known[parameter]?.name ?? parameter.replacing("_", with: " ")
    let definition = Catalogue.experiment(named: experiment)?.parameter(named: parameter)
    return name + (definition?.unit.map { " (\($0))" } ?? "")
  }

  /// The short form used in captions: `α`.
  static func symbol(_ parameter: String) -> String {
    known[parameter]?.symbol ?? parameter.replacing("_", with: " ")
  }

  /// What the test loss is taken over, if the experiment has several kinds: `population loss`.
  ///
  /// - Parameter parameters: those that all runs of the figure share.
  /// - Returns: words for the caption; nil without a parameter `test_loss`.
  public static func testLoss(
    _ parameters: OrderedDictionary<String, ParameterValue>
  ) -> String? {
    guard let kind = parameters["test_loss"] else { return nil }
    guard kind == "sample" else { return "\(kind) loss" }
    return "mean over \(parameters["test_examples"]?.description ?? "the") test examples"
  }

  /// The values of an axis in few characters: `0–4` for 0, 1, 2, 3, 4.
  static func summary(of values: [ParameterValue]) -> String {
    let integers = values.compactMap { $0.number?.integerValue }
    if integers.count == values.count, integers.count > 2, let first = integers.first,
      integers == Array(first..<(first + integers.count))
    {
      return "\(first)–\(first + integers.count - 1)"
    }
    let shown = values.prefix(6).map(\.description).joined(separator: ", ")
    return values.count > 6 ? shown + ", …" : shown
  }
}
