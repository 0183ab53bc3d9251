/// The rules of the architecture, as functions on text: each returns one sentence a violation.
enum Rules {
  /// The most lines that a file may have.
  static let linesMax = 400

  /// What a pure target must not say, and what it would be.
  private static let impureSymbols: [(symbol: String, asPrefix: Bool, means: String)] = [
    ("Date(", false, "a clock"),
    ("Date.now", false, "a clock"),
    ("ContinuousClock", false, "a clock"),
    ("SuspendingClock", false, "a clock"),
    ("clock_gettime", false, "a clock"),
    ("gettimeofday", false, "a clock"),
    ("sleep(", false, "a clock"),
    ("FileManager", false, "a file"),
    ("FileHandle", false, "a file"),
    ("fopen(", false, "a file"),
    ("Data(contentsOf", true, "a file"),
    ("String(contentsOf", true, "a file"),
    ("print(", false, "an output"),
    ("readLine(", false, "an input"),
    ("socket(", false, "a socket"),
    ("URLSession", false, "a socket"),
    ("Process(", false, "a process"),
    ("posix_spawn", true, "a process"),
    ("Thread", false, "a thread"),
    ("Dispatch", true, "a thread"),
    ("ProcessInfo", false, "the environment"),
    ("CommandLine", false, "the environment"),
    ("getenv", false, "the environment"),
    ("setenv", false, "the environment"),
    ("SystemRandomNumberGenerator", false, "unseeded randomness"),
    ("arc4random", true, "unseeded randomness"),
    ("drand48", false, "unseeded randomness"),
    ("UUID()", false, "unseeded randomness"),
    (".hashValue", false, "a number that differs from process to process"),
  ]

  /// Calls of the standard library that draw from the system unless a generator is handed in.
  private static let draws = [
    ".random(", ".shuffled(", ".shuffle(", ".randomElement(",
  ]

  /// What a file of a pure target says about the world outside.
  static func impurities(in text: String) -> [String] {
    let source = SourceText(text)
    var found: [String] = []
    for (symbol, asPrefix, means) in impureSymbols {
      for place in source.occurrences(of: symbol, asPrefix: asPrefix) {
        found.append("line \(source.line(of: place)): \(symbol) is \(means)")
      }
    }
    for draw in draws {
      for place in source.occurrences(of: draw) {
        let argument = source.argument(after: place + draw.count - 1)
        guard !argument.contains("using:") else { continue }
        found.append(
          "line \(source.line(of: place)): \(draw) without using: is unseeded randomness")
      }
    }
    return found
  }

  /// Which imports of a file go against the arrows.
  static func wrongImports(in text: String, of target: String) -> [String] {
    guard let entry = ModuleTable.entries[target] else {
      return ["\(target) is not in the table of modules"]
    }
    let allowed = ModuleTable.reachable(from: target).union(entry.others)
    return SourceText(text).imports.filter { !allowed.contains($0) }.map { module in
      "\(target) must not import \(module)"
    }
  }

  /// Which dependencies of a target in the manifest go against the arrows.
  static func wrongDependencies(_ dependencies: [String], of target: String) -> [String] {
    guard let entry = ModuleTable.entries[target] else {
      return ["\(target) is not in the table of modules"]
    }
    let allowed = ModuleTable.reachable(from: target).union(entry.others)
    return dependencies.filter { !allowed.contains($0) }.map { dependency in
      "\(target) must not depend on \(dependency)"
    }
  }

  /// Says so when a file has too many lines.
  static func excessOfLines(in text: String) -> [String] {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
    let count = text.last?.isNewline == true ? lines - 1 : lines
    return count > linesMax ? ["\(count) lines, where \(linesMax) is the limit"] : []
  }
}
