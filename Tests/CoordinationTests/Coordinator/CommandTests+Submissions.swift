import Coordination
import Experiments
import Testing

/// What is submitted to a running coordinator.
extension CommandTests {
  @Test func `a sweep that grows keeps its runs and computes what is new`() {
    var scenario = scenario()
    let larger = SweepSubmission(
      name: "s", request: SimulatedScience.request,
      runs: (0..<6).map { RestoredRun(configuration: run($0)) })
    let effects = scenario.handle(
      .sweepRegistered(larger, command: 7, from: routing("user")), at: 1)
    let counts = ["runs": 6, "finished": 0, "open": 6, "cancelled": 0, "failed": 0]
    #expect(
      effects == [answer(.done("s: 6 runs, 0 with a result, 6 to compute", counts: counts))])
    #expect(
      status(of: &scenario)?.sweeps
        == [SweepStatus(name: "s", total: 6, running: 2, waiting: 4)])
  }

  @Test func `a sweep that is submitted twice changes nothing`() {
    var scenario = scenario()
    let same = SweepSubmission(
      name: "s", request: SimulatedScience.request,
      runs: (0..<4).map { RestoredRun(configuration: run($0)) })
    let before = status(of: &scenario)
    for command in 1...2 {
      _ = scenario.handle(
        .sweepRegistered(same, command: UInt64(command), from: routing("user")), at: 1)
    }
    #expect(status(of: &scenario) == before)
  }

  @Test func `the end of all runs is told once, however often a sweep is submitted`() {
    var scenario = Scenario(runs: 1) { $0.staysWhenComplete = true }
    let end = Coordinator.Effect.tellUser(.everythingEnded(failedRuns: 0))
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    _ = scenario.report(finished(0), at: 1)
    #expect(scenario.handle(.storeCommitted(BatchID(2)), at: 1.1).contains(end))
    func submission(_ name: String, runs: Int) -> SweepSubmission {
      SweepSubmission(
        name: name, request: SimulatedScience.request,
        runs: (0..<runs).map { place in
          let summary = SimulatedScience.summary(of: run(place))
          return RestoredRun(configuration: run(place), status: .finished(summary, attempt: 1))
        })
    }
    for (name, runs, isNews) in [("s", 1, false), ("t", 1, true), ("t", 1, false), ("s", 2, true)] {
      let effects = scenario.handle(
        .sweepRegistered(submission(name, runs: runs), command: 7, from: routing("user")), at: 2)
      let later = scenario.handle(.timePassed, at: 2)
      #expect((effects + later).contains(end) == isNews, "\(name) of \(runs)")
    }
  }

  @Test func `a run that ended during its sweep's registration goes on to a longer limit`() {
    var scenario = scenario()
    _ = scenario.report(finished(0), at: 1)
    // The store was read before the result was in it.
    var request = SimulatedScience.request
    request.maxSteps *= 2
    request.stopsWhenConverged = false
    let longer = SweepSubmission(
      name: "s", request: request, runs: (0..<4).map { RestoredRun(configuration: run($0)) })
    _ = scenario.handle(.sweepRegistered(longer, command: 7, from: routing("user")), at: 1)
    #expect(status(of: &scenario)?.sweeps.first?.done == 0)
  }

  @Test func `a sweep that is answered stays so while another wants more of its runs`() {
    var scenario = scenario()
    _ = scenario.report(finished(0), at: 1)
    _ = scenario.handle(.storeCommitted(BatchID(2)), at: 1.1)
    #expect(status(of: &scenario)?.sweeps.map(\.done) == [1])
    var request = SimulatedScience.request
    request.maxSteps *= 2
    request.stopsWhenConverged = false
    let longer = SweepSubmission(
      name: "t", request: request,
      runs: [
        RestoredRun(
          configuration: run(0), status: .finished(SimulatedScience.summary(of: run(0)), attempt: 1)
        )
      ])
    _ = scenario.handle(.sweepRegistered(longer, command: 7, from: routing("user")), at: 1.2)
    #expect(status(of: &scenario)?.sweeps.map(\.done) == [1, 0])
    let again = scenario.handle(
      .sweepRegistered(
        SweepSubmission(
          name: "s", request: SimulatedScience.request,
          runs: (0..<4).map { RestoredRun(configuration: run($0)) }), command: 8,
        from: routing("user")), at: 1.3)
    let counts = ["runs": 4, "finished": 1, "open": 3, "cancelled": 0, "failed": 0]
    #expect(
      again.contains(
        .answer(
          CommandAnswer(
            id: 8, .done("s: 4 runs, 1 with a result, 3 to compute", counts: counts)),
          to: routing("user"))))
  }

  @Test func `a part of a sweep that is submitted leaves the others wanted`() {
    var scenario = scenario()
    let part = SweepSubmission(
      name: "s", request: SimulatedScience.request, runs: [RestoredRun(configuration: run(3))],
      isPart: true)
    _ = scenario.handle(.sweepRegistered(part, command: 7, from: routing("user")), at: 1)
    #expect(
      status(of: &scenario)?.sweeps
        == [SweepStatus(name: "s", total: 4, running: 2, waiting: 2)])
  }
}
