import OrderedCollections

extension TrainerMessage {
  init?(_ line: JSONMembers) throws(TrainerLine.Malformed) {
    if let record = try line.object("record") {
      self = .record(try record.key(), try RunRecord(record))
    } else if let progress = try line.object("progress") {
      self = .progress(try progress.key(), step: try progress.integer("step"))
    } else if let finished = try line.object("finished") {
      self = .finished(try finished.key(), try RunSummary(finished))
    } else if let checkpoint = try line.object("checkpoint") {
      let (key, step) = (try checkpoint.key(), try checkpoint.integer("step"))
      self =
        checkpoint["problem"] == nil
        ? .checkpoint(key, step: step, file: try checkpoint.text("file"))
        : .checkpointFailed(key, step: step, problem: try checkpoint.text("problem"))
    } else if let failed = try line.object("failed") {
      self = .failed(try failed.key(), reason: try failed.text("reason"))
    } else if let refused = try line.object("refused") {
      self = .refused(
        try refused.key(), input: try refused.text("input"), reason: try refused.text("reason"))
    } else if let ready = try line.object("ready") {
      self = .ready(
        trainer: try ready.text("trainer"), experiments: try ready.supportedExperiments())
    } else {
      return nil
    }
  }

  func write(to line: inout JSONLine) {
    switch self {
    case .ready(let trainer, let experiments):
      line.member("ready") { object in
        object.array("experiments", experiments) { element, experiment in
          element.member("name", experiment.name)
          element.member("version", experiment.version)
        }
        object.member("trainer", trainer)
      }
    case .record(let key, let record):
      line.member("record") { object in
        object.member("key", key.hexadecimal)
        record.write(to: &object)
      }
    case .progress(let key, let step):
      line.member("progress") { object in
        object.member("key", key.hexadecimal)
        object.member("step", step)
      }
    case .checkpoint(let key, let step, let file):
      line.member("checkpoint") { object in
        object.member("file", file)
        object.member("key", key.hexadecimal)
        object.member("step", step)
      }
    case .checkpointFailed(let key, let step, let problem):
      line.member("checkpoint") { object in
        object.member("key", key.hexadecimal)
        object.member("problem", problem)
        object.member("step", step)
      }
    case .finished(let key, let summary):
      line.member("finished") { summary.write(to: &$0, key: key) }
    case .failed(let key, let reason):
      line.member("failed") { object in
        object.member("key", key.hexadecimal)
        object.member("reason", reason)
      }
    case .refused(let key, let input, let reason):
      line.member("refused") { object in
        object.member("input", input)
        object.member("key", key.hexadecimal)
        object.member("reason", reason)
      }
    }
  }
}

extension JSONMembers {
  fileprivate func supportedExperiments() throws(TrainerLine.Malformed) -> [SupportedExperiment] {
    guard case .array(let elements) = try required("experiments") else {
      throw wrong("experiments", "an array")
    }
    var experiments: [SupportedExperiment] = []
    for element in elements {
      let object = try JSONMembers(element, path: path(of: "experiments"))
      experiments.append(
        SupportedExperiment(
          name: try object.text("name"), version: try object.integer("version")))
    }
    return experiments
  }
}

extension Measurement {
  fileprivate init(_ object: JSONMembers) throws(TrainerLine.Malformed) {
    self.init(
      trainLoss: try object.measured("train_loss"), testLoss: try object.measured("test_loss"),
      trainAccuracy: try object.measured("train_accuracy"),
      testAccuracy: try object.measured("test_accuracy"))
  }

  fileprivate static func reading(
    _ object: JSONMembers?
  ) throws(TrainerLine.Malformed) -> Measurement {
    guard let object else { return Measurement() }
    return try Measurement(object)
  }

  /// All four members, null where there is no finite value, so that readers find them all.
  fileprivate func write(to line: inout JSONLine) {
    line.member("test_accuracy", measured: testAccuracy)
    line.member("test_loss", measured: testLoss)
    line.member("train_accuracy", measured: trainAccuracy)
    line.member("train_loss", measured: trainLoss)
  }
}

extension RunRecord {
  fileprivate init(_ object: JSONMembers) throws(TrainerLine.Malformed) {
    self.init(step: try object.integer("step"), measurement: try Measurement(object))
    guard let observed = try object.object("observables") else { return }
    for member in observed.members {
      observables.updateValue(try observed.measured(member.name), forKey: member.name)
    }
    observables.sort { $0.key < $1.key }
  }

  fileprivate func write(to line: inout JSONLine) {
    if !observables.isEmpty {
      line.member("observables") { object in
        for (name, value) in observables { object.member(name, measured: value) }
      }
    }
    line.member("step", step)
    measurement.write(to: &line)
  }
}

extension RunSummary {
  fileprivate init(_ object: JSONMembers) throws(TrainerLine.Malformed) {
    guard let stopped = StopReason(rawValue: try object.text("stopped")) else {
      throw object.wrong("stopped", "criterion, converged, step_limit or diverged")
    }
    self.init(
      steps: try object.integer("steps"), stopped: stopped,
      crossings: try Crossings(
        try JSONMembers(try object.required("crossings"), path: object.path(of: "crossings"))),
      convergedAt: object["converged_at"] == nil ? nil : try object.integer("converged_at"),
      initial: try .reading(object.object("initial")),
      final: try .reading(object.object("final")),
      isRecomputedInFloat64: try object.optionalFlag("recomputed_in_float64"))
  }

  fileprivate func write(to line: inout JSONLine, key: RunKey) {
    line.member("converged_at", step: convergedAt)
    line.member("crossings") { object in
      for series in Series.allCases {
        let crossings = crossings.of(series)
        guard !crossings.isEmpty else { continue }
        object.member(series.rawValue) { steps in
          for crossing in crossings {
            steps.member(crossing.threshold.description, step: crossing.step)
          }
        }
      }
    }
    line.member("final") { final.write(to: &$0) }
    line.member("initial") { initial.write(to: &$0) }
    line.member("key", key.hexadecimal)
    if isRecomputedInFloat64 { line.member("recomputed_in_float64", true) }
    line.member("steps", steps)
    line.member("stopped", stopped.rawValue)
  }
}

extension Crossings {
  fileprivate init(_ object: JSONMembers) throws(TrainerLine.Malformed) {
    self.init()
    for series in Series.allCases {
      guard let crossings = try object.object(series.rawValue) else { continue }
      var steps: [(threshold: ExactDecimal, step: Int?)] = []
      for member in crossings.members {
        guard let threshold = ExactDecimal(member.name) else {
          throw crossings.wrong(member.name, "named by a threshold, a decimal number")
        }
        steps.append(
          (threshold, member.value == .null ? nil : try crossings.integer(member.name)))
      }
      for (threshold, step) in steps.sorted(by: { $0.threshold < $1.threshold }) {
        record(step, of: series, at: threshold)
      }
    }
  }
}
