import Experiments
import Foundation
import Networks
import OrderedCollections
import Testing
import Training

/// Runs in float32 that end near a threshold are computed again in float64.
@Suite struct SecondPassTests {
  /// The end of the runs here.
  static let steps = 300

  /// The test loss that the run in float32 has after so many steps, times a factor, as a threshold.
  static func threshold(times factor: Double, at steps: Int = steps) throws -> ExactDecimal {
    var run = try TrainingRun(
      try TrainingRunTests.configuration(),
      request: Request(maxSteps: steps, thresholds: Thresholds()))
    let loss = try #require(TrainingRunTests.finish(&run).1.final.testLoss)
    return try #require(ExactDecimal(String(format: "%.5g", loss * factor)))
  }

  static func request(_ thresholds: [ExactDecimal], steps: Int = steps) -> Request {
    Request(maxSteps: steps, thresholds: Thresholds(loss: thresholds))
  }

  private typealias Result = (records: [RunRecord], summary: RunSummary)

  private static func result(
    _ precision: String, _ request: Request, continuing checkpoint: Safetensors? = nil
  ) throws -> (Result, end: Safetensors) {
    var run = try TrainingRun(
      try TrainingRunTests.configuration(["precision": .text(precision)]), request: request,
      checkpoint: checkpoint)
    let result = TrainingRunTests.finish(&run, slice: 7)
    return ((result.0, result.1), run.checkpoint())
  }

  @Test(arguments: [0.985, 1, 1.015])
  func `a run that ends near a threshold has the records of float64, and says so`(
    factor: Double
  ) throws {
    let request = Self.request([try Self.threshold(times: factor), 5])
    var expected = try Self.result("float64", request).0
    let found = try Self.result("float32", request).0
    #expect(found.records == expected.records)
    #expect(found.summary.isRecomputedInFloat64 && !expected.summary.isRecomputedInFloat64)
    expected.summary.isRecomputedInFloat64 = true
    #expect(found.summary == expected.summary)
  }

  @Test(arguments: [0.5, 0.975, 1.025, 2])
  func `a run that ends far from every threshold keeps the records of float32`(
    factor: Double
  ) throws {
    let found = try Self.result("float32", Self.request([try Self.threshold(times: factor), 5])).0
    let plain = try Self.result("float32", Self.request([])).0
    #expect(found.records == plain.records)
    #expect(!found.summary.isRecomputedInFloat64)
    #expect(found.records != (try Self.result("float64", Self.request([])).0.records))
  }

  @Test func `nothing is said of a first pass but how far it has come`() throws {
    let near = try Self.threshold(times: 1)
    var run = try TrainingRun(
      try TrainingRunTests.configuration(), request: Self.request([near]))
    var progress: [Int] = []
    for _ in 0..<6 {
      let slice = run.advance(steps: 40)
      #expect(slice.records.isEmpty && slice.finished == nil)
      progress += [slice.heldBackThrough].compactMap { $0 }
    }
    #expect(progress == [40, 80, 120, 160, 200, 240])
    // The second pass begins within this slice.
    let slice = run.advance(steps: 100)
    #expect(slice.records.first?.step == 0 && run.step == 40)
    #expect(slice.heldBackThrough == nil)
  }

  @Test func `without thresholds of losses there is nothing to hold back`() throws {
    var run = try TrainingRun(
      try TrainingRunTests.configuration(),
      request: Request(maxSteps: 50, thresholds: Thresholds(accuracy: [0.9])))
    #expect(run.advance(steps: 3).records.map(\.step) == [0, 1, 2, 3])
  }

  /// Far from the threshold there is no second pass to be interrupted.
  @Test(
    arguments: [0, 1, 150, 299, 300, 301, 450, 599].map { ($0, 1.0) }
      + [0, 1, 150, 299].map { ($0, 2.0) })
  func `a run that is interrupted in either pass ends with the same records to the bit`(
    pause: Int, factor: Double
  ) throws {
    let request = Self.request([try Self.threshold(times: factor)])
    let expected = try Self.result("float32", request)
    var run = try TrainingRun(try TrainingRunTests.configuration(), request: request)
    let first = run.advance(steps: pause)
    #expect(first.finished == nil)
    let checkpoint = try Safetensors(bytes: run.checkpoint().bytes)
    let second = try Self.result("float32", request, continuing: checkpoint)
    #expect(first.records + second.0.records == expected.0.records)
    #expect(second.0.summary == expected.0.summary)
    #expect(second.end.bytes == expected.end.bytes)
  }

  @Test func `a longer request that ends near a threshold computes all of the run again`() throws {
    let near = try Self.threshold(times: 1)
    let first = try Self.result("float32", Self.request([near], steps: 200))
    #expect(!first.0.summary.isRecomputedInFloat64)
    let longer = try Self.result("float32", Self.request([near]), continuing: first.end).0
    #expect(longer.records == (try Self.result("float64", Self.request([near])).0.records))
    #expect(longer.summary.isRecomputedInFloat64)
  }

  @Test func `a run in its second pass goes on in float64 when more steps are asked for`() throws {
    let near = try Self.threshold(times: 1)
    let first = try Self.result("float32", Self.request([near]))
    let longer = try Self.result(
      "float32", Self.request([near], steps: 400), continuing: first.end
    ).0
    let whole = try Self.result("float64", Self.request([near], steps: 400)).0
    #expect(longer.records == whole.records.filter { $0.step > Self.steps })
    #expect(longer.summary.isRecomputedInFloat64)
    #expect(longer.summary.crossings == whole.summary.crossings)
  }

  @Test func `a run that ends where it begins may be computed again, too`() throws {
    let request = Self.request([try Self.threshold(times: 1, at: 0)], steps: 0)
    let found = try Self.result("float32", request).0
    #expect(found.records == (try Self.result("float64", request).0.records))
    #expect(found.summary.isRecomputedInFloat64)
  }
}
