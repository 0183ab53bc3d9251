import Experiments
import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// Files of draws that do not fit, or hold no numbers.
  @Suite struct DataFileTests {
    /// A safetensors file with x `[3 × 4]`, w `[2 × 4]` and a beta of the given length, all 1 but one value.
    private func draws(betas: Int = 4, last: Double = 1) -> Data {
      let end = 160 + 8 * betas
      let header =
        #"{"x":{"dtype":"F64","shape":[3,4],"data_offsets":[0,96]},"#
        + #""w":{"dtype":"F64","shape":[2,4],"data_offsets":[96,160]},"#
        + #""beta":{"dtype":"F64","shape":[\#(betas)],"data_offsets":[160,\#(end)]}}"#
      var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
      bytes += Data(header.utf8)
      for place in 0..<(20 + betas) {
        let value = place == 19 + betas ? last : 1
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Data($0) }
      }
      return bytes
    }

    private static let sweep = """
      experiment: polynomial-regression
      parameters: {data: draws.safetensors, input_dimension: 4, hidden_units: 2, train_examples: 3}
      axes:
        alpha: [1, 2]
        epsilon: [0.1, 0.2]
      until: {max_steps: 3}
      """

    private static let commands = [
      "train polynomial-regression --data draws.safetensors --max-steps 3",
      "run a.yaml --slots 1", "plan a.yaml",
      "coordinate a.yaml --listen tcp://127.0.0.1:*",
    ]

    @Test func `a worker without the file refuses its runs, which wait until it is there`() throws {
      let workplace = try Workplace()
      try workplace.write(Self.sweep, to: "a.yaml")
      let file = workplace.folder.appendingPathComponent("draws.safetensors")
      try draws().write(to: file)
      let coordinator = try workplace.start(
        "coordinate", "a.yaml", "--listen", "tcp://127.0.0.1:*")
      let line = try coordinator.waitForLine("listening on ")
      let address = line.split(separator: " ").first { $0.hasPrefix("tcp://") } ?? ""
      try FileManager.default.removeItem(at: file)
      let worker = try workplace.start(
        "work", "--connect", String(address.prefix { $0 != ";" }), "--slots", "1", "--spool",
        "spool")
      let refusal = try coordinator.waitForLine("has not got an input file")
      #expect(refusal.contains(file.path))
      let workers = try workplace.run("workers")
      #expect(workers.output.contains("lacks an input file\n"), "\(workers.output)")
      #expect(workers.output.contains("has not got an input file (data: "), "\(workers.output)")
      #expect(workers.output.contains(file.path))
      let run = try #require(try workplace.runs(of: "a").first)
      let shown = try workplace.run("show", run.key.hexadecimal)
      #expect(
        shown.output.contains("  waits for a worker that has its input file (data)"),
        "\(shown.output)")
      try draws().write(to: file)
      let readmitted = try workplace.run("readmit", ProcessInfo.processInfo.hostName)
      #expect(readmitted.exitCode == 0, "\(readmitted.error)")
      #expect(try coordinator.waitForExit() == 0)
      _ = try worker.waitForExit()
    }

    @Test(arguments: commands)
    func `a file that does not fit is refused in one sentence before anything runs`(
      command: String
    ) throws {
      let workplace = try Workplace()
      try workplace.write(Self.sweep, to: "a.yaml")
      let file = workplace.folder.appendingPathComponent("draws.safetensors")
      let prefix = command.hasPrefix("train") ? "--data: " : "a.yaml: parameters.data: "
      func problem(with bytes: Data) throws -> String {
        try bytes.write(to: file)
        let program = try workplace.shell("groksweep \(command)")
        #expect(program.exitCode == 2)
        return program.error
      }
      #expect(
        try problem(with: draws(betas: 5))
          == "groksweep: \(prefix)beta is [5], input_dimension is 4\n")
      #expect(
        try problem(with: draws(last: .nan))
          == "groksweep: \(prefix)beta has a value that is not finite, at [3]\n")
      #expect(
        try problem(with: Data("nothing of the kind".utf8)).hasPrefix(
          "groksweep: \(prefix)\(file.path): "))
      #expect(!workplace.exists("results"))
    }

    @Test func `a file that fits is trained on`() throws {
      let workplace = try Workplace()
      try workplace.write(Self.sweep, to: "a.yaml")
      try draws().write(to: workplace.folder.appendingPathComponent("draws.safetensors"))
      let program = try workplace.shell("groksweep \(Self.commands[0]) && groksweep plan a.yaml")
      #expect(program.exitCode == 0, "\(program.error)")
    }
  }
}
