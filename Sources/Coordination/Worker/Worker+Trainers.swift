import Experiments
import OrderedCollections

extension Worker {
  mutating func start(_ slot: Int, at now: MonotonicInstant) {
    slots[slot].trainer = .starting(since: now)
    slots[slot].cancelled = []
    effects.append(.startTrainer(slot: slot))
  }

  /// Gives idle trainers the runs that wait.
  mutating func assignRuns(at now: MonotonicInstant) {
    guard course == .running, !queue.isEmpty else { return }
    var taken = 0
    for slot in slots.indices where slots[slot].isIdle && taken < queue.count {
      let delivered = queue[queue.startIndex + taken]
      let grant = delivered.grant
      let key = grant.run
      if slots[slot].cancelled.contains(key) {
        // Its last words on the cancelled run could not be told from those on this one.
        kill(slot)
        continue
      }
      taken += 1
      slots[slot].log = LogTail()
      slots[slot].trainer = .running(
        TrainerSlot.Running(lease: grant.lease, run: key, began: now, moved: now))
      let order = RunOrder(
        key: key, configuration: grant.configuration, files: grant.files, request: grant.request)
      effects.append(.run(slot: slot, order, checkpoint: delivered.checkpoint))
    }
    queue.removeFirst(taken)
  }

  /// A trainer did something; it waits for its turn behind a checkpoint file that is being read.
  mutating func notice(
    _ occurrence: TrainerSlot.Occurrence, in slot: Int, at now: MonotonicInstant
  ) {
    if let running = slots[slot].running, slots[slot].reads.contains(running.lease) {
      slots[slot].update { $0.heldBack.append(occurrence) }
    } else {
      take(occurrence, in: slot, at: now)
    }
  }

  private mutating func take(
    _ occurrence: TrainerSlot.Occurrence, in slot: Int, at now: MonotonicInstant
  ) {
    switch occurrence {
    case .said(.ready(let trainer, _)): ready(slot, trainer, at: now)
    case .said(let message): take(message, in: slot, at: now)
    case .misspoke(let problem):
      fail(slot, "the trainer said what is no message: \(problem)", nil, at: now)
      kill(slot)
    case .exited(let status): exited(slot, status, at: now)
    }
  }

  private mutating func ready(_ slot: Int, _ trainer: String, at now: MonotonicInstant) {
    guard case .starting = slots[slot].trainer else { return }
    slots[slot].trainer = .idle
    guard trainerName == nil else { return }
    trainerName = trainer
    lastWord = now
    sayHello(at: now)
  }

  private mutating func take(_ message: TrainerMessage, in slot: Int, at now: MonotonicInstant) {
    guard let running = slots[slot].running else { return }
    switch message {
    case .ready: break
    case .record(running.run, let record):
      guard let holding = holdings[running.lease] else { return }
      slots[slot].update { $0.move(to: record.step, at: now) }
      holdings[running.lease]?.step = record.step
      outbox.add(record, of: running.lease, holding, at: now)
    case .progress(running.run, let step):
      slots[slot].update { $0.move(to: step, at: now) }
      holdings[running.lease]?.step = step
    case .checkpoint(running.run, let step, let file):
      slots[slot].update { $0.move(to: step, at: now) }
      slots[slot].reads.append(running.lease)
      effects.append(.readCheckpoint(slot: slot, step: step, file: file))
    case .checkpointFailed(running.run, let step, let problem):
      slots[slot].update { $0.move(to: step, at: now) }
      if !running.isUnsaved {
        slots[slot].update { $0.isUnsaved = true }
        effects.append(.tellUser(Self.unsaved(running.run, step, problem)))
      }
      handBackIfStopping(slot, at: now)
    case .finished(running.run, let summary):
      slots[slot].exits = 0
      slots[slot].trainer = .idle
      conclude(running.lease, .finished(summary, elapsed: now - running.began), at: now)
    case .failed(running.run, let reason):
      fail(slot, reason, nil, at: now)
      slots[slot].trainer = .idle
    case .refused(running.run, let input, let reason):
      slots[slot].trainer = .idle
      conclude(running.lease, .refused(input: input, reason: reason), at: now)
    case .record, .progress, .checkpoint, .checkpointFailed, .finished, .failed, .refused:
      // Last words on a run that was cancelled.
      break
    }
  }

  private mutating func exited(_ slot: Int, _ status: Int?, at now: MonotonicInstant) {
    let ending = status.map { "the trainer ended with status \($0)" } ?? "the trainer ended"
    if slots[slot].running != nil {
      fail(slot, ending + " before its run did", status, at: now)
      // The run is to blame, and tries are counted for it: the next one need not wait for that.
      slots[slot].exits = 0
    }
    slots[slot].exits += 1
    guard mayStillStart(slot) else {
      return end(.noTrainer(ending + " before it was ready\n" + slots[slot].log.text))
    }
    let delay = slots[slot].restartDelay
    slots[slot].trainer = .absent(until: now + delay)
    if delay == .zero, course == .running { start(slot, at: now) }
  }

  mutating func didNotStart(_ slot: Int, _ problem: String, at now: MonotonicInstant) {
    slots[slot].exits += 1
    guard mayStillStart(slot) else { return end(.noTrainer(problem)) }
    slots[slot].trainer = .absent(until: now + max(.seconds(1), slots[slot].restartDelay))
  }

