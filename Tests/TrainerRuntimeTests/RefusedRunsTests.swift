import Experiments
import Foundation
import OrderedCollections
import Testing
import TrainerRuntime

/// Orders that cannot be carried out are answered by one sentence, and the trainer lives on.
@Suite struct RefusedRunsTests {
  private func reason(
    for orders: [RunOrder], memoryBytes: Int? = nil
  ) throws -> [String] {
    var trainer = try ServedTrainer(memoryBytes: memoryBytes)
    _ = try trainer.next()
    for order in orders { trainer.send(.run(order)) }
    var reasons: [String] = []
    for _ in orders {
      switch try trainer.untilEnd().last {
      case .failed(_, let reason): reasons.append(reason)
      case .refused(_, let input, let reason): reasons.append("refused for \(input): \(reason)")
      default: Issue.record("a run was not refused")
      }
    }
    trainer.endInput()
    return reasons
  }

  private func order(
    _ experiment: String, version: Int = 1,
    _ parameters: OrderedDictionary<String, ParameterValue> = [:]
  ) -> RunOrder {
    RunOrder(
      configuration: Configuration(
        experiment: experiment, version: version, parameters: parameters),
      request: Request(maxSteps: 1, thresholds: Thresholds()))
  }

  @Test func `an unknown experiment, version or parameter is refused`() throws {
    #expect(
      try reason(for: [
        order("alchemy"), order("noop", version: 2), order("noop", ["steps": -1]),
        order("noop", ["stepz": 1]),
      ]) == [
        "this trainer has no experiment \"alchemy\"",
        "this trainer has version 1 of noop, the run is of version 2",
        "steps: expected a whole number from 0 to 1000000000, found -1",
        "stepz: experiment noop has no parameter \"stepz\"; did you mean \"steps\"?",
      ])
  }

  @Test(arguments: [
    ("-1", "run.request.max_steps is not a whole number of steps from 0 to 1e12"),
    ("1000000000001", "run.request.max_steps is not a whole number of steps from 0 to 1e12"),
    (
      "9223372036854775807",
      "run.request.max_steps: 9223372036854775807 has more digits than are kept exactly"
    ),
    ("\"many\"", "run.request.max_steps is not a number"),
  ])
  func `an order that names its run but cannot be understood fails that run`(
    steps: String, problem: String
  ) throws {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    let key = try TrainerProcessTests.noop().key
    trainer.send(
      line: Data(
        """
        {"run":{"key":"\(key)","experiment":"noop","version":1,"parameters":{},\
        "request":{"max_steps":\(steps)}}}
        """.utf8))
    #expect(
      try trainer.untilEnd() == [.failed(key, reason: "the order was not understood: \(problem)")])
    trainer.endInput()
  }

  @Test func `a run whose file is missing or another one is for a machine that has it`() throws {
    let path = NSTemporaryDirectory() + "/groksweep-data-\(UUID().uuidString)"
    try Data("nothing of the kind".utf8).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let digest = "0f6a"
    let reasons = try reason(for: [
      try TrainerProcessTests.regression(inputs: ["data": digest]),
      try TrainerProcessTests.regression(
        inputs: ["data": digest], files: ["data": "/nonexistent/file"]),
      try TrainerProcessTests.regression(inputs: ["data": digest], files: ["data": path]),
    ])
    #expect(reasons.count == 3)
    #expect(reasons[0] == "data: the run has a file, but its path was not given")
    #expect(
      reasons[1]
        == "refused for data: data: /nonexistent/file cannot be read: No such file or directory")
    #expect(
      reasons[2].hasPrefix(
        "refused for data: data: \(path) is not the file of this run: its SHA-256 is "))
  }

  @Test func `a checkpoint that is missing or no checkpoint is refused`() throws {
    let path = NSTemporaryDirectory() + "/groksweep-checkpoint-\(UUID().uuidString)"
    try Data("nothing of the kind".utf8).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let reasons = try reason(for: [
      try TrainerProcessTests.noop(checkpoint: "/nonexistent/c"),
      try TrainerProcessTests.noop(checkpoint: path),
    ])
    #expect(reasons.first == "/nonexistent/c cannot be read: No such file or directory")
    #expect(reasons.last?.hasPrefix("\(path): the header says it has ") == true)
  }

  @Test func `an order whose key is not that of its configuration is refused`() throws {
    let (first, second) = (
      try TrainerProcessTests.noop(), try TrainerProcessTests.noop(["steps": 7])
    )
    var order = first
    order.key = second.key
    #expect(
      try reason(for: [order]) == [
        "the order's key \(second.key.hexadecimal.prefix(12))… is not that of its configuration, "
          + "\(first.key.hexadecimal.prefix(12))…"
      ])
  }

  @Test func `a checkpoint of another run is refused`() throws {
    var trainer = try ServedTrainer()
    _ = try trainer.next()
    trainer.send(.run(try TrainerProcessTests.regression(maxSteps: 3)))
    let messages = try trainer.untilEnd()
    let file = try #require(
      messages.compactMap { message in
        if case .checkpoint(_, _, let file) = message { file } else { nil }
      }.first)
    trainer.send(.run(try TrainerProcessTests.regression(["seed": 1], checkpoint: file)))
    guard case .failed(_, let reason) = try trainer.untilEnd().last else {
      Issue.record("the run was not refused")
      return
    }
    #expect(reason == "checkpoint: it belongs to another run")
    trainer.endInput()
  }

  @Test func `a run that needs more memory than there is is refused before it takes any`() throws {
    let large = try TrainerProcessTests.regression([
      "input_dimension": 4096, "hidden_units": 65536, "train_examples": 65536,
      "test_loss": "sample", "test_examples": 1_000_000,
    ])
    let direct = try TrainerProcessTests.regression(["engine": "direct", "hidden_units": 100])
    let reasons = try reason(
      for: [large, try TrainerProcessTests.regression(), direct], memoryBytes: 1000)
    // In numbers, P·D = N·D = 2²⁸, T·D = 4,096,000,000, D² = 2²⁴. The most is held while test_x is copied:
    // the draws and M in doubles, 8 (2²⁸ + 2²⁸ + 4,096,000,000 + 2²⁴) = 37,197,185,024; M, x and test_x in
    // doubles, too, 8 (2²⁴ + 2²⁸ + 4,096,000,000) = 35,049,701,376, because a run in float32 may have to be
    // computed again in float64; test_x once more as a list,
    // 32,768,000,000.
    //
    // Small: P·D = 160, D² = 64. The most is held while the kernel is measured: x, its panels, M and six matrices of
    // its shape, 8 (2 · 160 + 7 · 64) = 6144; two matrices of 20² and one of 20 · 8, 8 (800 + 160) = 7680.
    //
    // Direct: N·D = 800, a hidden layer of 20 · 100. Likewise: Wᵀ, its initial value and its gradient, x, the hidden
    // layer and two moments, 8 (2400 + 160 + 2000 + 2 · 64) = 37,504; two matrices of 20² and the hidden layer five
    // times, 8 (800 + 10,000) = 86,400.
    #expect(
      reasons == [
        "the run needs 105014886400 bytes of memory, 1000 bytes are available; "
          + "choose smaller sizes",
        "the run needs 13824 bytes of memory, 1000 bytes are available; choose smaller sizes",
        "the run needs 123904 bytes of memory, 1000 bytes are available; choose smaller sizes",
      ])
  }
}
