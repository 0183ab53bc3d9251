import ClusterRuntime
import Testing

@Suite struct AllowListTests {
  static let keys = [
    "X%VUe-jphm?R#4TmiH#@t#2jP7t3cC][v:mk-zlS", "zIZ).(O5kI7<k]5Al1[xsFfvKHqiuQ0zY?kD?Z#t",
    "+2U%VcnV&Pq3JN-qR)^?n$r32P&Bshi&N[&Bp?y&",
  ]
  static let coordinator = "2V9ok:c9CdRs8$Ls*5JfmPIgTS}X6rg0(<YrnOP?"
  private let text = """
    # who may come
    nodes \(keys[0])

      ada   \(keys[1])\tadmin
    old \(keys[2]) revoked
    """

  private func verdict(on key: String?, in list: AllowList) throws -> Verdict {
    list.verdict(on: key, coordinator: try #require(PublicKey(Self.coordinator)))
  }

  @Test func `the list says who may compute, who may command, and who may do nothing`() throws {
    let list = try AllowList(parsing: text)
    let keys = Self.keys
    #expect(
      try verdict(on: keys[0], in: list)
        == .allowed(Sender(name: KeyName("nodes"), mayControl: false)))
    #expect(
      try verdict(on: keys[1], in: list)
        == .allowed(Sender(name: KeyName("ada"), mayControl: true)))
    #expect(try verdict(on: keys[2], in: list) == .refused(.revokedKey))
  }

  @Test func `who has no key, or one that nobody listed, is refused`() throws {
    let list = try AllowList(parsing: "nodes \(Self.keys[0])")
    #expect(try verdict(on: nil, in: list) == .refused(.unknownKey))
    #expect(try verdict(on: "", in: list) == .refused(.unknownKey))
    #expect(try verdict(on: Self.keys[1], in: list) == .refused(.unknownKey))
    #expect(try verdict(on: Self.keys[0], in: AllowList()) == .refused(.unknownKey))
  }

  @Test func `the coordinator's own key opens every door`() throws {
    guard case .allowed(let sender) = try verdict(on: Self.coordinator, in: AllowList()) else {
      Issue.record("the coordinator's own key is refused")
      return
    }
    #expect(sender.mayControl)
  }

  @Test func `what is written is what was read`() throws {
    let list = try AllowList(parsing: text)
    #expect(try AllowList(parsing: list.text) == list)
    #expect(list.entries.map(\.standing) == [.worker, .admin, .revoked])
  }

  @Test(arguments: [
    "nodes", "nodes short", "nodes \(keys[0]) owner", "nodes \(keys[0]) admin more",
    "no/des \(keys[0])", ".nodes \(keys[0])", "nodes \(keys[0])x",
  ])
  func `a list with a line that is not understood is refused whole`(line: String) throws {
    #expect(
      throws: RuntimeFailure(
        .wrongInput,
        "line 2: expected a name, a public key of 40 characters, and admin or revoked")
    ) {
      try AllowList(parsing: "ada \(Self.keys[1])\n\(line)\n")
    }
  }

  @Test(arguments: ["nodes \(keys[1])", "ada \(keys[0])", "ada \(keys[0]) revoked"])
  func `a name or a key that is there twice is refused`(line: String) {
    #expect(throws: RuntimeFailure.self) {
      try AllowList(parsing: "nodes \(Self.keys[0])\n\(line)\n")
    }
  }

  @Test func `a revoked name can be given to a new key`() throws {
    let list = try AllowList(parsing: "nodes \(Self.keys[0]) revoked\nnodes \(Self.keys[1])\n")
    #expect(list[try #require(KeyName("nodes"))]?.key.text == Self.keys[1])
    #expect(try verdict(on: Self.keys[0], in: list) == .refused(.revokedKey))
  }

  @Test(arguments: ["a", "node-1.rack_2", String(repeating: "n", count: 64)])
  func `names are those that files can have`(name: String) {
    #expect(KeyName(name)?.description == name)
  }

  @Test(arguments: [
    "", ".", "..", "-x", "a b", "a/b", "ä", "a\u{0}", String(repeating: "n", count: 65),
  ])
  func `other names are refused`(name: String) { #expect(KeyName(name) == nil) }
}
