import Crypto
import Experiments
import Foundation
import Networks
import OrderedCollections
import Training

/// The file of a parameter that is not on this machine.
struct MissingInput: Error {
  let name: String
  /// One sentence with the path.
  let problem: String
}

/// The files that a run reads.
enum InputFile {
  /// The contents of the order's files, each checked against the SHA-256 that the run's key rests on.
  ///
  /// - Parameter order: what the trainer was told to run.
  /// - Returns: the files by the name of their parameter.
  /// - Throws: `MissingInput` if one is not here or another one, `FileError` if it is not what the parameter takes.
  static func read(for order: RunOrder) throws -> OrderedDictionary<String, RunInput> {
    var files: OrderedDictionary<String, RunInput> = [:]
    let definition = Catalogue.experiment(named: order.configuration.experiment)
    for (name, digest) in order.configuration.inputs {
      guard let path = order.files[name] else {
        throw FileError("\(name): the run has a file, but its path was not given")
      }
      let bytes: [UInt8]
      do {
        bytes = try Self.bytes(of: path)
      } catch {
        throw MissingInput(name: name, problem: "\(name): \(error.problem)")
      }
      let found = SHA256.hash(data: bytes).hexadecimal
      guard found == digest else {
        throw MissingInput(
          name: name,
          problem:
            "\(name): \(path) is not the file of this run: its SHA-256 is \(found), not \(digest)")
      }
      do {
        files[name] = try RunInput(
          bytes: bytes, format: definition?.parameter(named: name)?.fileFormat ?? .safetensors)
      } catch {
        throw FileError("\(path): \(error)")
      }
    }
    return files
  }

  static func checkpoint(at path: String) throws(FileError) -> Safetensors {
    try safetensors(try bytes(of: path), path)
  }

  private static func safetensors(
    _ bytes: [UInt8], _ path: String
  ) throws(FileError) -> Safetensors {
    do {
      return try Safetensors(bytes: bytes)
    } catch {
      throw FileError("\(path): \(error)")
    }
  }

  private static func bytes(of path: String) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("\(path) cannot be read") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system("\(path) cannot be read") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}

/// The trainer's log: lines on standard error, which the worker keeps the last of.
enum Log {
  static func write(_ text: String) {
    FileHandle.standardError.write(Data("\(text)\n".utf8))
  }
}
