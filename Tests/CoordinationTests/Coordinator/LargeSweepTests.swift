import Coordination
import Experiments
import OrderedCollections
import Testing

/// What a coordinator does because there are very many runs, or very many reports.
@Suite struct LargeSweepTests {
  private let sweep = Sweep(
    name: "s", experiment: "noop", parameters: ["steps": 7],
    axes: ["x": [1, 2, 3], "seed": [1, 0]], request: SimulatedScience.request,
    grokked: GrokkedRule(measure: .loss, train: 0.1, test: 0.1),
    map: MapDefinition(x: "x", y: "seed"))

  private func runs(
    _ grid: SweepGrid, _ status: (Int) -> RestoredRun.Status = { _ in .open }
  ) -> [RestoredRun] {
    (0..<grid.count).map { position in
      RestoredRun(
        .gridPoint(position), key: grid.configuration(at: position).key, status: status(position))
    }
  }

  private func granted(_ effects: [Coordinator.Effect]) -> [Grant] {
    var granted: [Grant] = []
    for case .grant(let grants, _) in effects { granted += grants }
    return granted
  }

  @Test func `runs that name their places in a grid are granted with their configurations`() throws
  {
    let grid = try SweepGrid(sweep)
    var scenario = Scenario(runs: 0, restored: [])
    _ = scenario.handle(
      .sweepSubmitted(
        SweepSubmission(name: "s", request: sweep.request, grid: grid, runs: runs(grid))), at: 0)
    _ = scenario.join(slots: 6)
    let grants = granted(scenario.handle(.storeCommitted(BatchID(1)), at: 0.1))
    // Seed 0 first, each seed in the order of the grid.
    #expect(
      grants.map(\.configuration) == [1, 3, 5, 0, 2, 4].map { grid.configuration(at: $0) })
    #expect(grants.allSatisfy { $0.run == $0.configuration.key })
  }

  @Test func `an answered run is known as finished, and a longer request numbers its attempts on`()
    throws
  {
    let grid = try SweepGrid(sweep)
    var scenario = Scenario(runs: 0, restored: [])
    let answered = SweepSubmission(
      name: "s", request: sweep.request, grid: grid,
      runs: runs(grid) { $0 == 0 ? .open : .answered })
    _ = scenario.handle(.sweepSubmitted(answered), at: 0)
    #expect(scenario.coordinator.progress(at: seconds(0)).reused == 5)
    var longer = answered
    longer.name = "longer"
    longer.request.maxSteps += 1
    longer.request.stopsWhenConverged = false
    let attempt = RestoredAttempt(
      number: 4, lease: LeaseID(9), worker: WorkerID("w"), state: .accepted)
    let stored = RunSummary(steps: 7, stopped: .converged, crossings: Crossings(), convergedAt: 7)
    longer.runs = [
      RestoredRun(
        .gridPoint(1), key: answered.runs[1].key, status: .finished(stored, attempt: 4),
        attempts: [attempt])
    ]
    _ = scenario.handle(.sweepSubmitted(longer), at: 0)
    _ = scenario.join(slots: 6)
    let grants = granted(scenario.handle(.storeCommitted(BatchID(1)), at: 0.1))
    #expect(grants.map(\.attempt) == [5, 1])
    #expect(grants.map(\.run) == [answered.runs[1].key, answered.runs[0].key])
  }

  @Test func `a batch that has grown large is closed, and what comes after waits for the next`() {
    var scenario = Scenario()
    _ = scenario.join()
    _ = scenario.handle(.storeCommitted(BatchID(1)), at: 0.1)
    func record(_ step: Int) -> Report.Content {
      .records([RunRecord(step: step, measurement: Measurement(trainLoss: 1))])
    }
    #expect(changes(scenario.report(record(0), at: 0.2)).count == 1)
    let many = (2...5001).map {
      Report(
        sequence: $0, lease: LeaseID(1), run: run(0).key, attempt: 1, content: record($0))
    }
    // The second batch is under way, the third is closed with these, the last one waits in a fourth.
    _ = scenario.hear(.reports(many, Delivery(firstKept: 1, lastSent: 5001)), at: 0.3)
    scenario.sequence = 5001
    _ = scenario.report(record(5002), at: 0.4)
    #expect(changes(scenario.handle(.storeCommitted(BatchID(2)), at: 0.5)).count == 5000)
    let effects = scenario.handle(.storeCommitted(BatchID(3)), at: 0.6)
    #expect(effects.first == .send(.acknowledged(through: 5001), to: routing("w")))
    #expect(changes(effects).count == 1)
    #expect(
      scenario.handle(.storeCommitted(BatchID(4)), at: 0.7)
        == [.send(.acknowledged(through: 5002), to: routing("w"))])
  }

  @Test func `of very many runs those expected to take longest come first before long`() {
    let count = 3000
    var scenario = Scenario(
      runs: 0, restored: (1...count).map { RestoredRun(configuration: run($0)) })
    var effects = scenario.join(slots: 1)
    var order: [Int] = []
    for round in 1...400 {
      let time = Double(round)
      let grants = granted(scenario.handle(.storeCommitted(BatchID(round)), at: time))
      guard let grant = grants.first else { break }
      let x = grant.configuration.parameters["x"]?.number?.integerValue ?? 0
      order.append(x)
      effects = scenario.report(
        .finished(
          SimulatedScience.summary(of: grant.configuration), elapsed: .seconds(x)),
        of: grant, at: time + 0.5)
    }
    #expect(!effects.isEmpty)
    #expect(order.count == 400)
    #expect(order.suffix(50).allSatisfy { $0 > count - 600 }, "\(order.suffix(50))")
  }

  @Test
  func `runs of linked axes are granted but those left out, and the longest come first once known`()
    throws
  {
    let count = 60
    let numbers = (1...count).map { ParameterValue.number(ExactDecimal($0)) }
    var linked = sweep
    linked.axes = ["seed": [0]]
    linked.together = ["x": numbers, "y": numbers.reversed()]
    linked.except = [["y": 1], ["x": 1]]
    let grid = try SweepGrid(linked)
    var scenario = Scenario(runs: 0, restored: [])
    let restored = Array(grid.shape.positions()).map { position in
      RestoredRun(.gridPoint(position), key: grid.configuration(at: position).key)
    }
    _ = scenario.handle(
      .sweepSubmitted(
        SweepSubmission(name: "s", request: linked.request, grid: grid, runs: restored)), at: 0)
    _ = scenario.join(slots: 1)
    var order: [Int] = []
    for round in 1...count {
      let grants = granted(scenario.handle(.storeCommitted(BatchID(round)), at: Double(round)))
      guard let grant = grants.first else { break }
      let x = grant.configuration.parameters["x"]?.number?.integerValue ?? 0
      #expect(grant.configuration.parameters["y"] == .number(ExactDecimal(count + 1 - x)))
      order.append(x)
      _ = scenario.report(
        .finished(SimulatedScience.summary(of: grant.configuration), elapsed: .seconds(x)),
        of: grant, at: Double(round) + 0.5)
    }
    #expect(order.sorted() == Array(2..<count))
    #expect(Array(order.suffix(40)) == order.suffix(40).sorted(by: >), "\(order)")
  }

  private func changes(_ effects: [Coordinator.Effect]) -> [StoreChange] {
    for case .commit(_, let changes) in effects { return changes }
    return []
  }
}
