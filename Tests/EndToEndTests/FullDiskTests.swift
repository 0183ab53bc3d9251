import Foundation
import ResultStore
import Testing

extension EndToEndTests {
  @Suite(.enabled(if: SmallDisk.isPossible, "mounting a small disk needs root"))
  struct FullDiskTests {
    @Test func `a coordinator waits for space and loses nothing`() throws {
      let workplace = try Workplace()
      let disk = try workplace.mountSmallDisk(on: "results")
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let head = try workplace.start("coordinate", "waiting.yaml", "--listen", address)
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun >= 1 }
      try disk.fill()
      _ = try head.waitForLine("the disk is full")
      #expect(head.isRunning)
      try disk.makeSpace()
      #expect(try head.waitForExit() == 0, "\(head.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `a coordinator that begins on a full disk waits for space, too`() throws {
      let workplace = try Workplace()
      let disk = try workplace.mountSmallDisk(on: "results")
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let address = "ipc://\(workplace.folder.path)/head"
      let command = ["coordinate", "waiting.yaml", "--listen", address]
      let killed = try workplace.start(command)
      let worker = try workplace.start(
        "work", "--connect", address, "--slots", "2", "--spool", "spool")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun >= 1 }
      try disk.fill()
      kill(killed.processIdentifier, SIGKILL)
      _ = try killed.waitForExit()
      let head = try workplace.start(command)
      _ = try head.waitForLine("other commands need --connect")
      try disk.makeSpace()
      #expect(try head.waitForExit() == 0, "\(head.error)")
      #expect(try worker.waitForExit() == 0, "\(worker.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }

    @Test func `what is submitted on a full disk may be submitted again`() throws {
      let workplace = try Workplace()
      let disk = try workplace.mountSmallDisk(on: "results")
      try workplace.write(SweepText.noop(runs: 2), to: "waiting.yaml")
      let head = try workplace.start("coordinate", "--stay", "--listen", "tcp://127.0.0.1:*")
      _ = try workplace.address(of: head)
      try disk.fill()
      let refused = try workplace.run("submit", "waiting.yaml")
      #expect(refused.exitCode == 3, "\(refused.error)")
      #expect(refused.error.contains("the disk is full"))
      #expect(try workplace.run("status", "--healthy").exitCode == 3)
      try disk.makeSpace()
      let taken = try workplace.run("submit", "waiting.yaml")
      #expect(taken.output == "waiting: 4 runs, 0 with a result, 4 to compute\n", "\(taken.error)")
      #expect(try workplace.run("status", "--healthy").exitCode == 0)
      head.signal(SIGTERM)
      _ = try head.waitForExit()
    }

    @Test func `a local run gives up after a while and can be continued`() throws {
      let workplace = try Workplace()
      let disk = try workplace.mountSmallDisk(on: "results")
      try workplace.write(SweepText.noop(runs: 3), to: "waiting.yaml")
      let program = try workplace.start(
        "run", "waiting.yaml", "--slots", "2", "--store-patience", "1")
      _ = try workplace.waitForRuns(of: "waiting", "a run under way") { $0.begun >= 1 }
      try disk.fill()
      #expect(try program.waitForExit() == 3)
      #expect(program.error.contains("the disk is full; what was committed before is safe"))
      try disk.makeSpace()
      let again = try workplace.run("run", "waiting.yaml", "--slots", "2")
      #expect(again.exitCode == 0, "\(again.error)")
      #expect(try workplace.runs(of: "waiting").areAcceptedOnce)
    }
  }
}

/// A file system of two megabytes in memory.
final class SmallDisk {
  private let folder: URL
  private var ballast: URL { folder.appendingPathComponent("ballast") }

  static let isPossible: Bool = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("groksweep-disk-\(UUID().uuidString)")
    defer { rmdir(folder.path) }
    guard let disk = try? SmallDisk(at: folder) else { return false }
    disk.unmount()
    return true
  }()

  init(at folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.run("/bin/mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path)
  }

  func unmount() { try? Self.run("/bin/umount", "-l", folder.path) }

  func fill() throws {
    try Data().write(to: ballast)
    let file = try FileHandle(forWritingTo: ballast)
    let block = Data(count: 4096)
    while (try? file.write(contentsOf: block)) != nil {}
  }

  func makeSpace() throws { try FileManager.default.removeItem(at: ballast) }

  private static func run(_ program: String, _ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure("\(program) failed") }
  }
}
