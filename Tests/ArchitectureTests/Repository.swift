import Foundation

/// The files of this repository, found from where this file lies.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// One file of code, with its path from the root.
  struct File {
    let path: String
    let text: String
  }

  /// The folders right below one of the root's folders, sorted.
  static func folders(in folder: String) throws -> [String] {
    try FileManager.default
      .contentsOfDirectory(
        at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey],
        options: .skipsHiddenFiles
      )
      .filter { try $0.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true }
      .map(\.lastPathComponent).sorted()
  }

  /// The files of code in a folder and below, without generated ones, sorted by path.
  static func files(in folder: String, withExtensions extensions: Set<String>) throws -> [File] {
    let start = root.appending(path: folder).path
    let paths = try FileManager.default.subpathsOfDirectory(atPath: start).sorted()
    return try paths.filter { path in
      extensions.contains(URL(filePath: path).pathExtension) && !path.hasSuffix(".pb.swift")
    }.map { path in
      let text = try String(contentsOfFile: "\(start)/\(path)", encoding: .utf8)
      return File(path: "\(folder)/\(path)", text: text)
    }
  }

  static func swiftFiles(of target: String) throws -> [File] {
    try files(in: "Sources/\(target)", withExtensions: ["swift"])
  }
}
