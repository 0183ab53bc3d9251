import Experiments
import Foundation
import Networks
import OrderedCollections

extension RunProgress {
  /// What the header says the file is; another number means another layout.
  private static let format = "groksweep checkpoint 1"

  /// A checkpoint: the network's tensors, and this in the header.
  func checkpoint(of configuration: Configuration, state: [Tensor]) -> Safetensors {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json: Data
    do {
      json = try encoder.encode(self)
    } catch {
      preconditionFailure("\(self) cannot be written as JSON: \(error)")
    }
    return Safetensors(
      tensors: state,
      metadata: [
        "format": Self.format, "key": configuration.key.hexadecimal,
        "progress": String(decoding: json, as: UTF8.self),
      ])
  }

  /// Reads what `checkpoint(of:state:)` has written.
  ///
  /// - Parameters:
  ///   - checkpoint: the file.
  ///   - configuration: the run that is to be continued.
  /// - Throws: `TrainingError` if it is no checkpoint, or one of another run.
  init(_ checkpoint: Safetensors, of configuration: Configuration) throws(TrainingError) {
    guard checkpoint.metadata["format"] == Self.format, let json = checkpoint.metadata["progress"]
    else { throw TrainingError("checkpoint: not a checkpoint of this version of the trainer") }
    guard checkpoint.metadata["key"] == configuration.key.hexadecimal else {
      throw TrainingError("checkpoint: it belongs to another run")
    }
    do {
      self = try JSONDecoder().decode(RunProgress.self, from: Data(json.utf8))
    } catch {
      throw TrainingError("checkpoint: what it says of the run's progress cannot be read")
    }
    guard step >= 0 else { throw TrainingError("checkpoint: it is at step \(step)") }
  }

  func checkIsWithin(_ request: Request) throws(TrainingError) {
    guard step <= request.maxSteps else {
      throw TrainingError(
        "the checkpoint is at step \(step), the run was asked for \(request.maxSteps)")
    }
  }

  /// Whether the crossings of all these thresholds are known: what was not watched for cannot be said afterwards.
  func hasWatched(for thresholds: Thresholds) -> Bool {
    let needed = Crossings(recording: thresholds)
    return Series.allCases.allSatisfy { series in
      needed.thresholds(of: series).allSatisfy { crossings.isRecorded(series, $0) }
    }
  }
}
