import Yams

/// Turns YAML text into the tree that sweeps are read from.
enum SweepYAML {
  /// A sweep file needs four levels; more would only be walked through in vain.
  static let depthMax = 8
  /// Values in a file after its aliases are followed; a mebibyte of numbers has fewer.
  static let valuesMax = 300_000

  /// Reads the one document of a sweep file.
  ///
  /// - Parameters:
  ///   - text: the file's text.
  ///   - file: the file as the user named it.
  /// - Returns: the document.
  /// - Throws: `SweepFileError` for text that is not YAML, and for YAML that no sweep needs.
  static func node(_ text: String, file: String) throws(SweepFileError) -> SweepNode {
    try AliasLimits.check(text, file: file)
    let document: Node?
    do {
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      document = try parser.singleRoot()
    } catch let error as YamlError {
      throw YAMLSentence.error(error, text: text, file: file)
    } catch {
      throw SweepFileError(file: file, problem: "expected YAML, found what is none: \(error)")
    }
    guard let document else {
      throw SweepFileError(
        file: file, problem: "expected a sweep with experiment and axes, found only comments")
    }
    var conversion = Conversion(file: file)
    return try conversion.node(document, depth: 0)
  }

  /// Converts nodes, and counts them, since aliases let a short text stand for a huge document.
  private struct Conversion {
    let file: String
    var count = 0

    mutating func node(_ node: Node, depth: Int) throws(SweepFileError) -> SweepNode {
      let place = SweepPlace(source: file, line: node.mark?.line, column: node.mark?.column)
      count += 1
      guard count <= valuesMax else {
        throw SweepFileError(
          place, problem: "expected at most \(valuesMax.grouped) values, found more")
      }
      guard depth < depthMax else {
        throw SweepFileError(
          place, problem: "expected at most \(depthMax) levels of lists and mappings, found more")
      }
      switch node {
      case .scalar(let scalar):
        // Text by its tag is text as if in quotes; the parser also tags the keys that it compares.
        let isPlain = scalar.style == .plain && scalar.tag.description.isEmpty
        try refuseTag(scalar.tag, besides: ["tag:yaml.org,2002:str"], place)
        return SweepNode(.scalar(scalar.string, isPlain: isPlain), at: place)
      case .sequence(let sequence):
        try refuseTag(sequence.tag, place)
        var elements: [SweepNode] = []
        for element in sequence { elements.append(try self.node(element, depth: depth + 1)) }
        return SweepNode(.list(elements), at: place)
      case .mapping(let mapping):
        try refuseTag(mapping.tag, place)
        return SweepNode(.mapping(try members(mapping, depth: depth)), at: place)
      case .alias:
        throw SweepFileError(place, problem: "expected a value, found an unresolved alias")
      }
    }

    private mutating func members(
      _ mapping: Node.Mapping, depth: Int
    ) throws(SweepFileError) -> [SweepNode.Member] {
      var members: [SweepNode.Member] = []
      var seen: Set<String> = []
      for (key, value) in mapping {
        let place = SweepPlace(source: file, line: key.mark?.line, column: key.mark?.column)
        guard case .scalar(let scalar) = key else {
          throw SweepFileError(
            place, problem: "expected a name as the key, found a list or a mapping")
        }
        let name = scalar.string
        if name == "<<" {
          throw SweepFileError(
            place, path: "<<",
            problem: "expected keys that are written out, found a merge key; an anchor and an "
              + "alias can share single values")
        }
        guard seen.insert(name).inserted else {
          throw YAMLSentence.duplicate(name, at: place)
        }
        members.append(
          SweepNode.Member(
            key: name, keyPlace: place, value: try node(value, depth: depth + 1)))
      }
      return members
    }

    private func refuseTag(
      _ tag: Tag, besides allowed: Set<String> = [], _ place: SweepPlace
    ) throws(SweepFileError) {
      let name = tag.description
      guard name.isEmpty || allowed.contains(name) else {
        let shown = name.replacing("tag:yaml.org,2002:", with: "!!")
        throw SweepFileError(
          place, problem: "expected a value without a tag, found the tag \(shown.abbreviated)")
      }
    }
  }
}

extension Int {
  /// With commas between the thousands: `10,000,000`.
  var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + text
  }
}
