import Coordination
import Experiments
import OrderedCollections
import Testing

/// The order of sweeps and of their seeds, and what is said of these.
@Suite struct SweepOrderTests {
  private func runs(_ points: (x: Int, seed: Int)...) -> [RestoredRun] {
    points.map { x, seed in
      RestoredRun(configuration: SimulatedScience.configuration(x: x, seed: seed))
    }
  }

  private func cluster() -> SmallCluster { SmallCluster(runs: 0) { $0.staysWhenComplete = true } }

  private func submit(
    _ name: String, arrival: Int? = nil, _ runs: [RestoredRun], to cluster: inout SmallCluster,
    request: Request = SimulatedScience.request
  ) {
    cluster.handle(
      .sweepSubmitted(SweepSubmission(name: name, arrival: arrival, request: request, runs: runs)))
  }

  /// Ends the run at a grid point, whoever of the workers holds it.
  private func finish(
    x: Int, seed: Int, in cluster: inout SmallCluster,
    asked request: Request = SimulatedScience.request
  ) {
    let key = SimulatedScience.configuration(x: x, seed: seed).key
    guard let place = cluster.runs(of: "w").firstIndex(of: key) else {
      Issue.record("nobody computes x \(x), seed \(seed)")
      return
    }
    cluster.finish("w", place: place, asked: request)
  }

  private func seedsSaid(in cluster: SmallCluster) -> [Coordinator.Notice] {
    cluster.notices.filter { if case .seedCompleted = $0 { true } else { false } }
  }

  @Test func `sweeps are granted in the order in which they came, whichever is heard of first`() {
    var cluster = cluster()
    submit("second", arrival: 2, runs((0, 0)), to: &cluster)
    submit("third", arrival: 3, runs((1, 0)), to: &cluster)
    submit("first", arrival: 1, runs((2, 0)), to: &cluster)
    cluster.join("w", slots: 3)
    #expect(cluster.held["w"]?.map { $0.configuration.parameters["x"] } == [2, 0, 1])
  }

  @Test func `a sweep that grows keeps its place`() {
    var cluster = cluster()
    submit("first", arrival: 1, runs((0, 0)), to: &cluster)
    submit("second", arrival: 2, runs((1, 0)), to: &cluster)
    submit("first", arrival: 1, runs((0, 0), (2, 0)), to: &cluster)
    cluster.join("w", slots: 3)
    #expect(cluster.held["w"]?.last?.configuration.parameters["x"] == 1)
  }

  @Test func `a seed has ended once all its runs have, also those that another sweep brought`() {
    var cluster = cluster()
    submit("one", runs((0, 0)), to: &cluster)
    submit("grid", runs((0, 0), (1, 0), (0, 1), (1, 1)), to: &cluster)
    cluster.join("w", slots: 4)
    finish(x: 1, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [])
    finish(x: 0, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "grid", seed: 0)])
    finish(x: 0, seed: 1, in: &cluster)
    finish(x: 1, seed: 1, in: &cluster)
    #expect(seedsSaid(in: cluster).count == 1)
  }

  @Test func `each of two sweeps is told of its seeds`() {
    var cluster = cluster()
    submit("small", runs((0, 0), (0, 1)), to: &cluster)
    submit("large", runs((0, 0), (1, 0), (0, 1), (1, 1)), to: &cluster)
    cluster.join("w", slots: 4)
    finish(x: 0, seed: 1, in: &cluster)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "small", seed: 1)])
    finish(x: 1, seed: 1, in: &cluster)
    #expect(seedsSaid(in: cluster).last == .seedCompleted(sweep: "large", seed: 1))
  }

  @Test func `runs that were cancelled do not hold up the end of their seed`() {
    var cluster = cluster()
    submit("grid", runs((0, 0), (1, 0), (0, 1)), to: &cluster)
    cluster.join("w", slots: 3)
    let cancelled = SimulatedScience.configuration(x: 1, seed: 0).key
    _ = cluster.ask(.cancel(.runs([cancelled.hexadecimal])))
    finish(x: 0, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "grid", seed: 0)])
  }

  @Test func `a run that is tried again belongs to its seed again`() {
    var cluster = cluster()
    submit("grid", runs((0, 0), (1, 0), (0, 1)), to: &cluster)
    cluster.join("w", slots: 3)
    let key = SimulatedScience.configuration(x: 1, seed: 0).key.hexadecimal
    _ = cluster.ask(.cancel(.runs([key])))
    _ = cluster.ask(.retry(.runs([key])))
    finish(x: 0, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [])
    finish(x: 1, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "grid", seed: 0)])
  }

  @Test func `a sweep that grows has not ended a seed before its new runs have`() {
    var cluster = cluster()
    submit("grid", runs((0, 0), (0, 1)), to: &cluster)
    cluster.join("w", slots: 4)
    submit("grid", runs((0, 0), (1, 0), (0, 1)), to: &cluster)
    finish(x: 0, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [])
    finish(x: 1, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "grid", seed: 0)])
  }

  /// A request that runs with an x of 1 answer on their way.
  private let shorter = Request(maxSteps: 20, thresholds: Thresholds())

  @Test func `a seed is not said to end again when a longer sweep has its runs computed further`() {
    var cluster = cluster()
    submit("short", runs((1, 0), (0, 1), (1, 1)), to: &cluster, request: shorter)
    cluster.join("w", slots: 4)
    finish(x: 1, seed: 0, in: &cluster, asked: shorter)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "short", seed: 0)])
    submit("long", runs((1, 0)), to: &cluster)
    finish(x: 1, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster).count == 1)
  }

  @Test func `a seed has ended once its sweep has what it asks for, though another asks for more`()
  {
    var cluster = cluster()
    submit("short", runs((1, 0), (0, 1), (1, 1)), to: &cluster, request: shorter)
    cluster.join("w", slots: 4)
    submit("long", runs((1, 0)), to: &cluster)
    finish(x: 1, seed: 0, in: &cluster, asked: shorter)
    #expect(seedsSaid(in: cluster) == [.seedCompleted(sweep: "short", seed: 0)])
    finish(x: 1, seed: 0, in: &cluster)
    #expect(seedsSaid(in: cluster).count == 1)
  }
}
