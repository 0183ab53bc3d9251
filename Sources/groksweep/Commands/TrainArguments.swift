import ClusterRuntime
import Experiments
import Foundation
import Networks
import OrderedCollections
import Training

/// The experiment and parameters that `groksweep train` was given, checked against the catalogue.
struct TrainArguments {
  let definition: ExperimentDefinition
  private(set) var values: OrderedDictionary<String, ParameterValue> = [:]
  /// Absolute paths, by parameter.
  private(set) var files: OrderedDictionary<String, String> = [:]

  /// Reads `polynomial-regression --alpha 2 --input-dimension=100`.
  init(_ words: [String]) throws(RuntimeFailure) {
    var experiment: String?
    var options: [(name: String, value: String?)] = []
    var index = words.startIndex
    while index < words.endIndex {
      let word = words[index]
      index += 1
      guard word.hasPrefix("--"), word.count > 2 else {
        guard experiment == nil else {
          throw RuntimeFailure(.wrongInput, "expected one experiment, found also \"\(word)\"")
        }
        experiment = word
        continue
      }
      let option = word.dropFirst(2)
      if let equals = option.firstIndex(of: "=") {
        options.append((String(option[..<equals]), String(option[option.index(after: equals)...])))
      } else if index < words.endIndex {
        options.append((String(option), words[index]))
        index += 1
      } else {
        options.append((String(option), nil))
      }
    }
    let known = Catalogue.listed.map(\.name)
    guard let experiment else {
      throw RuntimeFailure(
        .wrongInput,
        "expected the name of an experiment; known are \(known.joined(separator: ", "))")
    }
    guard let definition = Catalogue.experiment(named: experiment) else {
      throw RuntimeFailure(
        .wrongInput,
        "expected the name of an experiment, found \"\(experiment)\""
          + Spelling.suggestion(for: experiment, among: known))
    }
    self.definition = definition
    for (name, value) in options { try set(name, to: value) }
  }

  private mutating func set(_ option: String, to text: String?) throws(RuntimeFailure) {
    let name = option.replacingOccurrences(of: "-", with: "_")
    guard let parameter = definition.parameter(named: name) else {
      let known =
        definition.parameters.map { Self.option(for: $0.name) } + ["--max-steps", "--json"]
      throw RuntimeFailure(
        .wrongInput,
        "\(definition.name) has no parameter --\(option)"
          + Spelling.suggestion(for: Self.option(for: option), among: known))
    }
    guard let text else {
      throw RuntimeFailure(
        .wrongInput, "\(Self.option(for: name)): expected \(parameter.expectation), found nothing")
    }
    guard values[name] == nil else {
      throw RuntimeFailure(.wrongInput, "\(Self.option(for: name)) is given twice")
    }
    let value = ExactDecimal(text).map(ParameterValue.number) ?? .text(text)
    if ExactDecimal.isOutOfReach(text), parameter.kind.isNumeric {
      throw RuntimeFailure(
        .wrongInput,
        "\(Self.option(for: name)): expected \(parameter.expectation) "
          + "\(ExactDecimal.reach), found \(text)")
    }
    do throws(ParameterError) {
      try definition.check(name, parameter.kind == .file ? .text(text) : value)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(Self.option(for: name)): \(error.problem)")
    }
    if parameter.kind == .file {
      files[name] = URL(fileURLWithPath: text).standardizedFileURL.path
    } else {
      values[name] = value
    }
  }

  private static func option(for name: String) -> String {
    "--" + name.replacingOccurrences(of: "_", with: "-")
  }

  /// What is wrong with a parameter, as in `train_images: …`, with the option's name.
  private static func named(_ problem: String) -> String {
    let name = problem.prefix { $0 != ":" }
    return option(for: String(name)) + problem.dropFirst(name.count)
  }

  /// The full configuration; sizes that were not given are those of the data file.
  func configuration() throws(RuntimeFailure) -> Configuration {
    var values = values
    var inputs: OrderedDictionary<String, String> = [:]
    for (name, path) in files {
      guard let parameter = definition.parameter(named: name) else { continue }
      inputs[name] = try InputFile.digest(of: path, for: parameter, named: Self.option(for: name))
    }
    let contents = try InputFile.contents(of: files, for: definition, named: Self.option)
    for (size, count) in contents.values.compactMap(\.tensors).flatMap(DataSizes.sizes)
    where values[size] == nil && definition.parameter(named: size) != nil {
      values[size] = .number(ExactDecimal(count))
    }
    let configuration: Configuration
    do throws(ParameterError) {
      try definition.checkFiles(files.keys)
      configuration = try definition.configuration(values, inputs: inputs)
      try definition.checkTogether(configuration)
      // Of what was given: sizes that a file settles may be without effect.
      for name in self.values.keys {
        guard
          let reason = definition.reasonWithoutEffect(
            of: name, in: values, inputs: Set(inputs.keys))
        else { continue }
        throw ParameterError(name: name, problem: reason)
      }
    } catch {
      throw RuntimeFailure(.wrongInput, "\(Self.option(for: error.name)): \(error.problem)")
    }
    try InputFile.check(contents, for: [configuration], named: Self.named)
    return configuration
  }
}

/// The sizes of a task that its data file settles.
enum DataSizes {
  /// Reads x `[P × D]`, w `[N × D]`, test_x `[T × D]` and beta `[K × D]` off a safetensors file.
  static func sizes(of file: Safetensors) -> [(String, Int)] {
    func shape(_ name: String) -> [Int]? {
      file.tensors[name].map(\.shape).flatMap { $0.count == 2 ? $0 : nil }
    }
    var sizes: [(String, Int)] = []
    if let x = shape("x") { sizes += [("train_examples", x[0]), ("input_dimension", x[1])] }
    if let w = shape("w") { sizes.append(("hidden_units", w[0])) }
    if let test = shape("test_x") { sizes.append(("test_examples", test[0])) }
    if let beta = shape("beta") { sizes.append(("directions", beta[0])) }
    return sizes
  }
}
