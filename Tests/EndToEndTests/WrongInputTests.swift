import Experiments
import Foundation
import Testing

extension EndToEndTests {
  @Suite struct WrongInputTests {
    static let cases: [(arguments: [String], sentence: String)] = [
      (
        ["run", "nowhere.yaml"],
        "groksweep: nowhere.yaml: expected a sweep file, found nothing there"
      ),
      (
        ["run", "."],
        "groksweep: .: expected a sweep file, found a directory; name the files in it"
      ),
      (
        ["run", "waiting.yaml", "--blas-kernels", "SkylakeX+AMX"],
        "groksweep: --blas-kernels: expected OpenBLAS's kernels alone, because pinning them leaves "
          + "out the matrix unit (AMX), found \"SkylakeX+AMX\""
      ),
      (
        ["coordinate", "waiting.yaml", "--listen", "tcp://0.0.0.0:5555"],
        "groksweep: --listen tcp://0.0.0.0:5555: other machines can reach this address, so it takes "
          + "keys: groksweep keys make NAME makes them in results/keys; --insecure-plaintext lets "
          + "anybody who reaches it in"
      ),
      (
        ["work", "--connect", "tcp://192.0.2.1:5555"],
        "groksweep: --connect tcp://192.0.2.1:5555: other machines can reach this address, so it "
          + "takes keys: groksweep keys make NAME makes one at the coordinator, and --key names its "
          + "file here; --insecure-plaintext lets anybody who reaches it in"
      ),
      (
        ["coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:*", "--keys", "nowhere"],
        "groksweep: nowhere: there are no keys; groksweep keys make NAME makes them"
      ),
      (
        ["work", "--connect", "tcp://127.0.0.1:5555", "--key", "nowhere.key"],
        "groksweep: cannot read nowhere.key: no such file or directory"
      ),
      (
        ["work", "--connect", "tcp://127.0.0.1:5555", "--key", "waiting.yaml"],
        "groksweep: waiting.yaml can be read by others (mode 644); chmod 600 keeps it secret"
      ),
      (
        ["work", "--connect", "tcp://127.0.0.1:5555", "--leave-at", "tonight"],
        "groksweep: --leave-at: expected a time such as 2026-11-21T18:00 or a duration such as 8h or "
          + "1h30m, found \"tonight\""
      ),
      (
        ["keys", "make", "all nodes"],
        "groksweep: expected a name of at most 64 letters, digits, and . _ - between them, found "
          + "\"all nodes\""
      ),
      (
        ["keys", "list"],
        "groksweep: results/keys: there are no keys; groksweep keys make NAME makes them"
      ),
      (
        ["keys", "revoke", "nodes"],
        "groksweep: nodes: results/keys has no such key; there are none"
      ),
      (
        ["work", "--connect", "head:5555"],
        "groksweep: head:5555: expected tcp://host:port or ipc:///path, as in tcp://head:5555"
      ),
      (
        ["coordinate", "waiting.yaml", "--listen", "tcp://127.0.0.1:70000"],
        "groksweep: tcp://127.0.0.1:70000: expected a port from 1 to 65535 or *, "
          + "as in tcp://0.0.0.0:5555"
      ),
      (
        ["train", "polynomial-regression", "--alhpa", "2"],
        "groksweep: polynomial-regression has no parameter --alhpa; did you mean \"--alpha\"?"
      ),
      (
        ["train", "polynomial-regression", "--alpha", "-2"],
        "groksweep: --alpha: expected a number above 0, found -2"
      ),
      (
        ["train", "polynomial-regression", "--alpha", "1e300"],
        "groksweep: --alpha: expected a number above 0 of at most 18 digits from 1e-100 to below 1e100, "
          + "found 1e300"
      ),
      (
        ["plan", "waiting.yaml", "--set", "experiment=polynomial-regression"],
        "groksweep: --set experiment=polynomial-regression: another experiment has other parameters "
          + "and needs a file of its own"
      ),
      (
        ["plan", "waiting.yaml", "--set", "together.x=1"],
        "groksweep: --set together.x=1: together.x: expected a linked parameter, found \"x\"; the sweep "
          + "links none"
      ),
      (
        ["plan", "linked.yaml"],
        "groksweep: linked.yaml:5:8: together.y: expected 2 values, as many as x has, found 3"
      ),
      (
        ["train", "polynomial-regression", "--engine", "reduced", "--momentum", "0.9"],
        "groksweep: --engine: expected auto or direct with momentum 0.9, found reduced"
      ),
      (
        ["plan", "regression.yaml", "--set", "engine=reduced", "--set", "momentum=0,0.9"],
        "groksweep: --set engine=reduced: parameters.engine: expected auto or direct with momentum 0.9, "
          + "found reduced"
      ),
      (
        ["train", "teacher-student", "--optimiser", "sgd", "--beta1", "0.8"],
        "groksweep: --beta1: has no effect with optimiser sgd; it counts only with optimiser adamw or adam"
      ),
      (
        ["plan", "regression.yaml", "--set", "test_examples=10"],
        "groksweep: --set test_examples=10: parameters.test_examples: has no effect with test_loss "
          + "population; it counts only with test_loss sample"
      ),
      (
        ["plan", "draws.yaml"],
        "groksweep: draws.yaml: parameters.data: cannot read PLACE/nowhere.safetensors: no such file "
          + "or directory"
      ),
      (
        ["train", "eigenvector-labels", "--eigenvector", "150", "--train-examples", "60"],
        "groksweep: --eigenvector: expected a whole number from 1 to 120, twice train_examples, "
          + "found 150"
      ),
      (
        ["train", "eigenvector-labels", "--eigenvector", "41", "--input-dimension", "20"],
        "groksweep: --eigenvector: expected a whole number from 1 to 40, the rank of the kernel with "
          + "input_dimension 20 and hidden_units 2: eigenvectors beyond are any, found 41"
      ),
      (
        ["train", "noop", "--from", "nowhere.safetensors"],
        "groksweep: --from: nowhere.safetensors: no such file or directory"
      ),
      (
        ["train", "noop", "--from", "."],
        "groksweep: --from: .: is a directory"
      ),
      (
        ["train", "noop", "--from", "waiting.yaml"],
        "groksweep: --from: waiting.yaml: the header says it has 7023117579089437038 bytes; at most "
          + "100000000 are read"
      ),
      (
        ["train", "polynomial-regression", "--alpha"],
        "groksweep: --alpha: expected a number above 0, found nothing"
      ),
      (
        ["train", "polynomial-regression", "--data", "nowhere.safetensors"],
        "groksweep: --data: cannot read PLACE/nowhere.safetensors: no such file or directory"
      ),
      (
        ["train", "polynomial-regression", "--data", "/dev/zero"],
        "groksweep: --data: expected a file, found a device, a pipe or a socket: /dev/zero"
      ),
      (
        ["train"],
        "groksweep: expected the name of an experiment; known are "
          + Catalogue.listed.map(\.name).joined(separator: ", ")
      ),
      (
        ["describe", "polynomial-regresion"],
        "groksweep: experiment: expected the name of an experiment, found "
          + "\"polynomial-regresion\"; did you mean \"polynomial-regression\"?"
      ),
      (
        ["map", "waiting"],
        "groksweep: results/results.sqlite: there is no such store; --results names its folder"
      ),
    ]

