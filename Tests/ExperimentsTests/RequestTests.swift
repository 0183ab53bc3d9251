import Experiments
import Testing

@Suite struct RequestTests {
  static let rule = GrokkedRule(measure: .loss, train: 0.1, test: 0.1)
  static let thresholds = Thresholds(loss: [0.1, 0.2])

  static func summary(
    steps: Int, stopped: StopReason, train: Int?, test: Int?, convergedAt: Int? = nil
  ) -> RunSummary {
    var crossings = Crossings(recording: thresholds)
    crossings.record(train, of: .trainLoss, at: 0.1)
    crossings.record(test, of: .testLoss, at: 0.1)
    return RunSummary(
      steps: steps, stopped: stopped, crossings: crossings, convergedAt: convergedAt)
  }

  @Test func `a converged run answers every step limit under the same stop rule`() {
    let run = Self.summary(
      steps: 500, stopped: .converged, train: 10, test: 90, convergedAt: 500)
    for limit in [499, 500, 501, 100_000] {
      let request = Request(
        maxSteps: limit, stopsWhenConverged: true, thresholds: Self.thresholds)
      let end = request.end(of: run)
      #expect(end?.step == min(limit, 500))
      #expect(end?.reason == (limit < 500 ? .stepLimit : .converged))
    }
  }

  @Test func `a converged run does not answer a request that goes on beyond convergence`() {
    let run = Self.summary(
      steps: 500, stopped: .converged, train: 10, test: 90, convergedAt: 500)
    let request = Request(maxSteps: 1000, thresholds: Self.thresholds)
    #expect(!request.isCovered(by: run))
  }

  @Test func `a run that went beyond convergence answers a request that stops there`() {
    let run = Self.summary(
      steps: 1000, stopped: .stepLimit, train: 10, test: 700, convergedAt: 500)
    let request = Request(maxSteps: 1000, stopsWhenConverged: true, thresholds: Self.thresholds)
    #expect(request.end(of: run)?.step == 500)
    #expect(request.end(of: run)?.reason == .converged)
  }

  @Test func `a raised step limit is not covered and a lowered one is`() {
    let run = Self.summary(steps: 1000, stopped: .stepLimit, train: 10, test: nil)
    #expect(!Request(maxSteps: 1001, thresholds: Self.thresholds).isCovered(by: run))
    #expect(Request(maxSteps: 999, thresholds: Self.thresholds).end(of: run)?.step == 999)
  }

  @Test func `a diverged run answers every request`() {
    let run = Self.summary(steps: 7, stopped: .diverged, train: nil, test: nil)
    let request = Request(
      maxSteps: 1000, stopsWhenConverged: true, criterion: Self.rule, thresholds: Self.thresholds)
    #expect(request.end(of: run)?.reason == .diverged)
    #expect(
      Request(maxSteps: 5, thresholds: Self.thresholds).end(of: run)?.reason == .stepLimit)
  }

  @Test func `a run asked to stop once grokked ends at the later of the two crossings`() {
    let run = Self.summary(steps: 1000, stopped: .stepLimit, train: 10, test: 90)
    let request = Request(maxSteps: 5000, criterion: Self.rule, thresholds: Self.thresholds)
    #expect(request.end(of: run)?.step == 90)
    #expect(request.end(of: run)?.reason == .criterion)
  }

  @Test func `a threshold that was not recorded leaves the request open`() {
    let run = Self.summary(steps: 1000, stopped: .stepLimit, train: 10, test: 90)
    let request = Request(maxSteps: 1000, thresholds: Thresholds(loss: [0.1, 0.15]))
    #expect(!request.isCovered(by: run))
  }
}
