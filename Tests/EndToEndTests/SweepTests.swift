import Experiments
import Foundation
import OrderedCollections
import ResultStore
import Testing

extension EndToEndTests {
  @Suite struct SweepTests {
    @Test func `a sweep of runs that cost nothing ends with its map`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 3, steps: 2, milliseconds: 0), to: "waiting.yaml")
      let program = try workplace.run("run", "waiting.yaml", "--slots", "2")
      #expect(program.exitCode == 0, "\(program.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      for file in ["map.gp", "map.tsv"] {
        #expect(workplace.exists("results/waiting/\(file)"))
        #expect(program.output.contains("results/waiting/\(file)"))
      }
      #expect(!workplace.exists("results/coordinator.json"))
    }

    @Test func `a small sweep of networks trains, and the same command computes nothing again`()
      throws
    {
      let workplace = try Workplace()
      try workplace.write(SweepText.regression(), to: "small.yaml")
      let first = try workplace.run("run", "small.yaml", "--slots", "2")
      #expect(first.exitCode == 0, "\(first.error)")
      let runs = try workplace.runs(of: "small")
      #expect(runs.count == 4)
      #expect(runs.allSatisfy { $0.summary?.steps == 60 })
      let second = try workplace.run("run", "small.yaml", "--slots", "2")
      #expect(second.exitCode == 0, "\(second.error)")
      #expect(try workplace.runs(of: "small").map(\.attempts.count) == [1, 1, 1, 1])
    }

    @Test func `a sweep with nothing left to do starts no worker and leaves no folder`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 1, milliseconds: 0), to: "waiting.yaml")
      let place = workplace.folder.appendingPathComponent("tmp").path
      try FileManager.default.createDirectory(
        atPath: place, withIntermediateDirectories: true)
      let environment = ["TMPDIR": place, "XDG_RUNTIME_DIR": ""]
      let command = ["run", "waiting.yaml", "--slots", "2"]
      let first = try workplace.start(command, environment: environment)
      #expect(try first.waitForExit() == 0, "\(first.error)")
      #expect(first.error.contains("2 trainers on"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [])
      let second = try workplace.start(command, environment: environment)
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(!second.error.contains("trainers on"), "\(second.error)")
      #expect(second.output.contains("results/waiting/map.tsv"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [])
    }

    @Test func `a part of a stored sweep is run and the sweep stays what it was`() throws {
      let workplace = try Workplace()
      let sweep = SweepText.regression().replacingOccurrences(of: "[0]", with: "[0, 1]")
      try workplace.write(sweep, to: "small.yaml")
      #expect(try workplace.run("run", "small.yaml", "--slots", "2").exitCode == 0)
      let table = try workplace.contents("results/small/map.tsv")
      let part = try workplace.run("run", "small.yaml", "--slots", "2", "--set", "seed=1")
      #expect(part.exitCode == 0, "\(part.error)")
      #expect(part.error.contains("small: 4 runs of the stored sweep are chosen"))
      #expect(try workplace.contents("results/small/map.tsv") == table)
      #expect(
        try workplace.runs(of: "small").map(\.attempts.count) == Array(repeating: 1, count: 8))
      let other = try workplace.run("run", "small.yaml", "--slots", "2", "--set", "seed=2")
      #expect(other.exitCode == 0, "\(other.error)")
      #expect(
        other.error.contains(
          "small: this takes the place of the stored sweep of that name, which differs in axes; "
            + "all results are kept (--set name=NAME keeps both sweeps)\n"))
    }

    @Test func `what does not go together may stand in a grid that leaves it out`() throws {
      let workplace = try Workplace()
      let sweep = """
        experiment: polynomial-regression
        parameters: {hidden_units: 12, input_dimension: 4, train_examples: 9}
        axes: {engine: [direct, reduced], momentum: [0, 0.9], seed: [0]}
        map: {x: momentum, y: engine}

        """
      try workplace.write(sweep, to: "whole.yaml")
      try workplace.write(sweep + "except: [{engine: reduced, momentum: 0.9}]\n", to: "part.yaml")
      let refused = try workplace.run("plan", "whole.yaml")
      #expect(refused.exitCode == 2)
      #expect(refused.error.contains("expected auto or direct with momentum 0.9, found reduced"))
      let planned = try workplace.run("plan", "part.yaml")
      #expect(planned.exitCode == 0, "\(planned.error)")
      #expect(planned.output.contains("3: 0 in the store, 3 to compute"))
    }

    @Test func `linked axes and left-out points go from the file to the map, and grow`() throws {
      let workplace = try Workplace()
      let sweep = """
        experiment: polynomial-regression
        parameters: {hidden_units: 20, train_examples: 60, learning_rate: 1}
        axes: {epsilon: [0.1, 0.2], seed: [0, 1]}
        together: {alpha: [0.5, 1], input_dimension: [10, 12]}
        except: [{alpha: 1, epsilon: 0.2}, {input_dimension: 10, epsilon: 0.1, seed: 1}]
        until: {max_steps: 20}
        """
      try workplace.write(sweep, to: "linked.yaml")
      let first = try workplace.run("run", "linked.yaml", "--slots", "2")
      #expect(first.exitCode == 0, "\(first.error)")
      let runs = try workplace.runs(of: "linked")
      #expect(runs.areAcceptedOnce)
      #expect(
        runs.map { run in
          ["alpha", "input_dimension", "epsilon", "seed"].map {
            run.configuration.parameters[$0]?.description ?? ""
          }.joined(separator: " ")
        } == ["0.5 10 0.1 0", "0.5 10 0.2 0", "0.5 10 0.2 1", "1 12 0.1 0", "1 12 0.1 1"])
      let table = try workplace.contents("results/linked/map.tsv")
      #expect(table.contains("\n1\t1\t0.2\t1\tleft_out\t"), "\(table)")
      #expect(!table.contains("missing\tNaN"))
      let cells = try workplace.run("export", "linked", "--cells").output
      #expect(
        cells.split(whereSeparator: \.isNewline).dropFirst().map {
          $0.split(separator: ",").prefix(3).joined(separator: " ")
        } == ["0.1 0.5 1", "0.2 0.5 2", "0.1 1 2", "0.2 1 0"])
      let other = try workplace.run("map", "linked", "--y", "input_dimension")
      #expect(other.exitCode == 0, "\(other.error)")
      #expect(!other.error.contains("mixes runs"), "\(other.error)")
      let both = try workplace.run("map", "linked", "--x", "input_dimension")
      #expect(both.exitCode == 2)
      #expect(
        both.error
          == "groksweep: a map needs two axes that move apart, but input_dimension and alpha "
          + "are linked; --x and --y choose others\n")
      try workplace.write(
        sweep.replacingOccurrences(of: "[0.5, 1]", with: "[0.5, 1, 2]")
          .replacingOccurrences(of: "[10, 12]", with: "[10, 12, 14]"), to: "linked.yaml")
      let plan = try workplace.run("plan", "linked.yaml")
      #expect(plan.output.contains("9: 5 in the store, 4 to compute"), "\(plan.output)")
      let grown = try workplace.run("run", "linked.yaml", "--slots", "2")
      #expect(grown.error.contains("linked: the stored sweep grows from 5 to 9 runs\n"))
      #expect(
        try workplace.runs(of: "linked").map(\.attempts.count) == Array(repeating: 1, count: 9))
      let part = try workplace.run("run", "linked.yaml", "--set", "alpha=2", "--set", "seed=1")
      #expect(part.error.contains("linked: 2 runs of the stored sweep are chosen"), "\(part.error)")
    }

    @Test func `a map is drawn as soon as one seed is complete`() throws {
      let workplace = try Workplace()
      let sweep = SweepText.noop(runs: 2, steps: 10)
        .replacingOccurrences(of: "y: [0, 1]", with: "y: [0, 1]\n  seed: {from: 0, to: 999}")
      try workplace.write(sweep, to: "waiting.yaml")
      let program = try workplace.start("run", "waiting.yaml", "--slots", "2")
      try wait(for: "the first map") {
        workplace.exists("results/waiting/map.tsv") ? () : nil
      }
      #expect(program.isRunning)
      program.signal(SIGINT)
      #expect(try program.waitForExit() == 130, "\(program.error)")
      #expect(program.error.contains("waiting: all runs of seed 0 have ended\n"))
      #expect(program.error.contains("map waiting --results results\n"))
    }

    @Test func `two sweeps that overlap share their runs`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.regression("left", alphas: "[0.5, 1]"), to: "left.yaml")
      try workplace.write(SweepText.regression("right", alphas: "[1, 2]"), to: "right.yaml")
      #expect(try workplace.run("run", "left.yaml", "--slots", "2").exitCode == 0)
      #expect(try workplace.run("run", "right.yaml", "--slots", "2").exitCode == 0)
      let left = Set(try workplace.runs(of: "left").map(\.key))
      let right = try workplace.runs(of: "right")
      #expect(left.intersection(right.map(\.key)).count == 2)
      #expect(right.allSatisfy { $0.attempts.count == 1 })
    }

    @Test func `a raised step limit continues runs from where they stopped`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.regression(), to: "small.yaml")
      #expect(try workplace.run("run", "small.yaml", "--slots", "2").exitCode == 0)
      let raised = try workplace.run(
        "run", "small.yaml", "--slots", "2", "--set", "until.max_steps=100")
      #expect(raised.exitCode == 0, "\(raised.error)")
      for run in try workplace.runs(of: "small") {
        #expect(run.summary?.steps == 100)
        #expect(run.attempts.map(\.attempt.startStep) == [0, 60])
        #expect(run.attempts.last?.attempt.parent == 1)
      }
    }

    @Test func `a map of final losses does not depend on what the runs did for other sweeps`()
      throws
    {
      func table(_ commands: [[String]]) throws -> String {
        let workplace = try Workplace()
        try workplace.write(SweepText.regression("short", maxSteps: 60), to: "short.yaml")
        try workplace.write(SweepText.regression("long", maxSteps: 100), to: "long.yaml")
        for command in commands {
          #expect(try workplace.start(command + ["--slots", "2"]).waitForExit() == 0)
        }
        return try workplace.run("export", "short", "--cells").output
      }
      let (short, long) = (["run", "short.yaml"], ["run", "long.yaml"])
      let alone = try table([short])
      #expect(try table([short, long]) == alone)
      // Step 60 is recorded in any run: the schedule has every second step there.
      #expect(try table([long, short]) == alone)
    }

    @Test func `runs that fail are tried again, then given up, and the exit code says so`() throws {
      let workplace = try Workplace()
      let sweep = SweepText.noop(runs: 2, steps: 1, milliseconds: 0)
        .replacingOccurrences(of: "parameters: {", with: "parameters: {behaviour: crash, ")
      try workplace.write(sweep, to: "waiting.yaml")
      let program = try workplace.run("run", "waiting.yaml", "--slots", "1", "--retries", "1")
      #expect(program.exitCode == 1, "\(program.error)")
      let runs = try workplace.runs(of: "waiting")
      #expect(runs.allSatisfy { $0.attempts.count == 2 })
      let key = try #require(runs.first).key.abbreviation
      #expect(program.error.contains("groksweep show \(key)"))
      let shown = try workplace.run("show", key)
      #expect(shown.output.contains("failed: "))
      let again = try workplace.run(
        "run", "waiting.yaml", "--slots", "1", "--retries", "1", "--retry-failed")
      #expect(again.exitCode == 1, "\(again.error)")
      #expect(try workplace.runs(of: "waiting").allSatisfy { $0.attempts.count == 4 })
    }

    @Test func `train --json prints what is run and the trainer's lines, the same twice`() throws {
      let workplace = try Workplace()
      let command = [
        "train", "polynomial-regression", "--alpha", "2", "--input_dimension", "10",
        "--hidden-units=20", "--train-examples", "60", "--learning-rate", "1", "--max-steps", "20",
        "--json",
      ]
      let (program, second) = (try workplace.start(command), try workplace.start(command))
      #expect(try program.waitForExit() == 0, "\(program.error)")
      #expect(try second.waitForExit() == 0, "\(second.error)")
      #expect(program.output == second.output)
      let lines = program.output.split(separator: "\n")
      let order = try TrainerLine.decodeCommand(Data((lines.first ?? "").utf8))
      guard case .run(let run) = order else { throw Failure("not an order: \(order)") }
      #expect(run.configuration.parameters["engine"] == "reduced")
      let kinds = try lines.dropFirst().map { line in
        guard case .message(let message) = try TrainerLine.decodeOutput(Data(line.utf8)) else {
          throw Failure("not a message: \(line)")
        }
        return message
      }
      guard case .finished(_, let summary)? = kinds.last else {
        Issue.record("the last line is \(lines.last ?? "missing")")
        return
      }
      #expect(summary.steps == 20)
    }

    @Test func `train of no steps saves the initial weights`() throws {
      let workplace = try Workplace()
      let program = try workplace.run(
        "train", "embedding-mlp", "--p", "5", "--max-steps", "0", "--checkpoints", "kept", "--json")
      #expect(program.exitCode == 0, "\(program.error)")
      #expect(program.output.contains(#""steps":0"#), "\(program.output)")
      let kept = workplace.folder.appendingPathComponent("kept").path
      let files = try FileManager.default.contentsOfDirectory(atPath: kept)
      #expect(files.count == 1 && files.allSatisfy { $0.hasSuffix("-0.safetensors") }, "\(files)")
    }

    @Test func `a map can be drawn again, exported and shown without new runs`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.regression(), to: "small.yaml")
      #expect(try workplace.run("run", "small.yaml", "--slots", "2").exitCode == 0)
      let map = try workplace.run("map", "small", "--value", "final_test_loss", "--out", "again")
      #expect(map.exitCode == 0, "\(map.error)")
      #expect(workplace.exists("again.tsv"))
      let inFolder = try workplace.run("map", "small", "--where", "seed=0", "--out", "figures/")
      #expect(inFolder.exitCode == 0, "\(inFolder.error)")
      #expect(workplace.exists("figures/map-seed=0.tsv"))
      #expect(try workplace.run("map", "small", "--out", "").exitCode == 2)
      let curves = try workplace.run("curves", "small", "--where", "alpha=1", "--out", "curves")
      #expect(curves.exitCode == 0, "\(curves.error)")
      #expect(try workplace.contents("curves.tsv").contains("ε = "))
      let table = try workplace.run("export", "small", "--format", "csv")
      #expect(table.output.split(whereSeparator: \.isNewline).count == 5)
      let unknown = try workplace.run("map", "smal")
      #expect(unknown.exitCode == 2)
      #expect(
        unknown.error
          == "groksweep: results/results.sqlite has no sweep \"smal\"; did you mean \"small\"?\n")
    }
  }
}

/// Real processes, one test after the other: they measure time and use all cores.
@Suite(.serialized) struct EndToEndTests {}
