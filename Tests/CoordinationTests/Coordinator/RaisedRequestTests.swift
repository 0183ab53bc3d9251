import Coordination
import Experiments
import OrderedCollections
import Testing

/// A run with a result that does not tell what is asked: nothing of it is lost when it is computed again.
@Suite struct RaisedRequestTests {
  private let configuration = SimulatedScience.configuration(x: 1, seed: 0)
  private let thresholds = Thresholds(loss: [0.5])

  /// A cluster in which the run has been computed for 40 steps, without thresholds, and that is asked this.
  private func cluster(_ request: Request) -> SmallCluster {
    let stored = SimulatedScience.summary(
      of: configuration, Request(maxSteps: 40, thresholds: Thresholds()))
    var cluster = SmallCluster(runs: 0)
    cluster.submit(
      [RestoredRun(configuration: configuration, status: .finished(stored, attempt: 1))],
      request: request)
    cluster.join("w")
    return cluster
  }

  private func asked(in cluster: SmallCluster) -> Request? { cluster.held["w"]?.first?.request }

  /// The end of a run that was asked this, with the crossings that were asked for.
  private func finished(_ request: Request) -> Report.Content {
    var summary = SimulatedScience.summary(of: configuration, request)
    for threshold in request.thresholds.loss {
      summary.crossings.record(nil, of: .trainLoss, at: threshold)
      summary.crossings.record(nil, of: .testLoss, at: threshold)
    }
    return .finished(summary, elapsed: .seconds(9))
  }

  @Test func `one that lacks a threshold is computed again as far as it was`() throws {
    var cluster = cluster(Request(maxSteps: 20, thresholds: thresholds))
    let raised = Request(maxSteps: 40, thresholds: thresholds)
    #expect(asked(in: cluster) == raised)
    cluster.end("w", finished(raised))
    #expect(cluster.finished == [configuration.key])
    #expect(cluster.runs(of: "w") == [])
  }

  @Test func `one that may end before is computed again as far as it was, and goes on from there`()
  {
    let request = Request(maxSteps: 60, stopsWhenConverged: true, thresholds: thresholds)
    var cluster = cluster(request)
    let raised = Request(maxSteps: 40, thresholds: thresholds)
    #expect(asked(in: cluster) == raised)
    cluster.end("w", finished(raised))
    #expect(asked(in: cluster) == request)
    cluster.end("w", finished(request))
    #expect(cluster.runs(of: "w") == [])
  }

  @Test func `one that is asked to go further without a way to end before goes there at once`() {
    let request = Request(maxSteps: 60, thresholds: thresholds)
    #expect(asked(in: cluster(request)) == request)
  }

  @Test func `a trainer that ends before what it was asked for has failed`() {
    var cluster = cluster(Request(maxSteps: 20, thresholds: thresholds))
    cluster.end("w", finished(Request(maxSteps: 10, thresholds: thresholds)))
    #expect(cluster.finished == [])
    #expect(cluster.runs(of: "w") == [configuration.key])
  }
}
