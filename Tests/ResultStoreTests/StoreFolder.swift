import Experiments
import Foundation
import GRDB
import OrderedCollections
import ResultStore
import Synchronization
import Testing

/// A fresh folder with a store in it, removed when the test lets go of it.
final class StoreFolder: Sendable {
  let folder: URL
  private let seconds = Mutex(0.0)

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ResultStoreTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(at: folder)
    } catch {
      Issue.record("\(folder.path) was not removed: \(error)")
    }
  }

  var path: String { folder.appendingPathComponent("results.sqlite").path }

  /// The clock of the store: a second later at every look.
  func openStore(
    _ access: ResultStore.Access = .coordinator, sizeMax: Int? = nil
  ) throws -> ResultStore {
    try ResultStore(path: path, access: access, sizeMax: sizeMax) {
      self.seconds.withLock { value in
        value += 1
        return Date(timeIntervalSince1970: 1_700_000_000 + value)
      }
    }
  }

  /// Looks at the file as a user would, past the store.
  func query<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: String) throws -> [Value] {
    try DatabaseQueue(path: path).read { try Value.fetchAll($0, sql: sql) }
  }

  /// Changes the file past the store.
  func tamper(_ sql: String) throws {
    try DatabaseQueue(path: path).writeWithoutTransaction { try $0.execute(sql: sql) }
  }
}

/// Values that the tests need again and again.
enum Sample {
  static let thresholds = Thresholds(loss: [0.1, 0.5])

  /// A sweep of `noop` runs: x by seed.
  static func sweep(
    _ name: String = "sample", x: [ParameterValue] = [1, 2], seeds: [ParameterValue] = [0, 1],
    maxSteps: Int = 100, converged: Bool = false, thresholds: Thresholds = thresholds
  ) -> Sweep {
    Sweep(
      name: name, experiment: "noop", parameters: ["steps": 1000], axes: ["x": x, "seed": seeds],
      request: Request(
        maxSteps: maxSteps, stopsWhenConverged: converged, thresholds: thresholds),
      grokked: GrokkedRule(measure: .loss, train: 0.1, test: 0.1),
      map: MapDefinition(x: "x", y: "seed"))
  }

  static func attempt(
    _ run: RunKey, _ number: Int = 1, parent: Int? = nil, from startStep: Int = 0,
    lease: Int? = nil
  ) -> Attempt {
    Attempt(
      run: run, number: number, parent: parent, startStep: startStep,
      lease: LeaseID(lease ?? number), worker: WorkerID("w-1"),
      provenance: Provenance(host: "node1", trainer: "groksweep 0.1.0", blasKernels: "Haswell"))
  }

  static func records(_ steps: some Sequence<Int>) -> [RunRecord] {
    steps.map { step in
      let loss = 1 / Double(1 + step)
      return RunRecord(
        step: step, measurement: Measurement(trainLoss: loss, testLoss: loss),
        observables: ["norm": Double(step)])
    }
  }

  static func summary(
    steps: Int, stopped: StopReason = .stepLimit, thresholds: Thresholds = thresholds
  ) -> RunSummary {
    var crossings = Crossings(recording: thresholds)
    if steps >= 2 { crossings.record(2, of: .trainLoss, at: 0.5) }
    return RunSummary(
      steps: steps, stopped: stopped, crossings: crossings,
      convergedAt: stopped == .converged ? steps : nil,
      initial: Measurement(trainLoss: 1, testLoss: 1),
      final: Measurement(trainLoss: 1 / Double(1 + steps), testLoss: 1 / Double(1 + steps)))
  }
}

extension ResultStore {
  /// What a coordinator would still have to do for a sweep.
  func openRuns(ofSweep name: String) throws -> [RestoredRun] {
    try restoredRuns(ofSweep: name).filter { $0.status == .open }
  }
}
