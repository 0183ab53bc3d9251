import Coordination
import Experiments

extension Simulation {
  mutating func startWorker(_ worker: Int) {
    guard workers[worker] == nil else { return }
    var process = SimulatedWorker(
      id: WorkerID("w\(worker)"), instance: nextInstance,
      slots: Int.random(in: 1...3, using: &generator),
      slowness: [1, 20, 100].randomElement(using: &generator) ?? 1,
      kept: keptReports[worker] ?? [], at: now)
    nextInstance += 1
    process.routing = freshRouting()
    workers[worker] = process
    tell(worker, .started)
  }

  private mutating func freshRouting() -> RoutingID {
    defer { nextSocket += 1 }
    return RoutingID(Array("\(nextSocket)".utf8))
  }

  mutating func tell(_ worker: Int, _ event: Worker.Event) {
    guard var machine = workers[worker]?.machine, let instance = workers[worker]?.instance else {
      return
    }
    let effects = machine.handle(event, at: now)
    workers[worker]?.machine = machine
    if let deadline = machine.nextDeadline,
      workers[worker]?.timerAt.map({ deadline < $0 }) ?? true
    {
      workers[worker]?.timerAt = deadline
      schedule(
        .workerTimer(worker: worker, instance: instance),
        after: max(deadline - now, .microseconds(100)))
    }
    for effect in effects { perform(effect, of: worker, instance) }
  }

  private mutating func perform(_ effect: Worker.Effect, of worker: Int, _ instance: Int) {
    func soon(_ event: Worker.Event, _ delay: Duration) {
      schedule(.workerEvent(worker: worker, instance: instance, event), after: delay)
    }
    switch effect {
    case .send(let message): sendToCoordinator(message, worker)
    case .openFreshSocket:
      let routing = freshRouting()
      workers[worker]?.routing = routing
      soon(.connected, .milliseconds(1))
    case .startTrainer(let slot):
      workers[worker]?.trainers[slot] = SimulatedWorker.Trainer(process: nextProcess)
      nextProcess += 1
      soon(
        .trainerSaid(slot: slot, .ready(trainer: "simulated", experiments: [])),
        generator.milliseconds(1...200))
    case .run(let slot, let order, let checkpoint): begin(worker, instance, slot, order, checkpoint)
    case .tell(let slot, .cancel):
      workers[worker]?.trainers[slot]?.order = nil
    case .tell: break
    case .killTrainer(let slot):
      workers[worker]?.trainers[slot] = nil
      soon(.trainerExited(slot: slot, status: 137), generator.milliseconds(1...50))
    case .readCheckpoint(let slot, let step, let file):
      soon(
        .checkpointRead(slot: slot, step: step, bytes: Array(file.utf8)),
        // In the order in which they were asked for, as a shell that reads at once keeps it.
        .milliseconds(3))
    case .keep(let reports): keptReports[worker, default: []] += reports
    case .forgetKept: keptReports[worker] = []
    case .tellUser: break
    case .finished(let outcome): violations.append("a worker ended: \(outcome)")
    }
  }

  private mutating func begin(
    _ worker: Int, _ instance: Int, _ slot: Int, _ order: RunOrder, _ checkpoint: [UInt8]?
  ) {
    var first = 0
    if let checkpoint {
      guard let step = SimulatedScience.step(of: checkpoint, order.key) else {
        return violations.append("a run was continued from what is no checkpoint of it")
      }
      first = step + SimulatedScience.recordInterval
    }
    guard var trainer = workers[worker]?.trainers[slot] else {
      return violations.append("a run was given to a slot without a trainer")
    }
    // A process of its own number: moves that are under way belong to the run before.
    trainer = SimulatedWorker.Trainer(process: nextProcess, order: order, step: first)
    nextProcess += 1
    workers[worker]?.trainers[slot] = trainer
    schedule(
      .trainerMoves(worker: worker, instance: instance, slot: slot, process: trainer.process),
      after: generator.milliseconds(1...50))
  }

