import OrderedCollections

// The JSON objects of the trainer protocol: what each command and message looks like in a line.

extension TrainerCommand {
  init?(_ line: JSONMembers) throws(TrainerLine.Malformed) {
    if let run = try line.object("run") {
      self = .run(try RunOrder(run))
    } else if let subject = try line.object("cancel") {
      self = .cancel(try subject.key())
    } else if let subject = try line.object("save") {
      self = .save(try subject.key())
    } else {
      return nil
    }
  }

  /// The key that an order names, whether the rest of it can be understood or not.
  static func orderedKey(in line: JSONMembers) -> RunKey? {
    guard case .object(let run) = line["run"] else { return nil }
    guard case .text(let text) = run.last(where: { $0.name == "key" })?.value else { return nil }
    return RunKey(hexadecimal: text)
  }

  func write(to line: inout JSONLine) {
    switch self {
    case .run(let order): line.member("run") { order.write(to: &$0) }
    case .cancel(let key): line.member("cancel") { $0.member("key", key.hexadecimal) }
    case .save(let key): line.member("save") { $0.member("key", key.hexadecimal) }
    }
  }
}

extension RunOrder {
  init(_ run: JSONMembers) throws(TrainerLine.Malformed) {
    let key = try run.key()
    var values: OrderedDictionary<String, ParameterValue> = [:]
    let given = try JSONMembers(
      try run.required("parameters"), path: run.path(of: "parameters"))
    for member in given.members {
      switch member.value {
      case .text(let text): values[member.name] = .text(text)
      case .flag(let flag): values[member.name] = .flag(flag)
      default: values[member.name] = .number(try given.decimal(member.name))
      }
    }
    self.init(
      key: key,
      configuration: Configuration(
        experiment: try run.text("experiment"), version: try run.integer("version"),
        parameters: values, inputs: try run.texts("inputs")),
      files: try run.texts("files"),
      request: try Request(
        try JSONMembers(try run.required("request"), path: run.path(of: "request"))),
      checkpoint: try run.optionalText("checkpoint"))
  }

  func write(to line: inout JSONLine) {
    if let checkpoint { line.member("checkpoint", checkpoint) }
    line.member("experiment", configuration.experiment)
    if !files.isEmpty {
      line.member("files") { object in
        for (name, path) in files { object.member(name, path) }
      }
    }
    if !configuration.inputs.isEmpty {
      line.member("inputs") { object in
        for (name, digest) in configuration.inputs { object.member(name, digest) }
      }
    }
    line.member("key", key.hexadecimal)
    line.member("parameters") { object in
      for (name, value) in configuration.parameters {
        switch value {
        case .number(let number): object.member(name, number)
        case .text(let text): object.member(name, text)
        case .flag(let flag): object.member(name, flag)
        }
      }
    }
    line.member("request") { request.write(to: &$0) }
    line.member("version", configuration.version)
  }
}

extension Request {
  init(_ object: JSONMembers) throws(TrainerLine.Malformed) {
    var rule: GrokkedRule?
    if let criterion = try object.object("criterion") {
      guard let measure = GrokkedRule.Measure(rawValue: try criterion.text("measure")) else {
        throw criterion.wrong("measure", "loss or accuracy")
      }
      rule = GrokkedRule(
        measure: measure, train: try criterion.decimal("train"),
        test: try criterion.decimal("test"))
    }
    let thresholds = try object.object("thresholds")
    let maxSteps = try object.integer("max_steps")
    guard (0...Request.maxStepsLimit).contains(maxSteps) else {
      throw object.wrong("max_steps", "a whole number of steps from 0 to 1e12")
    }
    self.init(
      maxSteps: maxSteps, stopsWhenConverged: try object.optionalFlag("converged"), criterion: rule,
      thresholds: Thresholds(
        loss: try thresholds?.decimals("loss") ?? [],
        accuracy: try thresholds?.decimals("accuracy") ?? []))
  }

  func write(to line: inout JSONLine) {
    line.member("converged", stopsWhenConverged)
    if let criterion {
      line.member("criterion") { object in
        object.member("measure", criterion.measure.rawValue)
        object.member("test", criterion.test)
        object.member("train", criterion.train)
      }
    }
    line.member("max_steps", maxSteps)
    line.member("thresholds") { object in
      object.array("accuracy", thresholds.accuracy)
      object.array("loss", thresholds.loss)
    }
  }
}

extension JSONMembers {
  fileprivate func decimals(_ name: String) throws(TrainerLine.Malformed) -> [ExactDecimal] {
    guard let value = self[name] else { return [] }
    guard case .array(let elements) = value else { throw wrong(name, "an array of numbers") }
    var decimals: [ExactDecimal] = []
    for element in elements { decimals.append(try Self.decimal(element, path: path(of: name))) }
    return decimals
  }
}
