import OrderedCollections

/// Reads a sweep from its document, and checks that every grid point can be run.
struct SweepReader {
  /// The file as the user named it.
  let file: String
  /// What the command line keeps of linked axes.
  var narrowings: [LinkedNarrowing] = []

  static let keys = [
    "name", "experiment", "parameters", "axes", "together", "except", "until", "grokked", "map",
    "priority",
  ]
  static let priorities = -1000...1000

  func sweep(_ document: SweepCursor) throws(SweepFileError) -> Sweep {
    let members = try document.members(
      Self.keys, expected: "a mapping with experiment and axes")
    func cursor(_ key: String) -> SweepCursor? { members[key].map(document.member) }

    let definition = try experiment(cursor("experiment"), in: document)
    let together = cursor("together")
    let written = try AxesReader(definition: definition).axes(
      cursor("axes"), together: together, in: document)
    let axes = try LinkedNarrowing.apply(narrowings, to: written, of: definition)
    let parameters = try parameters(cursor("parameters"), definition: definition, axes: axes)
    let sections = ["parameters", "axes", "together"].compactMap(cursor)
    try NamedParametersCheck(definition: definition, parameters: parameters, axes: axes)
      .check(sections)
    if let axesCursor = cursor("axes") {
      try EffectCheck(definition: definition, parameters: parameters, axes: axes)
        .check(axesCursor, together: together)
    }
    let except = try ExceptReader(
      definition: definition, axes: axes, changed: changedAxes(axes, cursor("axes"))
    ).points(cursor("except"))
    try TogetherCheck(
      definition: definition, parameters: parameters, shape: GridShape(axes, except: except)
    ).check(sections, in: document)
    let grokked = try GrokkedReader(definition: definition).rule(cursor("grokked"))
    let request = try request(cursor("until"), definition: definition, grokked: grokked)
    let priorityRange = "a whole number from -1000 to 1000"
    return Sweep(
      name: try name(cursor("name")), experiment: definition.name, parameters: parameters,
      axes: axes.free, together: axes.linked, except: except, request: request,
      grokked: grokked, map: try MapReader(axes: axes).map(cursor("map")),
      priority: try cursor("priority")?.integer(Self.priorities, expected: priorityRange) ?? 0)
  }

  /// The axes that have their values from the command line.
  private func changedAxes(_ axes: SweepAxes, _ cursor: SweepCursor?) -> Set<String> {
    let members = cursor?.node.members ?? []
    let replaced = members.filter { $0.value.place.source != file }.map(\.key)
    return Set(replaced + (narrowings.isEmpty ? [] : Array(axes.linked.keys)))
  }

  private func experiment(
    _ cursor: SweepCursor?, in document: SweepCursor
  ) throws(SweepFileError) -> ExperimentDefinition {
    let known = Catalogue.listed.map(\.name)
    guard let cursor else {
      throw document.error(
        "expected the key experiment with one of \(known.joined(separator: ", ")), found none")
    }
    let expected = "the name of an experiment"
    let name = try cursor.text(expected: expected)
    guard let definition = Catalogue.experiment(named: name) else {
      throw cursor.error(
        "expected \(expected), found \"\(name.abbreviated)\""
          + Spelling.suggestion(for: name, among: known))
    }
    return definition
  }

  private func parameters(
    _ cursor: SweepCursor?, definition: ExperimentDefinition,
    axes: SweepAxes
  ) throws(SweepFileError) -> OrderedDictionary<String, ParameterValue> {
    guard let cursor else { return [:] }
    guard let members = cursor.node.members else {
      throw cursor.error(expected: "a mapping from parameters to values")
    }
    var parameters: OrderedDictionary<String, ParameterValue> = [:]
    for member in members {
      let parameter = try definition.parameter(at: member, of: cursor)
      guard axes.values(of: member.key) == nil else {
        let place = axes.free[member.key] == nil ? "in together" : "among the axes"
        throw cursor.error(
          atKey: member,
          "expected \(member.key) among the parameters or \(place), found it in both")
      }
      parameters[member.key] = try cursor.member(member).value(of: parameter)
    }
    return parameters
  }