  /// A trainer computes up to its next record, or comes to grief.
  mutating func moveTrainer(_ worker: Int, _ instance: Int, _ slot: Int, _ process: Int) {
    guard let running = workers[worker], running.instance == instance,
      let trainer = running.trainers[slot], trainer.process == process, let order = trainer.order
    else { return }
    func say(_ message: TrainerMessage) { tell(worker, .trainerSaid(slot: slot, message)) }
    let again = Happening.trainerMoves(
      worker: worker, instance: instance, slot: slot, process: process)
    guard running.machine.acceptsTrainerOutput else {
      return schedule(again, after: .milliseconds(50))
    }
    let configuration = order.configuration
    if SimulatedScience.isHopeless(configuration), trainer.step > 0 {
      workers[worker]?.trainers[slot]?.order = nil
      return say(.failed(order.key, reason: "hopeless"))
    }
    if generator.chance(trainerTrouble) { return fail(worker, slot) }
    if trainer.step <= SimulatedScience.steps(of: configuration) {
      say(.record(order.key, SimulatedScience.record(of: configuration, step: trainer.step)))
      if trainer.step > 0, trainer.step % SimulatedScience.checkpointInterval == 0 {
        let bytes = SimulatedScience.checkpoint(of: order.key, step: trainer.step)
        say(
          .checkpoint(
            order.key, step: trainer.step, file: String(decoding: bytes, as: UTF8.self)))
      }
    }
    guard workers[worker]?.trainers[slot]?.process == process else { return }
    guard trainer.step >= SimulatedScience.steps(of: configuration) else {
      workers[worker]?.trainers[slot]?.step += SimulatedScience.recordInterval
      return schedule(again, after: generator.milliseconds(1...(10 * running.slowness)))
    }
    workers[worker]?.trainers[slot]?.order = nil
    say(.finished(order.key, SimulatedScience.summary(of: configuration)))
  }

  private mutating func fail(_ worker: Int, _ slot: Int) {
    guard let order = workers[worker]?.trainers[slot]?.order else { return }
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      workers[worker]?.trainers[slot]?.order = nil
      tell(worker, .trainerSaid(slot: slot, .failed(order.key, reason: "bad luck")))
    case 1:
      workers[worker]?.trainers[slot] = nil
      tell(worker, .trainerExited(slot: slot, status: 139))
    case 2: tell(worker, .trainerMisspoke(slot: slot, problem: "gibberish"))
    default:
      // It hangs.
      break
    }
  }

  private mutating func sendToCoordinator(_ message: WorkerMessage, _ worker: Int) {
    guard let routing = workers[worker]?.routing else { return }
    if case .reports(let reports, _) = message.body {
      for report in reports { workers[worker]?.sent[report.sequence] = report }
    }
    var arriving = message
    if usesWire {
      do {
        arriving = try WireCodec.decodeWorkerMessage(WireCodec.encode(message))
      } catch {
        violations.append("\(error)")
      }
      if arriving != message { violations.append("the wire changed \(message) to \(arriving)") }
    }
    forEachDelivery { simulation, delay in
      simulation.schedule(.reachesCoordinator(arriving, routing), after: delay)
    }
  }

  /// Holds the coordinator to what it told a worker: everything up to here is durable.
  mutating func checkAcknowledged(_ message: CoordinatorMessage, _ worker: Int) {
    let through: Int
    switch message {
    case .acknowledged(let sequence): through = sequence
    case .heartbeatAnswer(let answer): through = answer.acknowledged
    default: return
    }
    guard let process = workers[worker], process.checkedThrough < through else { return }
    for sequence in (process.checkedThrough + 1)...through {
      guard let report = process.sent[sequence] else {
        violations.append("report \(sequence) was acknowledged and never sent")
        continue
      }
      if !store.holds(report) {
        violations.append("report \(sequence) was acknowledged and is not in the store")
      }
    }
    workers[worker]?.checkedThrough = through
    for sequence in (process.checkedThrough + 1)...through {
      workers[worker]?.sent[sequence] = nil
    }
  }
}
