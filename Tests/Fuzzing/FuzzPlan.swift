import Foundation

/// How many inputs each decoder is tried with, and which: `make fuzz INPUTS=N SEED=K`.
public enum FuzzPlan {
  /// The inputs of one argument of a test: the runner names it, should the process die of one.
  private static let inputsPerPart = 5000

  /// The numbers of the inputs, in parts.
  public static let parts: [Range<Int>] = {
    let count = Int(number("INPUTS", otherwise: 10_000))
    return stride(from: 0, to: count, by: inputsPerPart).map {
      $0..<min(count, $0 + inputsPerPart)
    }
  }()

  public static let seed = number("SEED", otherwise: 0)

  /// What a decoder of small messages may make this process take beside what it has, in bytes.
  public static let memoryMax = 512 << 20

  private static func number(_ name: String, otherwise value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  /// The mutator of one input, the same whichever part it is in.
  public static func mutator(_ input: Int) -> Mutator {
    Mutator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(input) &* 0xD134_2543_DE82_EF95)
  }

  /// The most memory that this process has had so far, in bytes; 0 where nobody says.
  public static var peakMemory: Int {
    let status = FileManager.default.contents(atPath: "/proc/self/status")
      .map { String(decoding: $0, as: UTF8.self) }
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }.map { $0 << 10 } ?? 0
  }
}
