import Coordination
import Experiments
import Foundation
import HeapModule
import OrderedCollections
import Testing

/// How long the five-seed α–ε sweep takes when the coordinator decides what runs next.
@Suite struct MakespanTests {
  /// What one of its 980 runs did in the recorded sweep: the time from its start to its end as the
  /// store has it.
  private struct Recorded {
    var configuration: Configuration
    var steps: Int
    var seconds: Double
  }

  private struct Ending: Comparable {
    var time: Double
    var number: Int
    var worker: Int
    var grant: Grant
    static func < (left: Self, right: Self) -> Bool {
      (left.time, left.number) < (right.time, right.number)
    }
    static func == (left: Self, right: Self) -> Bool { left.number == right.number }
  }

  private static let slotsPerWorker = 16

  @Test(arguments: [16, 64, 128])
  func `the sweep takes at most a tenth longer than it must`(slots: Int) throws {
    let runs = try recorded()
    #expect(runs.count == 980)
    let ratio = overrun(of: runs, slots: slots)
    #expect(ratio <= 1.1, "\(ratio) of what it must take")
  }

  /// Where many runs have ended expectations change little by little, and what changes little must still count: there is
  /// but one seed, and the longest runs are found by the slopes alone.
  @Test func `a sweep of thousands of runs takes at most a twentieth longer than it must`() throws {
    let experiment = try #require(Catalogue.experiment(named: "polynomial-regression"))
    var scatter = SplitMix64(seed: 7)
    let runs = try (0..<3000).map { number in
      let (column, row) = (number % 60, number / 60)
      let alpha = Int(1000 * exp(3 * Double(column) / 60))
      let configuration = try experiment.configuration([
        "alpha": .number(ExactDecimal(alpha)),
        "epsilon": .number(ExactDecimal(10 + row)), "seed": 0,
      ])
      let noise = Double(scatter.next() >> 11) * 0x1p-53 - 0.5
      return Recorded(
        configuration: configuration, steps: 1000,
        seconds: Double(alpha) * (1 + 0.04 * noise))
    }
    let ratio = overrun(of: runs, slots: 304)
    #expect(ratio <= 1.05, "\(ratio) of what it must take")
  }

  /// How long runs take, in units of what they take at least.
  private func overrun(of runs: [Recorded], slots: Int) -> Double {
    let total = runs.reduce(0) { $0 + $1.seconds }
    let longest = runs.reduce(0) { max($0, $1.seconds) }
    return makespan(of: runs, slots: slots) / max(total / Double(slots), longest)
  }

  /// `groksweep run sweeps/alpha-epsilon.yaml` on two cores; the first line names the columns.
  private func recorded() throws -> [Recorded] {
    let url = try #require(
      Bundle.module.url(
        forResource: "alpha-epsilon-runs", withExtension: "txt", subdirectory: "Fixtures"))
    let experiment = try #require(Catalogue.experiment(named: "polynomial-regression"))
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").dropFirst().map {
      let words = $0.split(separator: " ").map(String.init)
      let configuration = try experiment.configuration([
        "alpha": .number(try #require(ExactDecimal(words[0]))),
        "epsilon": .number(try #require(ExactDecimal(words[1]))),
        "seed": .number(try #require(ExactDecimal(words[2]))),
      ])
      return Recorded(
        configuration: configuration, steps: try #require(Int(words[3])),
        seconds: try #require(Double(words[4])))
    }
  }

  /// The time of the last result where messages and commits take no time.
  private func makespan(of runs: [Recorded], slots: Int) -> Double {
    let recorded = Dictionary(uniqueKeysWithValues: runs.map { ($0.configuration.key, $0) })
    let request = Request(
      maxSteps: 110_000, stopsWhenConverged: true, thresholds: Thresholds())
    var cluster = SmallCluster(runs: 0)
    cluster.submit(runs.map { RestoredRun(configuration: $0.configuration) }, request: request)
    var endings = Heap<Ending>()
    var started: Set<LeaseID> = []
    var last = 0.0
    func start(_ cluster: SmallCluster, at time: Double) {
      for worker in 0..<(slots / Self.slotsPerWorker) {
        for grant in cluster.held["\(worker)"] ?? [] where started.insert(grant.lease).inserted {
          let end = time + (recorded[grant.run]?.seconds ?? 0)
          endings.insert(
            Ending(time: end, number: started.count, worker: worker, grant: grant))
        }
      }
    }
    for worker in 0..<(slots / Self.slotsPerWorker) {
      cluster.join("\(worker)", slots: Self.slotsPerWorker)
    }
    start(cluster, at: 0)
    while let ending = endings.popMin() {
      last = ending.time
      let name = "\(ending.worker)"
      guard let place = cluster.held[name]?.firstIndex(where: { $0.lease == ending.grant.lease })
      else { continue }
      let steps = recorded[ending.grant.run]?.steps ?? 0
      let summary = RunSummary(
        steps: steps, stopped: .converged, crossings: Crossings(), convergedAt: steps)
      let elapsed = Duration.seconds(recorded[ending.grant.run]?.seconds ?? 0)
      cluster.end(name, .finished(summary, elapsed: elapsed), place: place)
      start(cluster, at: last)
    }
    #expect(cluster.finished.count == runs.count)
    return last
  }
}
