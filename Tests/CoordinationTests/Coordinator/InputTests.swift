import Coordination
import Experiments
import OrderedCollections
import Testing

/// What becomes of runs whose input files a worker has not got.
@Suite struct InputTests {
  /// A run that needs a file.
  private func needy(_ index: Int) -> Configuration {
    var plain = run(index)
    plain = Configuration(
      experiment: plain.experiment, version: plain.version, parameters: plain.parameters,
      inputs: ["draws": String(repeating: "a", count: 64)])
    return plain
  }

  private func cluster(
    _ runs: [Configuration], change: (inout Coordinator.Settings) -> Void = { _ in }
  ) -> SmallCluster {
    var cluster = SmallCluster(runs: 0, change: change)
    cluster.submit(runs.map { RestoredRun(configuration: $0) })
    return cluster
  }

  private let refusal = Report.Content.refused(input: "draws", reason: "no file /d")

  @Test func `a run waits for a worker that has its file, and nothing counts against it`() {
    var cluster = cluster([needy(0), needy(1)])
    cluster.join("a")
    cluster.end("a", refusal)
    #expect(cluster.runs(of: "a") == [])
    cluster.join("b", slots: 2)
    #expect(cluster.runs(of: "b") == [needy(0).key, needy(1).key])
    cluster.finish("b")
    cluster.finish("b")
    #expect(cluster.finished == [needy(0).key, needy(1).key])
    #expect(cluster.failed == [])
    let sentences = cluster.notices.filter { if case .inputLacking = $0 { true } else { false } }
    #expect(sentences.count == 1)
  }

  @Test func `a worker without a file goes on with runs that need none`() {
    var cluster = cluster([needy(0), needy(1), run(2), run(3)])
    cluster.join("a")
    cluster.end("a", refusal)
    #expect(cluster.runs(of: "a") == [run(2).key])
    cluster.finish("a")
    #expect(cluster.runs(of: "a") == [run(3).key])
  }

  @Test func `a run that is parked comes before those behind it once a worker has its file`() {
    var cluster = cluster([needy(0), run(1), run(2)])
    cluster.join("a")
    cluster.end("a", refusal)
    cluster.join("b")
    #expect(cluster.runs(of: "b") == [needy(0).key])
  }

  @Test func `a worker that is let in again is given what it had no file for`() {
    var cluster = cluster([needy(0)])
    cluster.join("a")
    cluster.end("a", refusal)
    #expect(cluster.runs(of: "a") == [])
    cluster.handle(
      .commandArrived(Command(id: 1, .readmit(worker: "a")), from: routing("user")))
    #expect(cluster.runs(of: "a") == [needy(0).key])
  }

  @Test func `a run that failed is tried again where it failed if no other machine has its file`() {
    var cluster = cluster([needy(0)])
    cluster.join("a")
    cluster.fail("a")
    #expect(cluster.runs(of: "a") == [needy(0).key])
    cluster.join("b")
    cluster.fail("a")
    #expect(cluster.runs(of: "b") == [needy(0).key])
    cluster.end("b", refusal)
    #expect(cluster.runs(of: "a") == [needy(0).key])
    #expect(cluster.failed == [])
  }

  @Test func `a run that failed is not kept for a machine that takes no more runs`() {
    var cluster = SmallCluster(runs: 2)
    cluster.join("a")
    cluster.join("b")
    #expect(cluster.runs(of: "b") == [run(1).key])
    _ = cluster.ask(.drain(worker: "b"))
    cluster.fail("a")
    #expect(cluster.runs(of: "a") == [run(0).key])
  }

  @Test func `where no other worker can come the run fails`() {
    var cluster = cluster([needy(0)]) {
      $0.waitsForInputs = false
      $0.retries = 1
    }
    cluster.join("a")
    cluster.end("a", refusal)
    cluster.end("a", refusal)
    #expect(cluster.failed == [needy(0).key])
  }

  @Test func `a refusal that names no input is a failure`() {
    var cluster = cluster([run(0)]) { $0.retries = 0 }
    cluster.join("a")
    cluster.end("a", refusal)
    #expect(cluster.failed == [run(0).key])
  }

  /// Two runs that go on from checkpoints, and one that does not.
  private func continued() -> SmallCluster {
    var cluster = SmallCluster(runs: 0)
    cluster.submit(
      (0...2).map { index in
        let attempt = RestoredAttempt(
          number: 1, lease: LeaseID(70 + index), worker: WorkerID("gone"), state: .withdrawn)
        return index == 2
          ? RestoredRun(configuration: run(index))
          : RestoredRun(
            configuration: run(index), attempts: [attempt],
            checkpoint: Continuation(parent: 1, step: 10))
      })
    return cluster
  }

  private let noRoom = Report.Content.notContinued(reason: "no room in /tmp")

  @Test func `a worker without room for checkpoints goes on with runs that need none`() {
    var cluster = continued()
    cluster.join("a")
    #expect(cluster.runs(of: "a") == [run(0).key])
    cluster.end("a", noRoom)
    #expect(cluster.runs(of: "a") == [run(2).key])
    cluster.finish("a")
    #expect(cluster.runs(of: "a") == [])
    cluster.join("b", slots: 2)
    #expect(Set(cluster.runs(of: "b")) == [run(0).key, run(1).key])
    #expect(cluster.failed == [])
  }

  @Test func `a worker without room for checkpoints is tried again after a while`() {
    var cluster = continued()
    cluster.join("a")
    cluster.end("a", noRoom)
    cluster.finish("a")
    cluster.pass(seconds: 100)
    #expect(cluster.runs(of: "a") == [])
    cluster.pass(seconds: 30)
    #expect(cluster.runs(of: "a").count == 1)
  }

  @Test func `a machine without room is not kept for a run that must be alone`() {
    var cluster = SmallCluster(runs: 0) { $0.lostLeasesMax = 1 }
    cluster.submit([continued(0, .withdrawn)])
    cluster.join("a")
    cluster.lose("a")
    cluster.join("b")
    #expect(cluster.runs(of: "b") == [run(0).key])
    cluster.end("b", noRoom)
    cluster.submit([RestoredRun(configuration: run(5)), RestoredRun(configuration: run(6))])
    #expect(cluster.runs(of: "b") == [run(5).key])
    cluster.join("c")
    #expect(cluster.runs(of: "c") == [run(0).key])
  }

  @Test func `a run that is tried again and needs room does not hold up those that need none`() {
    var cluster = SmallCluster(runs: 0)
    var fresh = continued(1, .failed)
    fresh.checkpoint = nil
    cluster.submit([continued(0, .failed), fresh])
    cluster.join("a")
    #expect(cluster.runs(of: "a") == [run(0).key])
    cluster.end("a", noRoom)
    #expect(cluster.runs(of: "a") == [run(1).key])
    cluster.finish("a")
    cluster.pass(seconds: 130)
    #expect(cluster.runs(of: "a") == [run(0).key])
  }

  private func continued(_ index: Int, _ state: RestoredAttempt.State) -> RestoredRun {
    RestoredRun(
      configuration: run(index),
      attempts: [
        RestoredAttempt(
          number: 1, lease: LeaseID(70 + index), worker: WorkerID("gone"), host: "a", state: state)
      ], checkpoint: Continuation(parent: 1, step: 10))
  }
}
