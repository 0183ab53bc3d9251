import Foundation
import Testing

extension EndToEndTests {
  /// Results that somebody else owns, or that lie on a read-only disk.
  @Suite struct ReadOnlyTests {
    /// Root writes whatever the permissions say, so it reads as nobody.
    private static let asNobody = geteuid() == 0 ? "setpriv --reuid 65534 --clear-groups" : ""
    private static let isPossible =
      geteuid() != 0 || FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

    /// A finished sweep in a folder that cannot be written, and a copy of the program that nobody may run.
    private func archive() throws -> Workplace {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 2, milliseconds: 0), to: "waiting.yaml")
      try #require(try workplace.run("run", "waiting.yaml", "--slots", "2").exitCode == 0)
      let prepared = try workplace.shell(
        """
        cp '\(Workplace.program.path)' program
        rm -f results/results.sqlite-shm results/results.sqlite-wal
        mkdir elsewhere; chmod 777 elsewhere; chmod 755 .; chmod 555 results
        """)
      try #require(prepared.exitCode == 0, "\(prepared.error)")
      return workplace
    }

    @Test(
      .enabled(if: isPossible),
      arguments: [
        "export waiting", "plan waiting.yaml", "map waiting --out elsewhere/map",
        "curves waiting --where x=1 --out elsewhere/curves",
        "show $(./program export waiting --results results | sed -n 's/^\\([0-9a-f]\\{64\\}\\).*/\\1/p;2q')",
      ])
    func `results that cannot be written can be read`(command: String) throws {
      let workplace = try archive()
      let program = try workplace.shell(
        "\(Self.asNobody) ./program \(command); code=$?; chmod 755 results; exit $code")
      #expect(program.exitCode == 0, "\(program.error)")
      #expect(program.error == "" || command.hasPrefix("map") || command.hasPrefix("curves"))
    }

    @Test(.enabled(if: isPossible))
    func `results whose newest part needs a folder that can be written say so`() throws {
      let workplace = try archive()
      let program = try workplace.shell(
        """
        chmod 755 results; echo results > results/results.sqlite-wal; chmod 555 results
        \(Self.asNobody) ./program export waiting; code=$?; chmod 755 results; exit $code
        """)
      #expect(program.exitCode == 3)
      #expect(
        program.error
          == "groksweep: results/results.sqlite: the store cannot be read: its newest results are still "
          + "in results/results.sqlite-wal, and reading them takes a folder that can be written; copy "
          + "the folder, or let somebody who may write there look at it once\n")
    }
  }
}
