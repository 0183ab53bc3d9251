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
  ///   - thresholds: those whose crossings the continued run must know.
  /// - Throws: `TrainingError` if it is no checkpoint, or one of another run, or lacks a threshold.
  init(
    _ checkpoint: Safetensors, of configuration: Configuration, recording thresholds: Thresholds
  ) throws(TrainingError) {
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
    let needed = Crossings(recording: thresholds)
    for series in Series.allCases {
      for threshold in needed.thresholds(of: series)
      where !crossings.isRecorded(series, threshold) {
        throw TrainingError(
          "checkpoint: it has not watched \(series.rawValue) for the threshold \(threshold)")
      }
    }
  }
}