  /// Whether there is hope for a trainer in a slot, or there is one in another.
  ///
  /// Without any, the worker would hold runs for ever that it cannot compute: it ends, which hands them back. What has worked
  /// before is tried for a minute and a half, which outlasts a file system's pause.
  private func mayStillStart(_ slot: Int) -> Bool {
    slots[slot].exits < (trainerName == nil ? 5 : 9)
      || slots.contains { $0.isIdle || $0.running != nil }
  }

  /// Reports the failure of the run in a slot, if there is one; the trainer is the caller's business.
  private mutating func fail(
    _ slot: Int, _ reason: String, _ status: Int?, at now: MonotonicInstant
  ) {
    guard let running = slots[slot].running else { return }
    conclude(
      running.lease, .failed(reason: reason, exitStatus: status, logTail: slots[slot].log.text),
      at: now)
  }

  private mutating func kill(_ slot: Int) {
    // One that has started is killed for its run, whose tries are counted: it says nothing of whether the next will start.
    if slots[slot].isIdle || slots[slot].running != nil { slots[slot].exits = 0 }
    slots[slot].trainer = .ending
    effects.append(.killTrainer(slot: slot))
  }

  /// Stops what a slot computes; nothing is reported.
  mutating func cancel(_ slot: Int) {
    guard let running = slots[slot].running else { return }
    slots[slot].cancelled.insert(running.run)
    slots[slot].trainer = .idle
    effects.append(.tell(slot: slot, .cancel(running.run)))
    // An exit that was waiting for its turn would be forgotten with the run.
    for case .exited in running.heldBack { slots[slot].trainer = .absent(until: running.began) }
  }

  /// A checkpoint's bytes are here: they are reported, and what waited behind them is heard.
  mutating func read(_ slot: Int, _ step: Int, _ bytes: [UInt8], at now: MonotonicInstant) {
    guard !slots[slot].reads.isEmpty else { return }
    let lease = slots[slot].reads.removeFirst()
    if let running = slots[slot].running, running.lease == lease, let holding = holdings[lease] {
      if bytes.count <= WireCodec.checkpointBytesMax {
        _ = outbox.add(
          .checkpoint(step: step, bytes: bytes), of: lease, holding, isUrgent: false, at: now)
      } else if !running.hasTooLargeState {
        slots[slot].update { $0.hasTooLargeState = true }
        effects.append(.tellUser(Self.tooLarge(running.run, bytes.count)))
      }
      resume(slot, lease, at: now)
      if slots[slot].running?.lease == lease { handBackIfStopping(slot, at: now) }
    }
  }

  /// A run that has been saved, as far as it can be, is handed back when the worker is about to end.
  private mutating func handBackIfStopping(_ slot: Int, at now: MonotonicInstant) {
    guard case .stopping = course, let running = slots[slot].running else { return }
    cancel(slot)
    giveBack(running.lease, at: now)
  }

  /// The file that a run is to continue from could not be written, for which neither is to blame: another worker may do better,
  /// or this one later.
  mutating func notBegun(_ slot: Int, _ problem: String, at now: MonotonicInstant) {
    guard let running = slots[slot].running else { return }
    slots[slot].trainer = .idle
    conclude(running.lease, .notContinued(reason: problem), at: now)
  }

  private static func unsaved(_ run: RunKey, _ step: Int, _ problem: String) -> String {
    "step \(step) of run \(run.abbreviation) cannot be saved: \(problem); the run goes on, and if it is interrupted "
      + "it continues from where it was saved last"
  }

  private static func tooLarge(_ run: RunKey, _ byteCount: Int) -> String {
    "the state of run \(run.abbreviation) takes \(byteCount >> 20) MiB, and at most "
      + "\(WireCodec.checkpointBytesMax >> 20) MiB are kept: if it is interrupted or made longer, it begins anew"
  }

  mutating func unreadable(_ slot: Int, _ step: Int, _ problem: String, at now: MonotonicInstant) {
    guard !slots[slot].reads.isEmpty else { return }
    let lease = slots[slot].reads.removeFirst()
    effects.append(.tellUser("the checkpoint of step \(step) cannot be read: \(problem)"))
    resume(slot, lease, at: now)
  }

  private mutating func resume(_ slot: Int, _ lease: LeaseID, at now: MonotonicInstant) {
    while let running = slots[slot].running, running.lease == lease,
      !slots[slot].reads.contains(lease), let next = running.heldBack.first
    {
      slots[slot].update { $0.heldBack.removeFirst() }
      take(next, in: slot, at: now)
    }
  }

  /// Starts what is due, and kills what does not move.
  mutating func superviseTrainers(at now: MonotonicInstant) {
    guard course != .ended else { return }
    for slot in slots.indices {
      if outbox.isFull {
        // It waits for us: its pipe is not read.
        slots[slot].update { $0.moved = now }
      }
      guard let deadline = slots[slot].deadline(hungAfter: settings.hungAfter), deadline <= now
      else { continue }
      switch slots[slot].trainer {
      case .absent: if course == .running { start(slot, at: now) }
      case .starting: kill(slot)
      case .running(let running):
        let step = running.step.map { "at step \($0)" } ?? "before its first record"
        let seconds = (now - running.moved).components.seconds
        fail(slot, "the trainer hung \(step): not a word for \(seconds) s", nil, at: now)
        kill(slot)
      case .idle, .ending: break
      }
    }
  }
}
