import ArgumentParser
import ClusterRuntime
import Foundation
import Launching

/// How many trainers run on this machine, and with which BLAS kernels.
struct TrainerOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Trainers that run side by side (default: the cores this process may use, as far as its memory goes).",
      valueName: "number"))
  var slots: Int?

  @Option(
    name: .customLong("memory-per-slot"),
    help: ArgumentHelp(
      "Memory that a trainer may need, where the number of trainers is not given; the machine's memory, the control "
        + "group's limit and Slurm's say how much there is.",
      valueName: "size"), transform: MemorySize.argument)
  var memoryPerSlot = MemorySize.perSlot

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

  var slotCount: Int { slots ?? Self.slotCount(memoryPerSlot: memoryPerSlot) }

  /// As many trainers as there are cores and memory for.
  static func slotCount(memoryPerSlot: MemorySize = .perSlot) -> Int {
    min(
      AvailableCores.count,
      AvailableMemory.trainers(bytesPerTrainer: memoryPerSlot.bytes, in: AvailableMemory.bytes))
  }

  /// Why there are fewer trainers than cores, if that is so.
  var remark: String? {
    let cores = AvailableCores.count
    guard slots == nil, slotCount < cores, let bytes = AvailableMemory.bytes else { return nil }
    return
      "memory for \(slotCount) of \(cores) trainers: \(bytes >> 20) MiB at \(memoryPerSlot) each "
      + "(--memory-per-slot or --slots says otherwise)"
  }

  /// The words that give another process the same trainers.
  ///
  /// - Parameter slots: their number, where it is known better than from these options.
  /// - Returns: options and their values; none for what is left to that process.
  func words(slots: Int? = nil) -> [String] {
    var words: [String] = []
    if let slots = slots ?? self.slots { words += ["--slots", "\(slots)"] }
    if memoryPerSlot != .perSlot { words += ["--memory-per-slot", "\(memoryPerSlot)"] }
    if let blasKernels { words += ["--blas-kernels", blasKernels] }
    return words
  }

  /// The trainers' environment: this process's own, with OpenBLAS's settings replaced.
  var environment: [String: String] { BLASKernels.environment(pinning: blasKernels) }
}

extension MemorySize {
  /// A trainer of sweeps/alpha-epsilon.yaml takes an eighth of it (32 MiB).
  fileprivate static let perSlot = MemorySize(megabytes: 256)

  /// A size that a user typed.
  fileprivate static func argument(_ text: String) throws -> MemorySize {
    guard let size = MemorySize(text) else {
      throw ValidationError("expected a size such as 512M or 2G, found \"\(text)\"")
    }
    return size
  }
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
