import ClusterRuntime
import Foundation
import PhaseMaps

/// Writes a figure's script and data and lets gnuplot draw it.
struct FigureFiles {
  let folder: String
  /// The files are called `<baseName>.gp`, `.tsv`, `.svg`, `.png`, `.pdf`.
  let baseName: String

  /// Three pictures of a large map take a few seconds; one that takes longer hangs.
  private static let drawingLimit: Duration = .seconds(120)

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
    // Beside its place, so that a rename puts a file there.
    let privateFolder = try PrivateFolder(in: [folder], prefix: ".drawing")
    defer { withExtendedLifetime(privateFolder) {} }
    let workshop = privateFolder.path
    try Folders.write(Array(script.utf8), to: "\(workshop)/\(baseName).gp")
    try Folders.write(Array(data.utf8), to: "\(workshop)/\(baseName).tsv")
    var written: [String] = []
    if Self.hasGnuplot {
      written = try draw(in: workshop)
    } else {
      Console.note(
        "gnuplot is not installed: `gnuplot \(baseName).gp` in \(folder) draws the figure later")
    }
    var paths: [String] = []
    for ending in written + ["gp", "tsv"] {
      let path = "\(folder)/\(baseName).\(ending)"
      guard rename("\(workshop)/\(baseName).\(ending)", path) == 0 else {
        if FigureOutputs.pictures.contains(ending) { continue }
        throw RuntimeFailure(
          .surroundings, "cannot write \(path): \(String(cString: strerror(errno)))")
      }
      paths.append(path)
    }
    return paths
  }

  /// Draws all pictures at once, each in a process of its own, and returns those that were drawn.
  private func draw(in workshop: String) throws(RuntimeFailure) -> [String] {
    let quoted = workshop.replacingOccurrences(of: "'", with: "''")
    let commands = FigureOutputs.pictures.map { picture in
      let script = "\(FigureOutputs.choice)='\(picture)'; cd '\(quoted)'; load '\(baseName).gp'"
      return ["gnuplot", "-e", script]
    }
    let results = try ChildCommand.run(
      commands, environment: ProcessInfo.processInfo.environment, limit: Self.drawingLimit)
    let failure = results.first { $0.ranOutOfTime || $0.status != .exited(0) }
    if let failure {
      let words = failure.output.split(separator: "\n").first { !$0.allSatisfy(\.isWhitespace) }
      Console.note(
        failure.ranOutOfTime
          ? "gnuplot did not end within \(Self.drawingLimit.components.seconds) s"
          : "gnuplot \(failure.status.sentence): \(words ?? "without a word")")
    }
    return zip(FigureOutputs.pictures, results).filter { $1.status == .exited(0) }.map(\.0)
  }
}
