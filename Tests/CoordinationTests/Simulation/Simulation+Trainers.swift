import Coordination
import Experiments

extension Simulation {
  mutating func begin(
    _ worker: Int, _ instance: Int, _ slot: Int, _ order: RunOrder, _ checkpoint: [UInt8]?
  ) {
    var first = 0
    // A process of its own number: moves that are under way belong to the run before.
    let process = nextProcess
    nextProcess += 1
    if let checkpoint {
      guard let state = SimulatedScience.State(checkpoint), state.run == order.key.abbreviation
      else { return violations.append("a run was continued from what is no checkpoint of it") }
      store.origins[process] = SimulatedStore.Origin(
        computation: state.computation, step: state.step)
      first = state.step + SimulatedScience.recordInterval
    }
    guard let trainer = workers[worker]?.trainers[slot], trainer.order == nil else {
      return violations.append("a run was given to a slot that cannot take it")
    }
    begun[order.key, default: 0] += 1
    workers[worker]?.trainers[slot] = SimulatedWorker.Trainer(
      process: process, order: order, first: first, step: first)
    schedule(
      .trainerMoves(worker: worker, instance: instance, slot: slot, process: process),
      after: generator.milliseconds(1...50))
  }

  /// A trainer computes up to its next record, or comes to grief.
  mutating func moveTrainer(_ worker: Int, _ instance: Int, _ slot: Int, _ process: Int) {
    guard let running = workers[worker], running.instance == instance,
      let trainer = running.trainers[slot], trainer.process == process, let order = trainer.order
    else { return }
    let again = Happening.trainerMoves(
      worker: worker, instance: instance, slot: slot, process: process)
    guard running.machine.acceptsTrainerOutput else {
      return schedule(again, after: .milliseconds(50))
    }
    if plan.sickHosts.contains(plan.hosts[worker]) {
      return fail(worker, slot, generator.chance(0.5) ? .fails : .exits)
    }
    if let sickness = plan.sickRuns[order.key], trainer.step > 0 {
      return fail(worker, slot, sickness)
    }
    if generator.chance(trainerTrouble) {
      return fail(
        worker, slot, [.fails, .exits, .hangs, nil].randomElement(using: &generator) ?? nil)
    }
    advance(trainer, order, worker, slot, again)
  }

  private mutating func advance(
    _ trainer: SimulatedWorker.Trainer, _ order: RunOrder, _ worker: Int, _ slot: Int,
    _ again: Happening
  ) {
    func say(_ message: TrainerMessage) { tell(worker, .trainerSaid(slot: slot, message)) }
    let configuration = order.configuration
    let end = SimulatedScience.end(of: configuration, order.request)
    if trainer.step <= end {
      say(
        .record(
          order.key,
          SimulatedScience.record(
            of: configuration, step: trainer.step, computation: trainer.process)))
      let isDue = trainer.step % SimulatedScience.checkpointInterval == 0 || trainer.step == end
      if trainer.step > 0, isDue {
        let saved = checkpoint(of: trainer, order, at: trainer.step)
        say(saved)
      }
    }
    guard workers[worker]?.trainers[slot]?.process == trainer.process,
      let slowness = workers[worker]?.slowness
    else { return }
    guard trainer.step >= end else {
      workers[worker]?.trainers[slot]?.step += SimulatedScience.recordInterval
      return schedule(again, after: generator.milliseconds(1...(10 * slowness)))
    }
    workers[worker]?.trainers[slot]?.order = nil
    say(.finished(order.key, SimulatedScience.summary(of: configuration, order.request)))
  }

  private mutating func checkpoint(
    of trainer: SimulatedWorker.Trainer, _ order: RunOrder, at step: Int
  ) -> TrainerMessage {
    if generator.chance(storeTrouble / 2) {
      return .checkpointFailed(order.key, step: step, problem: "the disk is full")
    }
    let state = SimulatedScience.State(run: order.key, step: step, computation: trainer.process)
    return .checkpoint(order.key, step: step, file: String(decoding: state.bytes, as: UTF8.self))
  }

  /// A trainer that is asked to save does so, if it has something to save and still listens.
  mutating func save(_ worker: Int, _ slot: Int) {
    guard let running = workers[worker], let trainer = running.trainers[slot],
      let order = trainer.order, !trainer.isBroken, trainer.first < trainer.step
    else { return }
    let step = trainer.step - SimulatedScience.recordInterval
    let saved = checkpoint(of: trainer, order, at: step)
    schedule(
      .workerEvent(
        worker: worker, instance: running.instance,
        .trainerSaid(slot: slot, saved)),
      after: .microseconds(1))
  }

  /// A trainer fails in one of these ways, or says what makes no sense.
  private mutating func fail(
    _ worker: Int, _ slot: Int, _ sickness: SimulationPlan.Sickness?
  ) {
    guard let order = workers[worker]?.trainers[slot]?.order else { return }
    switch sickness {
    case .fails:
      workers[worker]?.trainers[slot]?.order = nil
      tell(worker, .trainerSaid(slot: slot, .failed(order.key, reason: "bad luck")))
    case .exits:
      workers[worker]?.trainers[slot] = nil
      tell(worker, .trainerExited(slot: slot, status: 139))
    case .hangs: workers[worker]?.trainers[slot]?.isBroken = true
    case .killsWorker: killWorker(worker, restartAfter: generator.milliseconds(100...3000))
    case nil:
      workers[worker]?.trainers[slot]?.isBroken = true
      tell(worker, .trainerMisspoke(slot: slot, problem: "gibberish"))
    }
  }
}