    @Test(arguments: cases.indices)
    func `wrong input is one sentence, exit code 2, and nothing is written`(index: Int) throws {
      let (arguments, sentence) = Self.cases[index]
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      try workplace.write(
        """
        experiment: noop
        axes: {seed: [0]}
        together:
            x: [1, 2]
            y: [1, 2, 3]
        """, to: "linked.yaml")
      try workplace.write(SweepText.regression(), to: "regression.yaml")
      try workplace.write(
        """
        experiment: polynomial-regression
        parameters: {data: nowhere.safetensors}
        axes: {alpha: [1, 2], epsilon: [0.1]}
        """, to: "draws.yaml")
      let program = try workplace.start(arguments)
      #expect(try program.waitForExit() == 2)
      #expect(
        program.error.replacingOccurrences(of: workplace.folder.path, with: "PLACE")
          == sentence + "\n")
      #expect(program.output == "")
      #expect(!workplace.exists("results"))
    }

    @Test(arguments: [
      ["run", "waiting.yaml"], ["train", "noop"], ["work", "--connect", "ipc:///nowhere/head"],
    ])
    func `kernels that OpenBLAS does not have are refused with those that it has`(
      command: [String]
    ) throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let spool = command[0] == "work" ? ["--spool", "spool"] : []
      let program = try workplace.start(command + spool + ["--blas-kernels", "haswel"])
      #expect(try program.waitForExit() == 2)
      #expect(program.error.hasPrefix("groksweep: --blas-kernels: expected one of "))
      #expect(
        program.error.hasSuffix(", which the OpenBLAS of this machine has, found \"haswel\"\n"))
      #expect(!workplace.exists("results"))
    }

    @Test func `options that do not exist end with exit code 2`() throws {
      let workplace = try Workplace()
      let program = try workplace.run("run", "waiting.yaml", "--slot", "2")
      #expect(program.exitCode == 2)
      #expect(program.error.contains("--slots"))
    }

    @Test func `a number below zero is a number, and is told as one`() throws {
      let workplace = try Workplace()
      let program = try workplace.run("run", "waiting.yaml", "--retries", "-1")
      #expect(program.exitCode == 2)
      #expect(program.error.contains("expected a whole number from 0 to 1000, found -1"))
    }

    @Test func `an address that cannot be listened on leaves the store without the sweep`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let program = try workplace.run(
        "coordinate", "waiting.yaml", "--listen", "ipc:///nowhere/head")
      #expect(program.exitCode == 3)
      let curves = try workplace.run("curves", "waiting")
      #expect(curves.error.contains("no sweep"), "\(curves.error)")
    }

    @Test func `a folder that is a file is one sentence and exit code 2`() throws {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      try workplace.write("", to: "results")
      let program = try workplace.run("run", "waiting.yaml")
      #expect(program.exitCode == 2)
      #expect(program.error == "groksweep: results is not a folder\n")
      let worker = try workplace.run(
        "work", "--connect", "tcp://127.0.0.1:1", "--spool", "/dev/null")
      #expect(worker.exitCode == 2)
      #expect(worker.error == "groksweep: /dev/null is not a folder\n")
    }
  }
}
