import Experiments
import OrderedCollections

extension Coordinator {
  /// Takes in what comes next in order; what is here already, or comes after a gap, is left.
  mutating func take(_ reports: [Report], of worker: WorkerID, at now: MonotonicInstant) {
    guard let (before, epoch) = change(worker, { ($0.received, $0.epoch) }) else { return }
    var received = before
    for report in reports where report.sequence > received {
      guard report.sequence == received + 1 else { break }
      received += 1
      take(report, of: worker, at: now)
    }
    change(worker) { $0.received = received }
    if received > before {
      journal.pending.acknowledgements[worker] = Journal.Acknowledgement(
        epoch: epoch, through: received)
    } else if let session = sessions[worker], session.acknowledged > 0 {
      effects.append(.send(.acknowledged(through: session.acknowledged), to: session.routing))
    }
  }

  private mutating func take(_ report: Report, of worker: WorkerID, at now: MonotonicInstant) {
    guard let run = runs.index(of: report.run) else {
      // A sweep that is submitted later must not count on what is acknowledged without effect.
      disowned.insert(report.lease)
      return
    }
    // Whatever has become of the run: it may be cancelled or given up, and be wanted again later.
    guard let attempt = runs.attempt(report.attempt, of: run),
      attempt.lease == report.lease, attempt.worker == worker
    else { return }
    let isCurrent =
      runs[run].phase == .leased(report.lease)
      && keep(report.lease, of: worker, run: report.run, at: now)
    switch report.content {
    case .records(let records):
      journal.pending.changes.append(.addRecords(report.run, attempt: attempt.number, records))
    case .checkpoint(let step, let bytes):
      if isCurrent {
        keepCheckpoint(of: run, attempt.number, step, bytes)
      } else {
        sessions[worker]?.lateState = LateState(lease: report.lease, step: step, bytes: bytes)
      }
    case .finished(let summary, let elapsed):
      finish(run, attempt, summary, elapsed, worker)
      keepLateState(of: run, attempt, summary, worker)
    case .failed(let reason, let exitStatus, let logTail):
      if isCurrent {
        end(report.lease, .failed(reason: reason, exitStatus: exitStatus, logTail: logTail))
      }
    case .refused(let input, let reason):
      if isCurrent { refuse(report.lease, of: run, input, reason, by: worker) }
    case .notContinued(let reason):
      if isCurrent { refuseContinuation(report.lease, reason, by: worker, at: now) }
    case .givenBack:
      guard isCurrent else { return }
      change(worker) { $0.isResting = true }
      noteReadiness(of: worker)
      end(report.lease, .withdrawn)
    }
  }

  private mutating func keepCheckpoint(of run: Int, _ attempt: Int, _ step: Int, _ bytes: [UInt8]) {
    if let known = runs[run].checkpoint, known.parent == attempt, known.step >= step { return }
    runs.update(run) { $0.checkpoint = Continuation(parent: attempt, step: step) }
    journal.pending.changes.append(
      .addCheckpoint(runs[run].key, attempt: attempt, step: step, bytes))
  }

  /// A result: from any attempt while the run is open, because it depends on the configuration alone.
  private mutating func finish(
    _ run: Int, _ attempt: RunTable.KnownAttempt, _ summary: RunSummary, _ elapsed: Duration,
    _ worker: WorkerID
  ) {
    let request = runs.request(of: run)
    let isAnswer = request.isCovered(by: summary)
    let wasFinished = runs[run].phase == .finished
    guard isAnswer || !wasFinished else { return }
    if !isAnswer, let asked = attempt.request,
      !runs.request(numbered: asked).isCovered(by: summary)
    {
      if runs[run].phase == .leased(attempt.lease) {
        let reason =
          "the trainer ended after \(summary.steps) steps (\(summary.stopped.rawValue)), "
          + "which does not answer what it was asked for"
        end(attempt.lease, .failed(reason: reason, exitStatus: nil, logTail: ""))
      }
      return
    }
    let key = runs[run].key
    learn(run, attempt, summary, elapsed, worker)
    judge(run, computedBy: worker)
    if case .leased(let id) = runs[run].phase {
      if id == attempt.lease { _ = release(id) } else { withdraw(id) }
    }
    journal.pending.changes.append(.accept(key, attempt: attempt.number, summary))
    journal.pending.results.append((run, attempt.number))
    let wasOpen = runs.isOpen(run)
    let counting = wasOpen ? sweepsCounting(run) : []
    unsettled[run] = UnsettledResult(summary: summary, attempt: attempt.number)
    runs.forgetAttempts(of: run)
    dormant[run] = nil
    if isAnswer { noteShortness(summary, of: run) } else { shortResults[run] = summary }
    let checkpoint = endState(
      runs[run].checkpoint, of: attempt.number, summary, for: request)
    runs.update(run) { $0.checkpoint = checkpoint }
    let wasCancelled = runs[run].phase == .cancelled
    // A cancelled run that has been computed less far than was asked for stays what it is.
    guard isAnswer || !wasCancelled else { return }
    runs.setPhase(.finished, of: run)
    // A result for a shorter request is an end state, from which the run goes on.
    if !isAnswer {
      if wasOpen { wait(run) } else { revive(run) }
    }
    countEnd(of: run, for: counting.filter { isAnswered(run, sweeps[$0].request) })
  }

  /// The end state of a late result, from which a longer request goes on: it came before the result,
  /// when it did not count yet.
  private mutating func keepLateState(
    of run: Int, _ attempt: RunTable.KnownAttempt, _ summary: RunSummary, _ worker: WorkerID
  ) {
    guard let late = change(worker, { $0.lateState }) ?? nil, late.lease == attempt.lease else {
      return
    }
    sessions[worker]?.lateState = nil
    // A run that is asked for more waits already, to go on from there.
    let state = Continuation(parent: attempt.number, step: late.step)
    guard runs[run].phase == .finished || runs[run].phase == .waiting,
      unsettled[run]?.attempt == attempt.number, late.step == summary.steps,
      endState(state, of: attempt.number, summary, for: runs.request(of: run)) != nil
    else { return }
    keepCheckpoint(of: run, attempt.number, late.step, late.bytes)
  }

  /// The part of a run that says how long the whole takes.
  private static let tellingShare = 0.1

  private mutating func learn(
    _ run: Int, _ attempt: RunTable.KnownAttempt, _ summary: RunSummary, _ elapsed: Duration,
    _ worker: WorkerID
  ) {
    change(worker) { $0.learn(elapsed.inSeconds) }
    // Nobody has asked for it here: it does not tell how long what is asked for takes.
    guard runs[run].sweep != RunTable.State.noSweep else { return }
    let steps = Double(max(summary.steps - attempt.startStep, 1))
    let share = steps / Double(max(summary.steps, 1))
    // The last steps of a run take as long as its trainer takes to begin: they say nothing of the whole.
    guard share >= Self.tellingShare else { return }
    schedule.model.observe(
      runs.point(of: run), maxSteps: runs.request(of: run).maxSteps,
      seconds: elapsed.inSeconds / share)
  }
}
