import ClusterRuntime
import Coordination
import Experiments
import Foundation
import OrderedCollections

/// A sweep from its file, with the input files that its parameters name.
struct LoadedSweep {
  var sweep: Sweep
  /// Absolute paths, by parameter.
  var files: OrderedDictionary<String, String>
  /// SHA-256 in hexadecimal, by parameter.
  var inputs: OrderedDictionary<String, String>

  /// A sweep whose files have been looked at before.
  init(
    sweep: Sweep, files: OrderedDictionary<String, String>,
    inputs: OrderedDictionary<String, String>
  ) {
    self.sweep = sweep
    self.files = files
    self.inputs = inputs
  }

  /// Reads a sweep file, and checks the files that it names against its runs.
  ///
  /// - Parameters:
  ///   - path: the file as the user named it.
  ///   - overrides: what follows each `--set`.
  /// - Throws: `RuntimeFailure` with file, line, column and path of what is wrong.
  init(path: String, overrides: [String] = []) throws(RuntimeFailure) {
    do throws(SweepFileError) {
      var parsed: [SweepOverride] = []
      for text in overrides { parsed.append(try SweepOverride(text)) }
      sweep = try SweepFile.read(
        bytes: try Self.contents(of: path), file: path, overrides: parsed)
    } catch {
      throw RuntimeFailure(.wrongInput, error.description)
    }
    files = [:]
    inputs = [:]
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    let experiment = try Self.experiment(of: sweep, in: path)
    for (name, value) in sweep.parameters {
      guard let parameter = experiment.parameter(named: name), parameter.kind == .file else {
        continue
      }
      // A path on the command line is meant from where the user is, one in a file from there.
      let isOverridden = overrides.contains { $0.hasPrefix("\(name)=") }
      let file =
        isOverridden
        ? URL(fileURLWithPath: value.description)
        : URL(fileURLWithPath: value.description, relativeTo: folder)
      files[name] = file.standardizedFileURL.path
      inputs[name] = try Self.digest(of: file.path, for: parameter, in: path)
    }
    guard !files.isEmpty else { return }
    // Once here, in one sentence, instead of in every run.
    do throws(RuntimeFailure) {
      let shape = GridShape(sweep)
      try InputFile.check(
        try InputFile.contents(of: files, for: experiment, named: \.self),
        for: try configurations(shape, at: shape.positions()), named: \.self)
    } catch {
      throw RuntimeFailure(error.kind, "\(path): parameters.\(error.sentence)")
    }
  }

  /// Reads a sweep that was submitted to a running coordinator.
  ///
  /// - Parameter submitted: its file, and the digests of the files that it names.
  /// - Throws: `RuntimeFailure` with what is wrong; nothing of what came is believed unseen.
  init(_ submitted: SubmittedSweep) throws(RuntimeFailure) {
    do throws(SweepFileError) {
      var overrides: [SweepOverride] = []
      for text in submitted.overrides { overrides.append(try SweepOverride(text)) }
      sweep = try SweepFile.read(
        bytes: submitted.text, file: submitted.file, overrides: overrides)
    } catch {
      throw RuntimeFailure(.wrongInput, error.description)
    }
    files = [:]
    inputs = [:]
    _ = try Self.experiment(of: sweep, in: submitted.file)
    for name in sweep.parameters.keys where Self.isFile(name, of: sweep.experiment) {
      guard let path = submitted.files[name], path.hasPrefix("/"),
        let digest = submitted.inputs[name], digest.utf8.count == 64
      else {
        throw RuntimeFailure(
          .wrongInput, "\(submitted.file): the file of parameters.\(name) came without its digest")
      }
      files[name] = path
      inputs[name] = digest
    }
  }

  /// The sweep as it is sent to a running coordinator, which reads it again.
  ///
  /// - Parameters:
  ///   - path: the file that it was read from.
  ///   - overrides: what followed each `--set`.
  /// - Returns: the file's bytes and what goes with them.
  /// - Throws: `RuntimeFailure` if the file can no longer be read.
  func submitted(from path: String, overrides: [String]) throws(RuntimeFailure) -> SubmittedSweep {
    do throws(SweepFileError) {
      return SubmittedSweep(
        text: try Self.contents(of: path), file: path, overrides: overrides, files: files,
        inputs: inputs)
    } catch {
      throw RuntimeFailure(.wrongInput, error.description)
    }
  }

  private static func digest(
    of file: String, for parameter: ParameterDefinition, in path: String
  ) throws(RuntimeFailure) -> String {
    do throws(RuntimeFailure) {
      return try InputFile.digest(of: file, for: parameter, named: parameter.name)
    } catch {
      throw RuntimeFailure(error.kind, "\(path): parameters.\(error.sentence)")
    }
  }

  /// The experiment of a sweep that gives it all the files it needs.
  private static func experiment(
    of sweep: Sweep, in file: String
  ) throws(RuntimeFailure) -> ExperimentDefinition {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      preconditionFailure("a sweep was read with the unknown experiment \(sweep.experiment)")
    }
    do throws(ParameterError) {
      try experiment.checkFiles(sweep.parameters.keys)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(file): parameters.\(error)")
    }
    return experiment
  }

  /// The configurations of grid points, in the order of the grid.
  ///
  /// - Parameters:
  ///   - shape: the sweep's.
  ///   - positions: which.
  /// - Returns: one a position.
  /// - Throws: `RuntimeFailure` if a value is out of its range; a sweep read from a file has none.
  func configurations(
    _ shape: GridShape, at positions: some Sequence<Int>
  ) throws(RuntimeFailure) -> [Configuration] {
    guard let experiment = Catalogue.experiment(named: sweep.experiment) else {
      preconditionFailure("a sweep was read with the unknown experiment \(sweep.experiment)")
    }
    do throws(ParameterError) {
      var configurations: [Configuration] = []
      for position in positions {
        let given = sweep.parameters.merging(shape.point(at: position)) { $1 }
        configurations.append(try experiment.configuration(given, inputs: inputs))
      }
      return configurations
    } catch {
      throw RuntimeFailure(.wrongInput, error.description)
    }
  }

  /// Reads several, which must not share a name: each has its own folder.
  static func load(
    _ paths: [String], overrides: [String] = []
  ) throws(RuntimeFailure) -> [LoadedSweep] {
    var sweeps: OrderedDictionary<String, LoadedSweep> = [:]
    for path in paths {
      let loaded = try LoadedSweep(path: path, overrides: overrides)
      guard sweeps.updateValue(loaded, forKey: loaded.sweep.name) == nil else {
        throw RuntimeFailure(
          .wrongInput,
          "\(path): the name \(loaded.sweep.name) belongs to another sweep of this command")
      }
    }
    return Array(sweeps.values)
  }

  private static func isFile(_ name: String, of experiment: String) -> Bool {
    Catalogue.experiment(named: experiment)?.parameter(named: name)?.kind == .file
  }

  private static func contents(of path: String) throws(SweepFileError) -> [UInt8] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw SweepFile.error(.missing, file: path)
    }
    if isFolder.boolValue { throw SweepFile.error(.directory, file: path) }
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      // One byte more than is allowed tells a file that is too long without reading all of it.
      return [UInt8](try handle.read(upToCount: SweepFile.bytesMax + 1) ?? Data())
    } catch {
      throw SweepFile.error(.unreadable(reason: Folders.reason(error)), file: path)
    }
  }
}
