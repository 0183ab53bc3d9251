import OrderedCollections

/// The JSON objects of the trainer protocol, as `Codable` sees them.
struct CommandObject: Codable {
  struct Run: Codable {
    var key: RunKey
    var experiment: String
    var version: Int
    var parameters: ParameterObject
    var inputs: [String: String]?
    var files: [String: String]?
    var request: Request
    var checkpoint: String?
  }
  struct Subject: Codable { var key: RunKey }

  var run: Run?
  var cancel: Subject?
  var save: Subject?

  init(_ command: TrainerCommand) {
    switch command {
    case .run(let order):
      let configuration = order.configuration
      run = Run(
        key: order.key, experiment: configuration.experiment, version: configuration.version,
        parameters: ParameterObject(values: configuration.parameters),
        inputs: configuration.inputs.isEmpty
          ? nil : Dictionary(uniqueKeysWithValues: Array(configuration.inputs)),
        files: order.files.isEmpty ? nil : Dictionary(uniqueKeysWithValues: Array(order.files)),
        request: order.request, checkpoint: order.checkpoint)
    case .cancel(let key): cancel = Subject(key: key)
    case .save(let key): save = Subject(key: key)
    }
  }

  var command: TrainerCommand? {
    if let run {
      let configuration = Configuration(
        experiment: run.experiment, version: run.version, parameters: run.parameters.values,
        inputs: sortedByName(run.inputs ?? [:]))
      var order = RunOrder(
        configuration: configuration, files: sortedByName(run.files ?? [:]), request: run.request,
        checkpoint: run.checkpoint)
      order.key = run.key
      return .run(order)
    }
    if let cancel { return .cancel(cancel.key) }
    if let save { return .save(save.key) }
    return nil
  }
}

private func sortedByName(_ members: [String: String]) -> OrderedDictionary<String, String> {
  OrderedDictionary(uniqueKeysWithValues: members.sorted { $0.key < $1.key })
}

/// Parameters as a JSON object; the order of its members means nothing, so they are read sorted.
struct ParameterObject: Codable {
  var values: OrderedDictionary<String, ParameterValue>

  init(values: OrderedDictionary<String, ParameterValue>) { self.values = values }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyCodingKey.self)
    values = [:]
    for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      values[key.stringValue] = try container.decode(ParameterValue.self, forKey: key)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyCodingKey.self)
    for (name, value) in values { try container.encode(value, forKey: AnyCodingKey(name)) }
  }
}

struct MessageObject: Codable {
  struct Ready: Codable {
    var trainer: String
    var experiments: [SupportedExperiment]
  }
  struct Record: Codable {
    var key: RunKey
    var record: RunRecord

    init(key: RunKey, record: RunRecord) {
      self.key = key
      self.record = record
    }

    enum CodingKeys: String, CodingKey { case key, step, observables }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      key = try container.decode(RunKey.self, forKey: .key)
      var measurement = try Measurement(from: decoder)
      measurement.forgetNonFiniteValues()
      record = RunRecord(
        step: try container.decode(Int.self, forKey: .step), measurement: measurement)
      if container.contains(.observables) {
        let nested = try container.nestedContainer(
          keyedBy: AnyCodingKey.self, forKey: .observables)
        for name in nested.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
          let value = try nested.decode(Double?.self, forKey: name)
          record.observables.updateValue(
            value.flatMap { $0.isFinite ? $0 : nil }, forKey: name.stringValue)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(key, forKey: .key)
      try container.encode(record.step, forKey: .step)
      try record.measurement.encodeWithNulls(to: encoder)
      if !record.observables.isEmpty {
        var nested = container.nestedContainer(keyedBy: AnyCodingKey.self, forKey: .observables)
        for (name, value) in record.observables {
          try nested.encode(value.flatMap { $0.isFinite ? $0 : nil }, forKey: AnyCodingKey(name))
        }
      }
    }
  }
  struct Checkpoint: Codable {
    var key: RunKey
    var step: Int
    var file: String
  }
  struct Finished: Codable {
    var key: RunKey
    var summary: RunSummary

    enum CodingKeys: String, CodingKey { case key }

    init(key: RunKey, summary: RunSummary) {
      self.key = key
      self.summary = summary
    }

    init(from decoder: any Decoder) throws {
      key = try decoder.container(keyedBy: CodingKeys.self).decode(RunKey.self, forKey: .key)
      summary = try RunSummary(from: decoder)
      summary.initial.forgetNonFiniteValues()
      summary.final.forgetNonFiniteValues()
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(key, forKey: .key)
      try summary.encode(to: encoder)
    }
  }
  struct Failed: Codable {
    var key: RunKey
    var reason: String
  }

  var ready: Ready?
  var record: Record?
  var checkpoint: Checkpoint?
  var finished: Finished?
  var failed: Failed?

  init(_ message: TrainerMessage) {
    switch message {
    case .ready(let trainer, let experiments):
      ready = Ready(trainer: trainer, experiments: experiments)
    case .record(let key, let value): record = Record(key: key, record: value)
    case .checkpoint(let key, let step, let file):
      checkpoint = Checkpoint(key: key, step: step, file: file)
    case .finished(let key, let summary): finished = Finished(key: key, summary: summary)
    case .failed(let key, let reason): failed = Failed(key: key, reason: reason)
    }
  }

  var message: TrainerMessage? {
    if let ready { return .ready(trainer: ready.trainer, experiments: ready.experiments) }
    if let record { return .record(record.key, record.record) }
    if let checkpoint {
      return .checkpoint(checkpoint.key, step: checkpoint.step, file: checkpoint.file)
    }
    if let finished { return .finished(finished.key, finished.summary) }
    if let failed { return .failed(failed.key, reason: failed.reason) }
    return nil
  }
}

extension Measurement {
  mutating func forgetNonFiniteValues() {
    func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
    self = Measurement(
      trainLoss: finite(trainLoss), testLoss: finite(testLoss),
      trainAccuracy: finite(trainAccuracy), testAccuracy: finite(testAccuracy))
  }

  /// Writes all four members, null where there is no finite value, so that readers find them all.
  func encodeWithNulls(to encoder: any Encoder) throws {
    var finite = self
    finite.forgetNonFiniteValues()
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(finite.trainLoss, forKey: .trainLoss)
    try container.encode(finite.testLoss, forKey: .testLoss)
    try container.encode(finite.trainAccuracy, forKey: .trainAccuracy)
    try container.encode(finite.testAccuracy, forKey: .testAccuracy)
  }
}
