import ClusterRuntime
import Experiments
import Foundation

/// The kernels that OpenBLAS picks for trainers.
enum BLASKernels {
  /// What kernel sets are called in OpenBLAS's sources, for x86 and ARM; a build has some of them.
  private static let names = [
    "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge", "Haswell", "SkylakeX",
    "Cooperlake", "SapphireRapids", "Atom", "Nano", "Opteron", "Opteron_SSE3", "Barcelona",
    "Bobcat",
    "Bulldozer", "Piledriver", "Steamroller", "Excavator", "Zen", "armv8", "cortexa53", "cortexa57",
    "cortexa72", "cortexa73", "falkor", "thunderx", "thunderx2t99", "thunderx3t110", "tsv110",
    "emag8180", "neoversen1", "neoversev1", "neoversen2", "cortexa55",
  ]

  /// The environment of trainers with these kernels: this process's own, OpenBLAS's settings replaced.
  static func environment(pinning name: String?) -> [String: String] {
    TrainerEnvironment.environment(from: ProcessInfo.processInfo.environment, pinning: name)
  }

  /// The kernels that trainers get, asked of a process that runs in their environment.
  ///
  /// OpenBLAS takes others without a word that anybody reads when it does not know the name.
  ///
  /// - Parameter name: the kernels that the user wants; nil for the library's own choice.
  /// - Returns: the name as OpenBLAS writes it, with the matrix unit where it takes part.
  /// - Throws: `RuntimeFailure` if they are not those that were asked for, if the matrix unit was, which takes part where
  ///   no kernels are pinned, or if no trainer starts here.
  static func measured(pinning name: String?) throws(RuntimeFailure) -> String {
    if let name, name.lowercased().hasSuffix("+amx") {
      throw RuntimeFailure(
        .wrongInput,
        "--blas-kernels: expected OpenBLAS's kernels alone, because pinning them leaves out the matrix unit (AMX), "
          + "found \"\(name)\"")
    }
    guard let name else { return try measured(in: environment(pinning: nil)) }
    if let kernels = try usable(name) { return kernels }
    var available: [String] = []
    for candidate in names where try usable(candidate) != nil { available.append(candidate) }
    throw RuntimeFailure(
      .wrongInput,
      "--blas-kernels: expected one of \(available.joined(separator: ", ")), which the OpenBLAS of this "
        + "machine has, found \"\(name)\"")
  }

  /// Kernels as OpenBLAS writes their name; nil if it takes others in their place, or this processor cannot run them.
  private static func usable(_ name: String) throws(RuntimeFailure) -> String? {
    let result = try answer(in: environment(pinning: name))
    if case .killed(signal: SIGILL) = result.status { return nil }
    let measured = try kernels(in: result)
    // Names are compared as OpenBLAS compares them.
    return measured.lowercased() == name.lowercased() ? measured : nil
  }

  private static func measured(
    in environment: [String: String]
  ) throws(RuntimeFailure) -> String {
    try kernels(in: try answer(in: environment))
  }

  private static func answer(
    in environment: [String: String]
  ) throws(RuntimeFailure) -> ChildCommand.Result {
    var result = try question(in: environment)
    // One that was killed from outside says nothing of the next.
    for _ in 1..<attemptsMax {
      guard case .killed(signal: let signal) = result.status, signal != SIGILL else { break }
      result = try question(in: environment)
    }
    return result
  }

  private static func kernels(in result: ChildCommand.Result) throws(RuntimeFailure) -> String {
    // OpenBLAS warns of a name that it does not know before the answer.
    let name = result.output.split(separator: "\n").last.map(String.init) ?? ""
    guard result.status == .exited(0), !name.isEmpty else {
      let output = result.output.isEmpty ? "" : "; \(result.output)"
      throw RuntimeFailure(
        .surroundings, "a trainer cannot start here: it \(result.status.sentence)\(output)")
    }
    return name
  }

  private static let attemptsMax = 3

  private static func question(
    in environment: [String: String]
  ) throws(RuntimeFailure) -> ChildCommand.Result {
    // One that cannot run the kernels is to end at once, without a report on how.
    let quiet = environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    return try ChildCommand.run(
      [Executable.path, "train", "--kernels"], environment: quiet, limit: .seconds(20))
  }
}
