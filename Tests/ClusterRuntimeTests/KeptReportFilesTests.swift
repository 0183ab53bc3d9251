import ClusterRuntime
import Coordination
import Experiments
import Foundation
import Testing

/// The files in which a worker's reports outlive it.
@Suite struct KeptReportFilesTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("groksweep-kept-\(UUID().uuidString)").path
  private let run = RunKey(hexadecimal: String(repeating: "5", count: 64))

  private func kept(by worker: String = "w") -> KeptReports {
    KeptReports(folder: folder, worker: WorkerID(worker))
  }

  private func keep(_ steps: ClosedRange<Int>, in kept: KeptReports) throws {
    let run = try #require(run)
    for step in steps {
      try kept.add([
        Report(
          sequence: step, lease: LeaseID(1), run: run, attempt: 1,
          content: .checkpoint(step: step, bytes: [1]))
      ])
    }
  }

  /// What the next process reads, as steps, and how often it is told of a problem.
  private func read(_ kept: KeptReports) throws -> (steps: [Int], problems: [String]) {
    var problems: [String] = []
    let reports = try kept.read { problems.append($0) }
    let steps = reports.compactMap { report in
      if case .checkpoint(let step, _) = report.content { step } else { nil }
    }
    return (steps, problems)
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func `what was kept is read in its order, by one process after the other`() throws {
    try keep(1...3, in: kept())
    let second = kept()
    #expect(try read(second).steps == [1, 2, 3])
    try keep(4...5, in: second)
    let third = try read(kept())
    #expect(third.steps == [1, 2, 3, 4, 5])
    #expect(third.problems == [])
  }

  @Test(arguments: 1...3)
  func `nothing is read that comes after a missing file`(missing: Int) throws {
    try keep(1...4, in: kept())
    try FileManager.default.removeItem(atPath: "\(folder)/\(try files()[missing - 1])")
    let next = kept()
    let known = try read(next)
    #expect(known.steps == Array(1..<missing))
    #expect(known.problems.count == 1)
    #expect(known.problems.first?.contains("before it is missing") == true)
    try keep(8...9, in: next)
    #expect(try read(kept()).steps == Array(1..<missing) + [8, 9])
  }

  @Test func `what an earlier version kept is read, whatever its first number`() throws {
    let run = try #require(run)
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 0,
      body: .reports(
        [
          Report(
            sequence: 1, lease: LeaseID(1), run: run, attempt: 1,
            content: .checkpoint(step: 7, bytes: [1]))
        ], Delivery(firstKept: 1, lastSent: 0)))
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    for number in 3...4 {
      let path = "\(folder)/00000000\(number).reports"
      try Data(WireCodec.encode(message)).write(to: URL(fileURLWithPath: path))
    }
    let known = try read(kept())
    #expect(known.steps == [7, 7])
    #expect(known.problems == [])
  }

  @Test(arguments: [Data(), Data([1, 2, 3])])
  func `nothing is read from an unreadable file on, and all of it is set aside`(bytes: Data) throws
  {
    try keep(1...4, in: kept())
    try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(try files()[1])"))
    let known = try read(kept())
    #expect(known.steps == [1])
    #expect(known.problems.count == 1)
    #expect(known.problems.first?.contains("it and the 2 that follow are set aside") == true)
    #expect(try files().count { $0.hasSuffix(".aside") } == 3)
    #expect(try read(kept()).problems == [])
  }

  @Test func `a removal that was broken off leaves no gap`() throws {
    let first = kept()
    try keep(1...2, in: first)
    first.removeAll()
    #expect(try files() == [])
    try keep(3...4, in: first)
    #expect(try read(kept()).steps == [3, 4])
  }

  @Test func `files that could not be removed do not stand in the way of later ones`() throws {
    let writer = kept()
    try keep(1...2, in: writer)
    let first = try Dictionary(
      uniqueKeysWithValues: files().map { name in
        (name, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
      })
    writer.removeAll()
    try keep(3...4, in: writer)
    // The folder could not be written to for a while; the last of the two was gone already.
    for (name, bytes) in first.sorted(by: { $0.key < $1.key }).prefix(1) {
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    let known = try read(kept())
    #expect(known.steps == [1, 3, 4])
    #expect(known.problems == [])
  }

  @Test func `another worker's reports are not delivered`() throws {
    try keep(1...2, in: kept())
    let known = try read(kept(by: "other"))
    #expect(known.steps == [])
    #expect(known.problems.first?.contains("expected reports of worker other") == true)
  }
}
