import Launching
import Testing

@Suite struct RemoteWorkerTests {
  @Test(arguments: [
    ("plain", "plain"), ("/a/b-c_d.e:1,2", "/a/b-c_d.e:1,2"), ("", "''"), ("a b", "'a b'"),
    ("it's", "'it'\\''s'"), ("$(x)", "'$(x)'"), ("a\nb", "'a\nb'"), ("*", "'*'"), ("ä", "'ä'"),
  ])
  func `a shell reads a quoted word as it was`(word: String, quoted: String) {
    #expect(ShellText.quoted(word) == quoted)
  }

  @Test func `a script holds the key as a file's contents, never as a word`() throws {
    let worker = RemoteWorker(
      launch: "ssh-0001",
      join: JoinLine(addresses: [try #require(NodeAddress("head:5555"))], publicKey: nil),
      key: "secret xyzzy\n", letIn: ["ab", "c'd"], version: "groksweep 1 'x'",
      programs: ["groksweep", "/a b/groksweep"],
      options: ["--slots", "8"])
    let lines = worker.startScript.split(separator: "\n", omittingEmptySubsequences: false)
    let place = try #require(lines.firstIndex(of: "secret xyzzy"))
    #expect(lines[place - 1].hasPrefix("cat >\"$dir/new.key\" <<'END_OF_FILE'"))
    #expect(lines[place + 1] == "END_OF_FILE")
    #expect(lines.count { $0.contains("xyzzy") } == 1)
    #expect(lines.contains("for program in groksweep '/a b/groksweep'; do"))
    #expect(lines.contains("  for public in ab 'c'\\''d'; do"))
    #expect(worker.startScript.contains("= 'groksweep 1 '\\''x'\\'''"))
    #expect(lines.first == "umask 077")
  }

  @Test func `answers are found in whatever else a machine prints`() {
    let cases: [(String, RemoteAnswer?)] = [
      (
        "Welcome!\ngroksweep-launch started 17 2 trainers on h1\nbye",
        .started(process: 17, detail: "2 trainers on h1", isReplacement: false)
      ),
      (
        "groksweep-launch begun\ngroksweep-launch replaced 17",
        .started(process: 17, detail: "", isReplacement: true)
      ),
      ("groksweep-launch running 17\n", .running(process: 17)),
      ("groksweep-launch missing", .missing),
      ("groksweep-launch version /x: groksweep 0.0.1", .otherVersion("/x: groksweep 0.0.1")),
      ("groksweep-launch failed ", .failed("")),
      ("groksweep-launch failed no room", .failed("no room")),
      ("groksweep-launch stopped", .stopped), ("groksweep-launch killed", .killed),
      ("groksweep-launch gone", .gone),
      ("ssh: connect to host node1 port 22: Connection refused", nil), ("", nil),
      ("groksweep-launch", nil), ("groksweep-launch started many", nil),
      ("groksweep-launch dances", nil),
    ]
    for (output, answer) in cases { #expect(RemoteAnswer(output: output) == answer) }
    #expect(RemoteAnswer.hasBegun(in: "Welcome!\ngroksweep-launch begun\n"))
    #expect(!RemoteAnswer.hasBegun(in: "groksweep-launch missing\n"))
  }
}
