import Experiments
import Networks

// Where a measurement takes as long as many a step, not every state is measured. A threshold that is passed between two
// measured states is looked for in that interval alone, by going through it once more.
extension TrainingRun {
  /// A state that was measured, from which the present one came.
  ///
  /// Weights and moments alone: an engine's room to work in is many times as large, and one is enough.
  struct Measured: Sendable {
    var state: [Tensor]
    var progress: RunProgress
  }

  /// One optimiser step, and a measurement if one is due.
  ///
  /// The last step that was asked for is measured, too. If none was due there, a run that goes on later starts from the one
  /// before: what is found here would otherwise be a crossing or not depending on what was asked for first.
  mutating func takeStep() {
    let next = progress.step + 1
    let isMeasured = schedule.isDue(step: next) || next >= request.maxSteps
    if !isMeasured, measured == nil {
      var present = progress
      present.crossings = watch.crossings
      measured = Measured(state: engine.state(), progress: present)
    }
    engine.descend()
    progress.step = next
    guard isMeasured else { return engine.prepare() }
    observe(engine.evaluate())
    if schedule.isDue(step: next) { measured = nil }
  }

  /// Notes which thresholds the present measurement has passed, and at which step it was.
  mutating func noteCrossings() {
    guard let measured else { return watch.take(progress.latest, at: progress.step) }
    var passed = watch.passed(by: progress.latest)
    guard !passed.isEmpty else { return }
    let present = engine.state()
    goBack(to: measured.state)
    engine.prepare()
    var step = measured.progress.step
    while !passed.isEmpty, step < progress.step {
      engine.descend()
      step += 1
      let losses = engine.evaluate()
      passed.take(engine.measurement(losses), at: step)
    }
    watch.adopt(passed)
    // All the way through, it has come to the present state by itself.
    guard step < progress.step else { return }
    goBack(to: present)
    _ = engine.evaluate()
  }

  private mutating func goBack(to state: [Tensor]) {
    do {
      try engine.restore(Safetensors(tensors: state))
    } catch {
      preconditionFailure("the engine's own state cannot be taken up: \(error)")
    }
  }
}

extension TrainingEngine {
  /// What is known of the state that was evaluated last.
  ///
  /// - Parameter losses: what `evaluate()` returned.
  /// - Returns: losses and accuracies; what is not finite is nil, and so are the accuracies beside it.
  func measurement(_ losses: (train: Double, test: Double)) -> Measurement {
    let isFinite = losses.train.isFinite && losses.test.isFinite
    let accuracies = isFinite ? accuracies : nil
    return Measurement(
      trainLoss: losses.train.isFinite ? losses.train : nil,
      testLoss: losses.test.isFinite ? losses.test : nil,
      trainAccuracy: accuracies?.train, testAccuracy: accuracies?.test)
  }
}
