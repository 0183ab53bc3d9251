import Foundation
import Testing

extension EndToEndTests {
  /// What becomes of a command whose output cannot be written.
  @Suite struct OutputTests {
    @Test func `output that is lost ends with a sentence and exit code 3`() throws {
      let workplace = try Workplace()
      let program = try workplace.shell("groksweep describe polynomial-regression > /dev/full")
      #expect(program.exitCode == 3)
      #expect(
        program.error == "groksweep: cannot write to standard output: No space left on device\n")
    }

    @Test func `a reader that has gone ends a command silently`() throws {
      let workplace = try Workplace()
      // A file beside, because the exit code of a pipe's first command is the shell's to know.
      let program = try workplace.shell(
        "{ groksweep describe polynomial-regression; echo $? > code; } | true; cat code")
      #expect(["0\n", "141\n"].contains(program.output))
      #expect(program.error == "")
    }

    @Test func `a run whose lines nobody reads any more is stopped at once`() throws {
      let workplace = try Workplace()
      let program = try workplace.shell(
        """
        export TMPDIR=$PWD
        { groksweep train noop --steps 1000000000 --json; echo $? > code; } | head -1
        cat code
        ls -d groksweep-* 2>/dev/null
        """)
      let lines = program.output.split(separator: "\n")
      #expect(lines.count == 2 && lines.first?.hasPrefix("{\"run\":") == true)
      #expect(lines.last == "141")
      #expect(program.error == "")
    }
  }
}
