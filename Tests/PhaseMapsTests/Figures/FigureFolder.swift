import Foundation
import PhaseMaps
import Testing

/// Writes figures where a person can look at them, if a folder is named.
enum FigureFolder {
  /// Set to a folder, every figure of the tests is written there, to be drawn with gnuplot by hand.
  static let variable = "GROKSWEEP_FIGURES"

  static func write(_ figure: MapFigure) throws {
    try write(script: figure.script, data: figure.data, baseName: figure.baseName)
  }

  static func write(script: String, data: String, baseName: String) throws {
    try write(script, to: baseName + ".gp")
    try write(data, to: baseName + ".tsv")
  }

  static func write(_ text: String, to name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment[variable] else { return }
    let url = URL(fileURLWithPath: folder)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url.appending(path: name))
  }
}
