/// What `--set` changes in a sweep: `alpha=0.4,0.8`, `seed=0..4` or `until.max_steps=2000`.
///
/// A name alone is a parameter. Several values make it an axis; one value narrows the axis of that
/// name if there is one, and fixes the parameter otherwise. Of linked axes it keeps the places where one
/// has these values. A name with a point is a place in the sweep file. Values are checked when the sweep is read, so an error names both the override and
/// the place.
public struct SweepOverride: Hashable, Sendable {
  /// The text as the user wrote it.
  public let text: String
  /// The keys that lead to the value: one for a parameter, two for a place in a section.
  let path: [String]
  let value: SweepNode

  /// Keys of the file that are set by their own name.
  static let topLevel = ["name", "priority"]
  static let sections = ["parameters", "axes", "together", "until", "grokked", "map"]
  /// Sections that are not set as a whole.
  static let fileOnly = ["together", "except"]

  /// Reads an override.
  ///
  /// - Parameter text: what follows `--set`.
  /// - Throws: `SweepFileError` for text that is not `name=value`, `name=v1,v2` or `name=0..4`.
  public init(_ text: String) throws(SweepFileError) {
    self.text = text
    let place = SweepPlace(source: "--set \(text.abbreviated)")
    let expected = "expected name=value, name=value,value or name=0..4"
    guard let equals = text.firstIndex(of: "=") else {
      throw SweepFileError(place, problem: "\(expected), found no equals sign")
    }
    let name = text[..<equals].trimmed
    guard !name.isEmpty else {
      throw SweepFileError(place, problem: "\(expected), found no name before the equals sign")
    }
    let path = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.count <= 2, path.allSatisfy({ !$0.isEmpty }) else {
      throw SweepFileError(
        place, problem: "expected a parameter or a place such as until.max_steps, found \(name)")
    }
    if path.count == 2, !Self.sections.contains(path[0]) {
      throw SweepFileError(
        place,
        problem: "expected one of the sections \(Self.sections.joined(separator: ", ")), "
          + "found \"\(path[0])\""
          + (Spelling.nearest(to: path[0], among: Self.sections)
            .map { "; did you mean \"\($0)\"?" } ?? ""))
    }
    let value = text[text.index(after: equals)...].trimmed
    guard !value.isEmpty else {
      throw SweepFileError(
        place, problem: "expected a value after the equals sign, found nothing")
    }
    if path == ["experiment"] {
      throw SweepFileError(
        place, problem: "another experiment has other parameters and needs a file of its own")
    }
    guard path.count == 2 || !Self.fileOnly.contains(path[0]) else {
      throw SweepFileError(
        place,
        problem: "expected a parameter or a place such as until.max_steps, found \(path[0]), "
          + "which is changed in the file")
    }
    self.path = path
    // A name may have points in it; everything else that has two is a range.
    self.value =
      path == ["name"]
      ? SweepNode(.scalar(value, isPlain: true), at: place) : try Self.node(value, at: place)
  }

  /// One value, a list of them, or a range of whole numbers.
  private static func node(
    _ text: String, at place: SweepPlace
  ) throws(SweepFileError) -> SweepNode {
    if let dots = text.firstRange(of: "..") {
      let ends = [text[..<dots.lowerBound], text[dots.upperBound...]].map(\.trimmed)
      guard ends.allSatisfy({ Int($0) != nil }) else {
        throw SweepFileError(
          place, problem: "expected whole numbers on both sides of .., found \(text.abbreviated)")
      }
      guard let from = Int(ends[0]), let to = Int(ends[1]), from <= to else {
        throw SweepFileError(
          place, problem: "expected a range that runs upwards, found \(text.abbreviated)")
      }
      return SweepNode(
        .mapping(
          zip(["from", "to", "step"], ends + ["1"]).map { key, end in
            SweepNode.Member(
              key: key, keyPlace: place,
              value: SweepNode(.scalar(end, isPlain: true), at: place))
          }), at: place)
    }
    // Hydra's users may write the brackets of a list.
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    let elements = (isBracketed ? text.dropFirst().dropLast() : text[...])
      .split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
    guard elements.allSatisfy({ !$0.isEmpty }) else {
      throw SweepFileError(place, problem: "expected a value on both sides of every comma")
    }
    let scalars = elements.map { SweepNode(.scalar($0, isPlain: true), at: place) }
    return scalars.count == 1 && !isBracketed
      ? scalars[0] : SweepNode(.list(scalars), at: place)
  }

  /// What this keeps of linked axes.
  ///
  /// - Parameter document: a sweep file's document, earlier overrides applied.
  /// - Returns: nil if it is about something else.
  func narrowing(of document: SweepNode) -> LinkedNarrowing? {
    let name = path[path.count - 1]
    let isLinked =
      path.count == 1
      ? document.member(["together", name]) != nil : path[0] == "together"
    return isLinked ? LinkedNarrowing(name: name, value: value) : nil
  }

  /// The document with this change made.
  ///
  /// - Parameter document: a sweep file's document, earlier overrides applied.
  /// - Returns: the changed document; a document that is no mapping is left for the reader to
  /// refuse.
  /// - Throws: `SweepFileError` for several values where there is room for one.
  func applied(to document: SweepNode) throws(SweepFileError) -> SweepNode {
    var document = document
    if path.count == 1, Self.topLevel.contains(path[0]) {
      document.set([path[0]], to: value)
    } else if path.count == 2, path[0] != "axes" {
      guard case .scalar = value.content else {
        throw SweepFileError(
          value.place, path: path.joined(separator: "."),
          problem: "expected one value, found several")
      }
      document.set(path, to: value)
    } else {
      let name = path[path.count - 1]
      let isAxis = path.count == 2 || document.member(["axes", name]) != nil
      if case .scalar = value.content, !isAxis {
        document.set(["parameters", name], to: value)
      } else {
        document.remove(["parameters", name])
        document.set(["axes", name], to: value.asAxis)
      }
    }
    return document
  }
}

extension Substring {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension SweepNode {
  /// A single value as an axis of one.
  var asAxis: SweepNode {
    if case .scalar = content { SweepNode(.list([self]), at: place) } else { self }
  }

  fileprivate func member(_ path: [String]) -> SweepNode? {
    guard let key = path.first else { return self }
    return members?.first { $0.key == key }?.value.member(Array(path.dropFirst()))
  }

  /// Puts a value where a path leads, making the mappings on the way; a new key goes last.
  fileprivate mutating func set(_ path: [String], to value: SweepNode) {
    guard let key = path.first else {
      self = value
      return
    }
    if isNothing { content = .mapping([]) }
    guard var members else { return }
    let index = members.firstIndex { $0.key == key }
    var child = index.map { members[$0].value } ?? SweepNode(.mapping([]), at: value.place)
    child.set(Array(path.dropFirst()), to: value)
    let member = Member(
      key: key, keyPlace: index.map { members[$0].keyPlace } ?? value.place, value: child)
    if let index { members[index] = member } else { members.append(member) }
    content = .mapping(members)
  }

  fileprivate mutating func remove(_ path: [String]) {
    guard let key = path.first, var members,
      let index = members.firstIndex(where: { $0.key == key })
    else { return }
    if path.count == 1 {
      members.remove(at: index)
    } else {
      members[index].value.remove(Array(path.dropFirst()))
    }
    content = .mapping(members)
  }
}
