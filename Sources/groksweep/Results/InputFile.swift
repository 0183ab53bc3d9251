import ClusterRuntime
import Crypto
import Experiments
import Foundation
import OrderedCollections
import Training

/// A file that determines a run's numbers.
enum InputFile {
  /// The SHA-256 of a file, in hexadecimal.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - parameter: the parameter that named it.
  ///   - name: how the user names the parameter.
  /// - Returns: 64 lower-case digits.
  /// - Throws: `RuntimeFailure` if the file cannot be read, with the place to get it from if there is one.
  static func digest(
    of path: String, for parameter: ParameterDefinition, named name: String
  ) throws(RuntimeFailure) -> String {
    try checkHasEnd(path, named: name)
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      var hash = SHA256()
      while let chunk = try handle.read(upToCount: 1 << 20), !chunk.isEmpty {
        hash.update(data: chunk)
      }
      return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        .joined()
    } catch {
      let place = parameter.whereToGet.map { " (expected a file \($0))" } ?? ""
      throw RuntimeFailure(
        .wrongInput, "\(name): cannot read \(path): \(Folders.reason(error))\(place)")
    }
  }

  /// What is no file may have no end, or wait for somebody to write.
  private static func checkHasEnd(_ path: String, named name: String) throws(RuntimeFailure) {
    var status = stat()
    if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
      throw RuntimeFailure(
        .wrongInput, "\(name): expected a file, found a device, a pipe or a socket: \(path)")
    }
  }

  /// Checks that a run can go on from a checkpoint, before its trainer is started.
  ///
  /// - Parameters:
  ///   - path: the checkpoint.
  ///   - configuration: the run's.
  ///   - request: how far it is to go.
  ///   - name: how the user named the checkpoint.
  /// - Throws: `RuntimeFailure` if it is none, or one of another run.
  static func checkCheckpoint(
    at path: String, of configuration: Configuration, for request: Request, named name: String
  ) throws(RuntimeFailure) {
    try checkHasEnd(path, named: name)
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      let bytes = [UInt8](try file.readToEnd() ?? Data())
      guard case .tensors(let checkpoint) = try RunInput(bytes: bytes, format: .safetensors) else {
        return
      }
      try TrainingRun.check(checkpoint, of: configuration, for: request)
    } catch {
      let problem = (error as? TrainingError)?.problem ?? Folders.reason(error)
      throw RuntimeFailure(.wrongInput, "\(name): \(path): \(problem)")
    }
  }

  /// The contents of input files.
  ///
  /// - Parameters:
  ///   - files: their paths, by parameter.
  ///   - definition: the experiment, which says what each must be.
  ///   - name: how the user names a parameter.
  /// - Returns: the contents, by parameter.
  /// - Throws: `RuntimeFailure` if one cannot be read or is none.
  static func contents(
    of files: OrderedDictionary<String, String>, for definition: ExperimentDefinition,
    named name: (String) -> String
  ) throws(RuntimeFailure) -> OrderedDictionary<String, RunInput> {
    var contents: OrderedDictionary<String, RunInput> = [:]
    for (parameter, path) in files {
      do {
        let url = URL(fileURLWithPath: path)
        let bytes = [UInt8](try Data(contentsOf: url, options: .alwaysMapped))
        contents[parameter] = try RunInput(
          bytes: bytes, format: definition.parameter(named: parameter)?.fileFormat ?? .safetensors)
      } catch {
        let problem = (error as? TrainingError)?.problem ?? Folders.reason(error)
        throw RuntimeFailure(.wrongInput, "\(name(parameter)): \(path): \(problem)")
      }
    }
    return contents
  }

  /// Checks that files fit the runs that are to read them.
  ///
  /// - Parameters:
  ///   - contents: the files, by parameter.
  ///   - configurations: the runs, of one experiment.
  ///   - name: how the user names a parameter.
  /// - Throws: `RuntimeFailure` with the tensor that does not fit.
  static func check(
    _ contents: OrderedDictionary<String, RunInput>, for configurations: [Configuration],
    named name: (String) -> String
  ) throws(RuntimeFailure) {
    do throws(TrainingError) {
      try TrainingRun.check(contents, for: configurations)
    } catch {
      throw RuntimeFailure(.wrongInput, name(error.problem))
    }
  }
}
