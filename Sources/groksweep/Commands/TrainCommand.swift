import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import LinearAlgebra
import OrderedCollections
import PhaseMaps
import TrainerRuntime

/// `groksweep train`: one run in the foreground, or the trainer itself.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train one run in the foreground and draw its curves.",
    usage:
      "groksweep train <experiment> [--<parameter> <value> ...] [--max-steps <steps>] [--json]",
    discussion: """
      Every parameter of the experiment is an option; `groksweep describe EXPERIMENT` lists them.

        groksweep train polynomial-regression --alpha 2 --epsilon 0.1
        groksweep train polynomial-regression --data draws.safetensors --json

      With --checkpoints, Ctrl-C saves the run; the same command with --from FILE goes on from there.
      """)

  @Argument(
    parsing: .allUnrecognized,
    help: ArgumentHelp(
      "The experiment and its parameters, as in polynomial-regression --alpha 2.",
      valueName: "experiment and parameters"))
  var words: [String] = []

  @Option(
    name: [.customLong("max-steps"), .customLong("max_steps")],
    parsing: .unconditional,
    help: ArgumentHelp(
      "End after this many steps; 0: measure the initial state (default: the experiment's own limit).",
      valueName: "steps"))
  var maxSteps: Int?

  @Flag(
    help: ArgumentHelp(
      "Print what is run (key, parameters, engine), then the trainer's record, checkpoint, finished and failed lines, nothing else."
    ))
  var json = false

  @Option(
    name: .customLong("blas-kernels"),
    help: ArgumentHelp("Pin OpenBLAS's kernels, as in haswell.", valueName: "name"))
  var blasKernels: String?

  @Option(
    help: ArgumentHelp(
      "Keep checkpoints in this folder (default: they are removed at the end).",
      valueName: "folder"))
  var checkpoints: String?

  @Option(
    help: ArgumentHelp("Go on from a checkpoint of the same run.", valueName: "file"))
  var from: String?

  @Flag(help: ArgumentHelp("Serve runs from standard input.", visibility: .hidden))
  var serve = false

  @Flag(help: ArgumentHelp("Print the name of the products' kernels.", visibility: .hidden))
  var kernels = false

  func validate() throws {
    if let maxSteps, !(0...Request.maxStepsLimit).contains(maxSteps) {
      throw ValidationError(
        "--max-steps: expected a whole number from 0 to 1e12, found \(maxSteps)")
    }
  }

  func run() throws {
    if kernels {
      tryProductKernels()
      return try Console.print(productKernelName())
    }
    if serve {
      let status = TrainerProcess.serve()
      guard status == 0 else { throw ExitCode(status) }
      return
    }
    try train()
  }

  private func train() throws {
    let given = try TrainArguments(words)
    let request = Request(
      maxSteps: maxSteps ?? given.definition.maxSteps,
      stopsWhenConverged: given.definition.convergenceRule != nil,
      thresholds: given.definition.thresholds)
    let configuration = try given.configuration()
    if let from {
      try InputFile.checkCheckpoint(
        at: from, of: configuration, for: request, named: "--from")
    }
    let order = RunOrder(
      configuration: configuration, files: given.files, request: request,
      checkpoint: from.map { URL(fileURLWithPath: $0).standardizedFileURL.path })
    let signals = try SignalInbox()
    if let blasKernels { _ = try BLASKernels.measured(pinning: blasKernels) }
    let temporary = try checkpoints == nil ? PrivateFolder() : nil
    let trainer = try ForegroundTrainer(
      Executable.trainerCommand,
      environment: BLASKernels.environment(pinning: blasKernels),
      folder: checkpoints ?? temporary?.path ?? ".", signals: signals)
    if json {
      try Console.print(String(decoding: TrainerLine.encode(.run(order)), as: UTF8.self))
    }
    var view = TrainView(order, isJSON: json, keepsCheckpoints: checkpoints != nil)
    let ending = try trainer.run(
      order, savesWhenStopped: checkpoints != nil,
      onMessage: { message throws(RuntimeFailure) in try view.show(message) },
      onLog: { Console.note($0) })
    try view.conclude(ending)
  }
}

/// What a foreground run shows while it goes on and at its end.
struct TrainView {
  private let order: RunOrder
  private let isJSON: Bool
  /// Whether the checkpoints are still there after the command.
  private let keepsCheckpoints: Bool
  private let showsProgress: Bool
  private var points: [TerminalCurve.Point] = []
  /// The last checkpoint that is still there after the command.
  private var saved: (step: Int, file: String)?

