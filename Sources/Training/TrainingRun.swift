public import Experiments
public import Networks
public import OrderedCollections

/// One run of an experiment, advanced in slices: a value without clock, files or threads.
///
/// The caller advances it until it is finished, and passes on the records that each slice gives. The same
/// configuration and request give the same records on one machine, however the run is sliced, stopped and continued. Asked for
/// more after its end near a threshold was computed again, it goes on from that second pass, in float64.
public struct TrainingRun: Sendable {
  /// What a slice came to.
  public struct Slice: Sendable {
    /// The records that fell due, in the order of their steps.
    public var records: [RunRecord]
    /// The step of the last record that fell due and is held back; nil if there was none.
    public var heldBackThrough: Int?
    /// What is known of the run if it has ended.
    public var finished: RunSummary?
  }

  public let configuration: Configuration
  public let request: Request
  var engine: any TrainingEngine
  let schedule: EvaluationSchedule
  private let convergence: ConvergenceRule
  /// What a checkpoint holds besides for others to read: the examples' split.
  private let constants: [Tensor]
  /// What a second pass reads again; empty where there will be none.
  let files: OrderedDictionary<String, RunInput>
  var progress: RunProgress
  var watch: CrossingWatch
  var stopped: StopReason?
  /// What fell due and has not been given to the caller.
  var records: [RunRecord] = []
  /// The state that was measured last, if the present one has not been.
  var measured: Measured?

  /// Optimiser steps done in the state that `checkpoint()` saves: the one that was measured last.
  public var step: Int { measured?.progress.step ?? progress.step }

  /// Sets up a run at step 0, or where a checkpoint was made.
  ///
  /// - Parameters:
  ///   - configuration: complete and checked, as the catalogue makes it.
  ///   - files: the contents of the input files, by the name of their parameter.
  ///   - request: how far to go.
  ///   - checkpoint: a checkpoint of the same configuration; one that has not watched for all thresholds is left.
  /// - Throws: `TrainingError` if a file or the checkpoint does not belong to the run.
  public init(
    _ configuration: Configuration, files: OrderedDictionary<String, RunInput> = [:],
    request: Request, checkpoint: Safetensors? = nil
  ) throws(TrainingError) {
    self.configuration = configuration
    self.request = request
    let thresholds = Self.thresholds(of: request)
    var checkpoint = checkpoint
    var known: RunProgress?
    if let given = checkpoint {
      known = try RunProgress(given, of: configuration)
      // More is asked for by now than it has watched for: the run begins anew.
      if known?.hasWatched(for: thresholds) == false { (checkpoint, known) = (nil, nil) }
    }
    progress =
      known
      ?? RunProgress(
        crossings: Crossings(recording: thresholds), initial: Measurement(), latest: Measurement(),
        pass: Self.mayBeRepeated(configuration, thresholds) ? .first : nil)
    let made = try ExperimentEngine.make(
      for: progress.pass == .second ? Self.inFloat64(configuration) : configuration, files: files)
    (engine, schedule, convergence) = (made.engine, made.schedule, made.convergence)
    constants = made.constants
    self.files = progress.pass == .first ? files : [:]
    watch = CrossingWatch(progress.crossings)
    if let checkpoint {
      try progress.checkIsWithin(request)
      do {
        try engine.restore(checkpoint)
      } catch {
        throw TrainingError("checkpoint: \(error)")
      }
      records = progress.heldBack ?? []
      progress.heldBack = nil
      _ = engine.evaluate()
      stopped = reasonToStop()
      if stopped != nil {
        record()
        repeatIfNearThreshold()
      }
    } else {
      observe(engine.evaluate())
    }
  }

  /// The memory that a run takes at its peak, in bytes: an estimate that is neither far below nor above.
  ///
  /// - Parameters:
  ///   - configuration: complete and checked, as the catalogue makes it.
  ///   - files: the contents of the input files, by the name of their parameter.
  /// - Returns: with `image-mlp` and no files that for MNIST's.
  /// - Throws: `TrainingError` if the configuration lacks a size.
  public static func bytesNeeded(
    for configuration: Configuration, files: OrderedDictionary<String, RunInput> = [:]
  ) throws(TrainingError) -> Int {
    try ExperimentEngine.bytesNeeded(for: configuration, files: files)
  }