  private func request(
    _ cursor: SweepCursor?, definition: ExperimentDefinition, grokked: GrokkedRule
  ) throws(SweepFileError) -> Request {
    let hasRule = definition.convergenceRule != nil
    var request = Request(
      maxSteps: definition.maxSteps, stopsWhenConverged: hasRule,
      thresholds: definition.thresholds.union(grokked.thresholds))
    guard let cursor else { return request }
    let members = try cursor.members(
      ["max_steps", "converged", "grokked"],
      expected: "a mapping such as {max_steps: 1000, converged: true}")
    if let steps = members["max_steps"] {
      request.maxSteps = try cursor.member(steps).integer(
        1...Request.maxStepsLimit, expected: "a whole number of steps from 1 to 1e12")
    }
    if let converged = members["converged"] {
      let isAsked = try cursor.member(converged).flag()
      guard hasRule || !isAsked else {
        throw cursor.member(converged).error(
          "expected false, found true, but \(definition.name) has no convergence rule")
      }
      request.stopsWhenConverged = isAsked
    }
    if let stops = members["grokked"] {
      request.criterion = try cursor.member(stops).flag() ? grokked : nil
    }
    return request
  }

  private func name(_ cursor: SweepCursor?) throws(SweepFileError) -> String {
    let expected = "a name of letters, digits, -, _ and . that starts with a letter or digit"
    if let cursor {
      let name = try cursor.text(expected: expected)
      guard Self.isName(name) else { throw cursor.error(expected: expected) }
      guard !Self.isStoreFile(name) else {
        throw cursor.error("\(Self.otherName), found \"\(name)\"")
      }
      return name
    }
    let base = file.split(separator: "/").last.map(String.init) ?? file
    let suffix = [".yaml", ".yml"].first { base.hasSuffix($0) } ?? ""
    let name = String(base.dropLast(suffix.count))
    guard Self.isName(name) else {
      throw SweepFileError(
        file: file, path: "name",
        problem: "expected \(expected), found \"\(name.abbreviated)\", the name of the file; "
          + "write another after the key name")
    }
    guard !Self.isStoreFile(name) else {
      throw SweepFileError(
        file: file, path: "name",
        problem: "\(Self.otherName), found \"\(name)\", the name of the file; "
          + "write another after the key name")
    }
    return name
  }

  private static let otherName =
    "expected a name that nothing beside the store has (results.sqlite…, coordinator.…, keys, launch, .workers)"

  /// Whether a sweep's folder of this name would be one of the files that lie beside it.
  ///
  /// Compared without case, because some file systems do not tell Results.sqlite from results.sqlite.
  static func isStoreFile(_ text: String) -> Bool {
    let name = text.lowercased()
    return name.hasPrefix("results.sqlite") || name.hasPrefix("coordinator.")
      || ["keys", "launch", ".workers"].contains(name)
  }

  /// Whether a text can name a sweep and the folder of its results.
  static func isName(_ text: String) -> Bool {
    func isAlphanumeric(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber)
    }
    guard text.count <= 100, let first = text.first, isAlphanumeric(first) else { return false }
    return text.allSatisfy { isAlphanumeric($0) || "-_.".contains($0) }
  }
}

extension ExperimentDefinition {
  /// The parameter that a key of `parameters` or `axes` names.
  func parameter(
    at member: SweepNode.Member, of cursor: SweepCursor
  ) throws(SweepFileError) -> ParameterDefinition {
    if let parameter = parameter(named: member.key) { return parameter }
    throw cursor.error(
      atKey: member,
      "expected a parameter of \(name), found \"\(member.key.abbreviated)\""
        + Spelling.suggestion(for: member.key, among: parameters.map(\.name)))
  }
}
