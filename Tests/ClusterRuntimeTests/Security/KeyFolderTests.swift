import ClusterRuntime
import Foundation
import Testing

@Suite struct KeyFolderTests {
  private let place = FileManager.default.temporaryDirectory
    .appendingPathComponent("groksweep-keys-\(UUID().uuidString)").path
  private var folder: KeyFolder { KeyFolder(path: "\(place)/results/keys") }

  private func name(_ text: String) throws -> KeyName { try #require(KeyName(text)) }

  private func mode(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  @Test func `a key is made with the coordinator's pair, for nobody else to read`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let nodes = try name("nodes")
    #expect(try folder.make(nodes, isAdmin: false))
    #expect(try mode(folder.path) == 0o700)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files == [".gitignore", ".lock", "allowed", "head.key", "nodes.key"])
    for file in files { #expect(try mode("\(folder.path)/\(file)") == 0o600) }
    let key = try KeyFile(path: folder.file(of: nodes))
    let own = try folder.coordinator()
    #expect(key.coordinator == own.pair.publicKey)
    #expect(own.isCoordinators && !key.isCoordinators)
    #expect(try folder.list()[nodes]?.key == key.pair.publicKey)
  }

  @Test func `making a key again changes nothing`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let nodes = try name("nodes")
    _ = try folder.make(nodes, isAdmin: false)
    let before = try KeyFile(path: folder.file(of: nodes)).pair.publicKey
    #expect(try !folder.make(nodes, isAdmin: false))
    #expect(try !folder.makeCoordinator())
    #expect(try KeyFile(path: folder.file(of: nodes)).pair.publicKey == before)
    #expect(throws: RuntimeFailure.self) { try folder.make(nodes, isAdmin: true) }
  }

  @Test func `a revoked key is gone for good, and its name is free again`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let nodes = try name("nodes")
    _ = try folder.make(nodes, isAdmin: true)
    let old = try KeyFile(path: folder.file(of: nodes)).pair.publicKey
    #expect(try folder.revoke(nodes))
    #expect(try !folder.revoke(nodes))
    #expect(!FileManager.default.fileExists(atPath: folder.file(of: nodes)))
    #expect(try folder.list()[old.text]?.standing == .revoked)
    #expect(try folder.make(nodes, isAdmin: false))
    #expect(try folder.list()[old.text]?.standing == .revoked)
    #expect(try KeyFile(path: folder.file(of: nodes)).pair.publicKey != old)
  }

