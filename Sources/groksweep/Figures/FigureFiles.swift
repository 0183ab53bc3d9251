import ClusterRuntime
import Foundation

/// Writes a figure's script and data and lets gnuplot draw it.
struct FigureFiles {
  let folder: String
  /// The files are called `<baseName>.gp`, `.tsv`, `.svg`, `.png`, `.pdf`.
  let baseName: String

  /// Three pictures of a large map take a few seconds; one that takes longer hangs.
  private static let drawingLimit: Duration = .seconds(120)
  private static let pictures = ["svg", "png", "pdf"]

  static var hasGnuplot: Bool {
    ChildCommand.exists("gnuplot", environment: ProcessInfo.processInfo.environment)
  }

  /// Writes and draws; every file appears whole or not at all.
  ///
  /// - Parameters:
  ///   - script: the gnuplot script.
  ///   - data: the table that it draws.
  /// - Returns: the paths that were written, pictures first.
  /// - Throws: `RuntimeFailure` if the folder cannot be written.
  func write(script: String, data: String) throws(RuntimeFailure) -> [String] {
    try Folders.makeWritable(folder)
    let workshop = "\(folder)/.drawing-\(ProcessInfo.processInfo.processIdentifier)"
    try Folders.make(workshop)
    defer { remove(workshop) }
    try Folders.write(Array(script.utf8), to: "\(workshop)/\(baseName).gp")
    try Folders.write(Array(data.utf8), to: "\(workshop)/\(baseName).tsv")
    var written: [String] = []
    if Self.hasGnuplot {
      if try draw(in: workshop) { written = Self.pictures }
    } else {
      Console.note(
        "gnuplot is not installed: `gnuplot \(baseName).gp` in \(folder) draws the figure later")
    }
    var paths: [String] = []
    for ending in written + ["gp", "tsv"] {
      let path = "\(folder)/\(baseName).\(ending)"
      guard rename("\(workshop)/\(baseName).\(ending)", path) == 0 else {
        if Self.pictures.contains(ending) { continue }
        throw RuntimeFailure(
          .surroundings, "cannot write \(path): \(String(cString: strerror(errno)))")
      }
      paths.append(path)
    }
    return paths
  }

  private func draw(in workshop: String) throws(RuntimeFailure) -> Bool {
    let quoted = workshop.replacingOccurrences(of: "'", with: "''")
    let result = try ChildCommand.run(
      ["gnuplot", "-e", "cd '\(quoted)'; load '\(baseName).gp'"],
      environment: ProcessInfo.processInfo.environment, limit: Self.drawingLimit)
    if result.ranOutOfTime {
      Console.note("gnuplot did not end within \(Self.drawingLimit.components.seconds) s")
      return false
    }
    guard result.status == .exited(0) else {
      let words = result.output.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) }
      Console.note("gnuplot \(result.status.sentence): \(words ?? "without a word")")
      return false
    }
    return true
  }

  private func remove(_ workshop: String) {
    do {
      try FileManager.default.removeItem(atPath: workshop)
    } catch {
      Console.note("cannot remove \(workshop): \(Folders.reason(error))")
    }
  }
}