  init(_ order: RunOrder, isJSON: Bool, keepsCheckpoints: Bool) {
    self.order = order
    self.isJSON = isJSON
    self.keepsCheckpoints = keepsCheckpoints
    showsProgress = !isJSON && isatty(STDERR_FILENO) == 1
  }

  mutating func show(_ message: TrainerMessage) throws(RuntimeFailure) {
    if case .progress(_, let step) = message {
      if showsProgress { Console.show("\r\u{1B}[Kstep \(step)") }
      return
    }
    if keepsCheckpoints, case .checkpoint(_, let step, let file) = message {
      saved = (step, file)
    }
    if keepsCheckpoints, case .checkpointFailed(_, let step, let problem) = message {
      Console.note("step \(step) is not saved: \(problem)")
    }
    if isJSON {
      if case .ready = message { return }
      return try Console.print(
        String(decoding: TrainerLine.encode(lasting(message)), as: UTF8.self))
    }
    guard case .record(_, let record) = message else { return }
    let losses = record.measurement
    points.append(
      TerminalCurve.Point(
        step: record.step, trainLoss: losses.trainLoss, testLoss: losses.testLoss))
    guard showsProgress else { return }
    func text(_ value: Double?) -> String { value.map { String(format: "%.3g", $0) } ?? "–" }
    Console.show(
      "\r\u{1B}[Kstep \(record.step): train loss \(text(losses.trainLoss)), "
        + "test loss \(text(losses.testLoss))")
  }

  /// The message without the path of a folder that is private and goes with the command: the same
  /// configuration prints the same bytes.
  private func lasting(_ message: TrainerMessage) -> TrainerMessage {
    guard !keepsCheckpoints, case .checkpoint(let key, let step, let file) = message else {
      return message
    }
    return .checkpoint(key, step: step, file: URL(fileURLWithPath: file).lastPathComponent)
  }

  /// Draws the curves and prints the summary; a run without result ends the command with code 1.
  func conclude(_ ending: ForegroundTrainer.Ending) throws {
    if showsProgress { Console.show("\r\u{1B}[K") }
    switch ending {
    case .interrupted:
      let continuation = saved.map { "; --from \($0.file) goes on from step \($0.step)" }
      Console.error("interrupted" + (continuation ?? ""))
      throw ExitCode.interrupted
    case .failed(let reason):
      Console.error("the run failed: \(reason)")
      throw ExitCode.someRunsFailed
    case .finished(let summary):
      guard !isJSON else { return }
      try Console.write(TerminalCurve(points).text(width: min(TerminalWidth.columns, 110)))
      try Console.print("run \(order.key.abbreviation)\(engine)")
      for line in RunReport.result(summary) + delays(summary) { try Console.print(line) }
    }
  }

  /// Which engine the run was given to, where there are several.
  private var engine: String {
    let parameters = order.configuration.parameters
    guard let engine = parameters["engine"], let precision = parameters["precision"] else {
      return ""
    }
    return ", by the \(engine) engine in \(precision)"
  }

  /// Time to grok at each recorded threshold that the train set crossed.
  private func delays(_ summary: RunSummary) -> [String] {
    let thresholds = order.request.thresholds
    func lines(_ measure: GrokkedRule.Measure, _ thresholds: [ExactDecimal]) -> [String] {
      thresholds.compactMap {
        delay(summary, GrokkedRule(measure: measure, train: $0, test: $0))
      }
    }
    return lines(.loss, thresholds.loss) + lines(.accuracy, thresholds.accuracy)
  }

  private func delay(_ summary: RunSummary, _ rule: GrokkedRule) -> String? {
    guard let train = summary.crossings.step(rule.trainSeries, rule.train) else { return nil }
    let place = rule.measure == .loss ? "\(rule.test)" : "accuracy \(rule.test)"
    guard let test = summary.crossings.step(rule.testSeries, rule.test) else {
      let time = "time to grok at \(place): "
      return summary.stopped == .converged
        ? time + "never, the losses no longer moved"
        : time + "not within \(summary.steps - train) steps after fitting"
    }
    return "time to grok at \(place): \(max(0, test - train)) steps"
  }
}