  @Test func `the keys of launches are numbered, and no number is given twice`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    _ = try folder.make(try name("ssh-2x"), isAdmin: false)
    _ = try folder.make(try name("ssh-99999999999999999999"), isAdmin: false)
    let first = try folder.makeNext("ssh")
    let second = try folder.makeNext("ssh")
    #expect([first, second].map(\.description) == ["ssh-1", "ssh-2"])
    #expect(try folder.makeNext("slurm").description == "slurm-1")
    #expect(try folder.revoke(second))
    #expect(try folder.list().next("ssh").description == "ssh-3")
    #expect(try folder.list()[first]?.standing == .worker)
  }

  @Test func `a key that nobody has got is taken back without a trace`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let first = try folder.makeNext("ssh")
    #expect(try folder.revoke(first))
    let second = try folder.makeNext("ssh")
    let key = try KeyFile(path: folder.file(of: second)).pair.publicKey
    try folder.withdraw(second)
    try folder.withdraw(second)
    #expect(try folder.list()[key.text] == nil)
    #expect(try folder.list().entries.map(\.name) == [first])
    #expect(!FileManager.default.fileExists(atPath: folder.file(of: second)))
    #expect(try folder.makeNext("ssh") == second)
  }

  @Test func `revoking a key that never was is refused with those that are`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    _ = try folder.make(try name("nodes"), isAdmin: false)
    #expect(
      throws: RuntimeFailure(
        .wrongInput, "nods: \(folder.path) has no such key; known are nodes")
    ) { try folder.revoke(KeyName("nods") ?? self.name("nods")) }
  }

  @Test func `a key that others can read is refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let file = folder.file(of: try name("nodes"))
    _ = try folder.make(try name("nodes"), isAdmin: false)
    chmod(file, 0o644)
    #expect(
      throws: RuntimeFailure(
        .wrongInput, "\(file) can be read by others (mode 644); chmod 600 keeps it secret")
    ) { try KeyFile(path: file) }
  }

  @Test func `a key in place of its file's name is not repeated`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    _ = try folder.make(try name("nodes"), isAdmin: false)
    let text = try String(contentsOfFile: folder.file(of: try name("nodes")), encoding: .utf8)
    let secret = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") })
    let bare = secret.dropFirst(7)
    for contents in [
      text, String(secret), String(bare), "\(bare) ", "secret\t\(bare)", "\"\(bare)\"",
    ] {
      #expect(
        throws: RuntimeFailure(
          .wrongInput, "expected the name of a key's file, found what looks like its contents")
      ) { try KeyFile(path: contents) }
    }
    // Forty characters of a secret's alphabet, and a path all the same.
    let path = "/tmp/groksweep/results/keys/a-worker.key"
    #expect(path.utf8.count == 40)
    #expect(
      throws: RuntimeFailure(.wrongInput, "cannot read \(path): no such file or directory")
    ) { try KeyFile(path: path) }
  }

  @Test func `a list that others can write is refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    _ = try folder.make(try name("nodes"), isAdmin: false)
    chmod(folder.listFile, 0o666)
    #expect(throws: RuntimeFailure.self) { try folder.list() }
  }

  @Test func `keys behind links work, as Kubernetes mounts a secret`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    _ = try folder.make(try name("nodes"), isAdmin: false)
    let mount = "\(place)/mount"
    try FileManager.default.createDirectory(
      atPath: "\(mount)/..2026_01_01", withIntermediateDirectories: true)
    symlink("..2026_01_01", "\(mount)/..data")
    for file in ["head.key", "allowed"] {
      try FileManager.default.copyItem(
        atPath: "\(folder.path)/\(file)", toPath: "\(mount)/..2026_01_01/\(file)")
      symlink("..data/\(file)", "\(mount)/\(file)")
    }
    let mounted = KeyFolder(path: mount)
    #expect(try mounted.coordinator().pair.publicKey == folder.coordinator().pair.publicKey)
    #expect(try mounted.list() == folder.list())
    // The rule looks at the file and not at the link, which everybody can read.
    chmod("\(mount)/..2026_01_01/head.key", 0o644)
    #expect(throws: RuntimeFailure.self) { try mounted.coordinator() }
  }

  @Test(arguments: [
    "", "name nodes\n", "secret\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n",
    "name nodes\nname nodes\n", "\u{0}\u{1}",
  ])
  func `a file that is no key is refused without quoting it`(text: String) throws {
    #expect(
      throws: RuntimeFailure(
        .wrongInput, "expected a key as groksweep keys makes it: name, public, secret, coordinator")
    ) { try KeyFile(parsing: text) }
  }

  @Test func `a public key that is not that of the secret one is refused`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let nodes = try name("nodes")
    _ = try folder.make(nodes, isAdmin: false)
    let text = try String(contentsOfFile: folder.file(of: nodes), encoding: .utf8)
    let other = try folder.coordinator().pair.publicKey.text
    let own = try KeyFile(parsing: text).pair.publicKey.text
    #expect(
      throws: RuntimeFailure(.wrongInput, "the public key is not that of the secret key")
    ) { try KeyFile(parsing: text.replacingOccurrences(of: own, with: other)) }
  }

  @Test func `a secret does not show when its key is printed`() throws {
    defer { try? FileManager.default.removeItem(atPath: place) }
    let nodes = try name("nodes")
    _ = try folder.make(nodes, isAdmin: false)
    let text = try String(contentsOfFile: folder.file(of: nodes), encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") })
    let secret = String(line.dropFirst("secret ".count))
    let key = try KeyFile(parsing: text)
    var dumped = ""
    dump(key, to: &dumped)
    for shown in ["\(key)", "\(key.pair)", "\(key.pair.secretKey)", dumped] {
      #expect(!shown.contains(secret))
    }
  }
}
