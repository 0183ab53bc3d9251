import Launching
import Testing

@Suite struct HostListTests {
  @Test func `a list has a machine a line, with what differs from the rest`() throws {
    let list = try HostList(
      parsing: """
        # the lab
        node1
          ada@node2:2222   slots=8   # the big one

        [fd00::7] program=/opt/groksweep
        fd00::8
        ada@[fd00::9]:22 slots=1 program=/a=b
        """)
    #expect(
      list.hosts == [
        LaunchHost(name: "node1"), LaunchHost(name: "ada@node2", port: 2222, slots: 8),
        LaunchHost(name: "fd00::7", program: "/opt/groksweep"), LaunchHost(name: "fd00::8"),
        LaunchHost(name: "ada@fd00::9", port: 22, slots: 1, program: "/a=b"),
      ])
    #expect(try HostList(parsing: "node1\r\nnode2").hosts.map(\.name) == ["node1", "node2"])
    #expect(try HostList(parsing: "\u{FEFF}node1").hosts.map(\.name) == ["node1"])
  }

  @Test(arguments: [
    ("", "expected a host a line, found none"),
    ("# nobody\n\n", "expected a host a line, found none"),
    ("node1\nnode2\nnode1 slots=2", "3: node1 is on line 1 already"),
    ("node1 slot=8", "1: expected slots=N or program=PATH after the host, found \"slot=8\""),
    ("node1 8", "1: expected slots=N or program=PATH after the host, found \"8\""),
    ("node1 slots=0", "1: expected slots from 1 to 4096, found \"slots=0\""),
    ("node1 slots=many", "1: expected slots from 1 to 4096, found \"slots=many\""),
    (
      "node1 slots=1 slots=2",
      "1: expected slots=N or program=PATH after the host, found \"slots=2\""
    ),
    ("\nnode1 program=bin/x", "2: expected program= and an absolute path, found \"program=bin/x\""),
    (
      "-oProxyCommand=x",
      "1: expected a host such as node1, ada@node1 or node1:2222, found \"-oProxyCommand=x\""
    ),
    ("-x@node1", "1: expected a host such as node1, ada@node1 or node1:2222, found \"-x@node1\""),
    ("a@b@c", "1: expected a host such as node1, ada@node1 or node1:2222, found \"a@b@c\""),
    ("node1:", "1: expected a host such as node1, ada@node1 or node1:2222, found \"node1:\""),
    ("node1:0", "1: expected a host such as node1, ada@node1 or node1:2222, found \"node1:0\""),
    ("[node1]", "1: expected a host such as node1, ada@node1 or node1:2222, found \"[node1]\""),
    ("$(rm)", "1: expected a host such as node1, ada@node1 or node1:2222, found \"$(rm)\""),
  ])
  func `what is wrong is said with its line`(text: String, problem: String) {
    let error = #expect(throws: LaunchTextError.self) { try HostList(parsing: text) }
    #expect(error?.description == problem)
  }

  @Test func `a list that is written is read again, and takes later words for better ones`() throws
  {
    let list = try HostList(parsing: "node1 slots=2\nada@[fd00::7]:22 program=/x\nfd00::8")
    #expect(try HostList(parsing: list.text) == list)
    let merged = list.merged(with: [
      LaunchHost(name: "node1", slots: 4), LaunchHost(name: "node2"),
    ])
    #expect(merged.hosts.map(\.line).first == "node1 slots=4")
    #expect(merged.hosts.map(\.name) == ["node1", "ada@fd00::7", "fd00::8", "node2"])
  }
}
