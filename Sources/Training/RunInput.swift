public import Experiments
public import Networks

/// What an input file holds.
public enum RunInput: Sendable {
  case tensors(Safetensors)
  case array(IDXFile)

  /// Reads a file's bytes.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - format: what the parameter that names the file takes.
  /// - Throws: `TrainingError` if it is no such file.
  public init(bytes: [UInt8], format: FileFormat) throws(TrainingError) {
    switch format {
    case .safetensors:
      do {
        self = .tensors(try Safetensors(bytes: bytes))
      } catch {
        throw TrainingError(error.problem)
      }
    case .idx:
      do {
        self = .array(try IDXFile(bytes: bytes))
      } catch {
        throw TrainingError(error.problem)
      }
    }
  }

  /// The tensors; nil of a file that has none.
  public var tensors: Safetensors? {
    if case .tensors(let tensors) = self { tensors } else { nil }
  }

  /// The array; nil of a file that is none.
  var array: IDXFile? {
    if case .array(let array) = self { array } else { nil }
  }
}
