import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  /// `groksweep merge`, as a user types it.
  @Suite struct MergeCommandTests {
    /// A folder `results` that is empty and a folder `other` with four results.
    private func computedElsewhere() throws -> Workplace {
      let workplace = try Workplace()
      try workplace.write(SweepText.noop(runs: 2, steps: 2), to: "waiting.yaml")
      let other = try workplace.run("run", "waiting.yaml", "--results", "other", "--slots", "2")
      #expect(other.exitCode == 0, "\(other.error)")
      return workplace
    }

    @Test func `what another folder has computed is taken over once, and not computed again`()
      throws
    {
      let workplace = try computedElsewhere()
      let taken = try workplace.run("merge", "other")
      #expect(taken.exitCode == 0, "\(taken.error)")
      #expect(
        taken.output == "other: 4 runs with a result, 4 taken over; new sweeps: waiting\n")
      let again = try workplace.run("merge", "other/results.sqlite", "--json")
      #expect(
        again.output
          == #"{"differing":0,"known":4,"runs":4,"store":"other/results.sqlite","sweeps":[],"taken":0}"#
          + "\n")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
      let attempts = try workplace.runs(of: "waiting").flatMap(\.attempts).count
      #expect(try workplace.run("run", "waiting.yaml", "--slots", "2").exitCode == 0)
      #expect(try workplace.runs(of: "waiting").flatMap(\.attempts).count == attempts)
    }

    @Test func `a coordinator that works on the folder has to be stopped first`() throws {
      let workplace = try computedElsewhere()
      let coordinator = try workplace.start("coordinate", "--stay", "--listen", "tcp://127.0.0.1:*")
      _ = try coordinator.waitForLine("listening on tcp://")
      let refused = try workplace.run("merge", "other")
      #expect(refused.exitCode == 3, "\(refused.error)")
      #expect(refused.error.contains("results.sqlite"), "\(refused.error)")
      coordinator.signal(SIGTERM)
      _ = try coordinator.waitForExit()
      #expect(try workplace.run("merge", "other").exitCode == 0)
    }

    @Test func `what is no store of another folder is refused, and nothing is made`() throws {
      let workplace = try computedElsewhere()
      try workplace.write("no store", to: "text.sqlite")
      let cases: [([String], String)] = [
        (["nowhere"], "nowhere: expected a results folder or a store in one"),
        (["other", "--results", "other"], "other: this is the store that results are taken to"),
        (["other", "text.sqlite"], "text.sqlite"),
        (["/dev/null"], "/dev/null: expected a results folder or a store in one, found no regular"),
      ]
      for (words, sentence) in cases {
        let refused = try workplace.run(["merge"] + words)
        #expect(refused.exitCode == 2, "\(words): \(refused.error)")
        #expect(refused.error.contains(sentence), "\(words): \(refused.error)")
        #expect(!workplace.exists("results"))
      }
    }
  }
}
