/// The targets of a package, as its manifest names them.
struct Manifest {
  struct Target: Equatable {
    let name: String
    /// The dependencies given by name; products of other packages stand in variables and are not here.
    let dependencies: [String]
  }

  /// Targets of sources, in the order of the manifest.
  let targets: [Target]

  init(_ text: String) {
    let source = SourceText(text)
    let openings = [".target(", ".executableTarget("]
    let places = openings.flatMap { opening in
      source.occurrences(of: opening).map { $0 + opening.count - 1 }
    }
    targets = places.sorted().compactMap { place in
      let body = source.argument(after: place)
      guard let name = Self.quoted(body, after: "name:").first else { return nil }
      return Target(name: name, dependencies: Self.quoted(body, after: "dependencies:"))
    }
  }

  /// The string literals of a labelled argument: of its brackets, or the one that follows.
  private static func quoted(_ text: String, after label: String) -> [String] {
    let source = SourceText(text)
    guard let place = source.occurrences(of: label).first else { return [] }
    let rest = source.code[(place + label.count)...]
    guard let value = rest.firstIndex(where: { !$0.isWhitespace }) else { return [] }
    let isList = source.code[value] == "["
    let range = isList ? source.argument(after: value) : String(source.code[value...])
    let pieces = range.split(separator: "\"", omittingEmptySubsequences: false)
    let literals = pieces.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    return isList ? literals : Array(literals.prefix(1))
  }
}
