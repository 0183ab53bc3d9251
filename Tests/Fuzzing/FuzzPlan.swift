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
  private static let memoryMax = 512 << 20

  private static func number(_ name: String, otherwise value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  /// The mutator of one input, the same whichever part it is in.
  public static func mutator(_ input: Int) -> Mutator {
    Mutator(seed: seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(input) &* 0xD134_2543_DE82_EF95)
  }

  /// Tries inputs one after the other.
  ///
  /// - Parameters:
  ///   - inputs: their numbers.
  ///   - samples: what they are made of.
  ///   - isRead: tries one, which it may name to the user as it is named to it; whether it was read at all.
  /// - Returns: what is wrong with the trial as a whole, if anything is.
  public static func fault(
    in inputs: Range<Int>, like samples: [[UInt8]],
    _ isRead: (_ bytes: [UInt8], _ name: String) throws -> Bool
  ) rethrows -> String? {
    let before = ProcessMemory.peak() ?? 0
    var read = 0
    for input in inputs {
      var mutator = mutator(input)
      if try isRead(mutator.input(like: samples), "input \(input) of seed \(seed)") { read += 1 }
    }
    let growth = (ProcessMemory.peak() ?? 0) - before
    if growth >= memoryMax { return "\(growth) bytes more are in use than before" }
    return read > inputs.count / 50
      ? nil : "most inputs are refused at once: they try nothing"
  }
}
