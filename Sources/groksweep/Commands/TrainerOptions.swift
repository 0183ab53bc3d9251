import ArgumentParser
import ClusterRuntime
import Foundation

/// How many trainers run on this machine, and with which BLAS kernels.
struct TrainerOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Trainers that run side by side (default: the cores this process may use).",
      valueName: "number"))
  var slots: Int?

  @Option(
    name: .customLong("blas-kernels"),
    help: ArgumentHelp(
      "Pin OpenBLAS's kernels, as in haswell, for equal bits on unlike machines.",
      valueName: "name"))
  var blasKernels: String?

  func validate() throws {
    if let slots, !(1...4096).contains(slots) {
      throw ValidationError("--slots: expected a whole number from 1 to 4096, found \(slots)")
    }
  }

  var slotCount: Int { slots ?? AvailableCores.count }

  /// The trainers' environment: this process's own, with OpenBLAS's settings replaced.
  var environment: [String: String] { BLASKernels.environment(pinning: blasKernels) }
}

/// This program, as it starts itself for workers and trainers.
enum Executable {
  static var path: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static var trainerCommand: [String] { [path, "train", "--serve"] }
}

/// What is said about connections that others can read.
enum PlainText {
  static func warning(_ endpoint: Endpoint) -> String {
    "warning: \(endpoint): nothing is encrypted and nobody is asked who they are; "
      + "use it on a network that you trust alone"
  }
}