  /// Checks input files before the runs that are to read them.
  ///
  /// - Parameters:
  ///   - files: the contents of the input files, by the name of their parameter.
  ///   - configurations: the runs, of one experiment.
  /// - Throws: `TrainingError` if a file does not fit one of the runs.
  public static func check(
    _ files: OrderedDictionary<String, RunInput>, for configurations: [Configuration]
  ) throws(TrainingError) {
    try ExperimentEngine.check(files, for: configurations)
  }

  /// Checks that a run can go on from a checkpoint, as far as its header tells.
  ///
  /// - Parameters:
  ///   - checkpoint: the file.
  ///   - configuration: the run's.
  ///   - request: how far it is to go.
  /// - Throws: `TrainingError` if the file is no checkpoint, one of another run, or of a step beyond.
  public static func check(
    _ checkpoint: Safetensors, of configuration: Configuration, for request: Request
  ) throws(TrainingError) {
    let progress = try RunProgress(checkpoint, of: configuration)
    // Otherwise the run begins anew.
    if progress.hasWatched(for: thresholds(of: request)) { try progress.checkIsWithin(request) }
  }

  /// All that have to be watched for.
  private static func thresholds(of request: Request) -> Thresholds {
    request.thresholds.union(request.criterion?.thresholds ?? Thresholds())
  }

  /// Takes at most `steps` optimiser steps.
  ///
  /// - Returns: the records that fell due since the last call, and the summary if the run has ended.
  public mutating func advance(steps: Int) -> Slice {
    let known = records.count
    var left = steps
    while stopped == nil, left > 0 {
      left -= 1
      takeStep()
    }
    guard stopped != nil || progress.pass != .first else {
      return Slice(
        records: [], heldBackThrough: records.count > known ? records.last?.step : nil)
    }
    defer { records = [] }
    return Slice(
      records: records,
      finished: stopped.map { reason in
        RunSummary(
          steps: progress.step, stopped: reason, crossings: watch.crossings,
          convergedAt: progress.convergedAt, initial: progress.initial, final: progress.latest,
          isRecomputedInFloat64: progress.pass == .second)
      })
  }

  /// All that a later run needs to go on from here, to the bit.
  public func checkpoint() -> Safetensors {
    var saved = progress
    saved.crossings = watch.crossings
    if let measured { saved = measured.progress }
    let heldBack = records.filter { $0.step <= saved.step }
    if saved.pass == .first, !heldBack.isEmpty { saved.heldBack = heldBack }
    return saved.checkpoint(
      of: configuration, state: (measured?.state ?? engine.state()) + constants)
  }

  mutating func observe(_ losses: (train: Double, test: Double)) {
    let isFinite = losses.train.isFinite && losses.test.isFinite
    progress.latest = engine.measurement(losses)
    if progress.step == 0 { progress.initial = progress.latest }
    noteCrossings()
    if isFinite {
      noteConvergence(losses)
      stopped = reasonToStop()
    } else {
      stopped = .diverged
    }
    if stopped != nil || RecordSchedule.isDue(step: progress.step) { record() }
    repeatIfNearThreshold()
  }

  private mutating func record() {
    var record = RunRecord(step: progress.step, measurement: progress.latest)
    let isPowerOfFour =
      progress.step & (progress.step - 1) == 0
      && progress.step.trailingZeroBitCount.isMultiple(of: 2)
    let isLandmark = stopped != nil || progress.step == 0 || isPowerOfFour
    var observables = engine.observables()
    if isLandmark { observables.merge(engine.costlyObservables()) { $1 } }
    if progress.step == 0 { observables.merge(engine.initialObservables()) { $1 } }
    for (name, value) in observables {
      record.observables.updateValue(value.isFinite ? value : nil, forKey: name)
    }
    records.append(record)
  }

  private mutating func noteConvergence(_ losses: (train: Double, test: Double)) {
    guard progress.convergedAt == nil else { return }
    let holds =
      switch convergence {
      case .never: false
      case .steps(let steps): progress.step >= steps
      case .lossesStandStill:
        progress.window.take(
          trainLoss: losses.train, testLoss: losses.test,
          initialTestLoss: progress.initial.testLoss ?? losses.test)
      }
    if holds { progress.convergedAt = progress.step }
  }

  /// Why the run ends at its present step, or nil; the order is that of `Request.end(of:)`.
  private func reasonToStop() -> StopReason? {
    if request.criterion?.reached(in: watch.crossings) != nil { return .criterion }
    if request.stopsWhenConverged, progress.convergedAt != nil { return .converged }
    return progress.step >= request.maxSteps ? .stepLimit : nil
  }
}
