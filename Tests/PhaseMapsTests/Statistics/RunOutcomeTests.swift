import Experiments
import PhaseMaps
import Testing

@Suite struct RunOutcomeTests {
  static let request = SyntheticSweep.request
  static let rule = SyntheticSweep.rule

  static func outcome(
    train: Int?, test: Int?, steps: Int, _ stopped: StopReason, converged: Int? = nil,
    request: Request = Self.request
  ) throws -> RunOutcome {
    try RunOutcome(
      of: SyntheticSweep.run(
        train: train, test: test, steps: steps, stopped: stopped, convergedAt: converged),
      request: request, rule: rule)
  }

  @Test func `time to grok is the test crossing minus the train crossing`() throws {
    #expect(
      try Self.outcome(train: 169, test: 1045, steps: 6016, .converged) == .grokked(delay: 876))
  }

  @Test func `a run that generalises before it fits has a delay of zero`() throws {
    #expect(try Self.outcome(train: 500, test: 400, steps: 900, .converged) == .grokked(delay: 0))
  }

  @Test func `a run at the step limit is censored where it stopped`() throws {
    #expect(
      try Self.outcome(train: 1000, test: nil, steps: 110_000, .stepLimit)
        == .censored(at: 109_000))
  }

  @Test func `a run that ended for good above the threshold is not censored`() throws {
    #expect(
      try Self.outcome(train: 38, test: nil, steps: 2564, .converged) == .notReached(.converged))
    #expect(
      try Self.outcome(train: 38, test: nil, steps: 60, .diverged) == .notReached(.diverged))
  }

  @Test(arguments: [StopReason.converged, .diverged, .stepLimit])
  func `a run that never fitted has no delay`(stopped: StopReason) throws {
    let steps = stopped == .stepLimit ? 110_000 : 70
    let unfitted = RunOutcome.neverFitted(diverged: stopped == .diverged)
    #expect(try Self.outcome(train: nil, test: nil, steps: steps, stopped) == unfitted)
    #expect(try Self.outcome(train: nil, test: 50, steps: steps, stopped) == unfitted)
  }

  @Test func `a longer run is cut at the limit of the request`() throws {
    var shorter = Self.request
    shorter.maxSteps = 1000
    #expect(
      try Self.outcome(train: 169, test: 1045, steps: 6016, .converged, request: shorter)
        == .censored(at: 831))
    shorter.maxSteps = 1045
    #expect(
      try Self.outcome(train: 169, test: 1045, steps: 6016, .converged, request: shorter)
        == .grokked(delay: 876))
  }

  @Test func `convergence counts only under a request that stops there`() throws {
    #expect(
      try Self.outcome(train: 10, test: 900, steps: 1000, .stepLimit, converged: 500)
        == .notReached(.converged))
    var patient = Self.request
    patient.stopsWhenConverged = false
    patient.maxSteps = 1000
    #expect(
      try Self.outcome(
        train: 10, test: 900, steps: 1000, .stepLimit, converged: 500, request: patient)
        == .grokked(delay: 890))
  }

  @Test func `a run that did not get as far as asked is missing`() throws {
    #expect(try Self.outcome(train: 10, test: nil, steps: 900, .stepLimit) == .missing)
    #expect(try RunOutcome(of: nil, request: Self.request, rule: Self.rule) == .missing)
  }

  @Test func `a looser criterion censors a stricter rule`() throws {
    let loose = Request(
      maxSteps: 110_000, criterion: GrokkedRule(measure: .loss, train: 0.2, test: 0.2),
      thresholds: Thresholds(loss: [0.1, 0.2]))
    var crossings = Crossings(recording: loose.thresholds)
    crossings.record(100, of: .trainLoss, at: 0.2)
    crossings.record(150, of: .trainLoss, at: 0.1)
    crossings.record(400, of: .testLoss, at: 0.2)
    let summary = RunSummary(steps: 400, stopped: .criterion, crossings: crossings)
    #expect(
      try RunOutcome(of: summary, request: loose, rule: Self.rule) == .censored(at: 250))
  }

  @Test func `a threshold that was not recorded is refused with those that were`() {
    let rule = GrokkedRule(measure: .loss, train: 0.1, test: 0.3)
    let error = #expect(throws: PhaseMapError.self) {
      try RunOutcome(
        of: SyntheticSweep.run(train: 5, test: 9, steps: 20, stopped: .converged),
        request: Self.request, rule: rule)
    }
    #expect(
      error?.description == "the test loss threshold 0.3 was not recorded; recorded are 0.1, 0.2")
  }
}

@Suite struct LearningPhaseTests {
  static func phase(train: Int?, test: Int?, delayMax: Int = LearningPhase.delayMax) throws
    -> LearningPhase?
  {
    try LearningPhase.of(
      SyntheticSweep.run(train: train, test: test, steps: 110_000, stopped: .stepLimit),
      request: SyntheticSweep.request, rule: SyntheticSweep.rule, delayMax: delayMax)
  }

  @Test func `the phases are those of Liu et al 2022`() throws {
    #expect(try Self.phase(train: 100, test: 1099) == .comprehension)
    #expect(try Self.phase(train: 900, test: 400) == .comprehension)
    #expect(try Self.phase(train: 100, test: 1101) == .grokking)
    #expect(try Self.phase(train: 100, test: nil) == .memorisation)
    #expect(try Self.phase(train: nil, test: nil) == .confusion)
  }

  @Test func `a delay equal to the threshold is grokking`() throws {
    #expect(try Self.phase(train: 100, test: 1100) == .grokking)
  }

  @Test func `fitting the test set alone has no name in the table`() throws {
    #expect(try Self.phase(train: nil, test: 300) == .unnamed)
  }

  @Test func `crossings beyond the budget do not count`() throws {
    #expect(try Self.phase(train: 100, test: 100_001) == .memorisation)
    #expect(try Self.phase(train: 100, test: 100_000) == .grokking)
  }
}
