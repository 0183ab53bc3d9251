import Coordination
import Experiments

extension Simulation {
  mutating func startWorker(_ worker: Int) {
    guard workers[worker] == nil else { return }
    let isFast = plan.kind == .onlySickNodes || workers.count > 100
    let speeds = isFast ? [1, 20] : [1, 20, 100, 1500]
    let identity = plan.identities[worker]
    var process = SimulatedWorker(
      id: WorkerID("w\(identity)"), host: "host-\(plan.hosts[worker])", instance: nextInstance,
      slots: Int.random(in: 1...3, using: &generator),
      slowness: speeds.randomElement(using: &generator) ?? 1, kept: keptReports[worker] ?? [],
      at: clock(worker))
    nextInstance += 1
    process.routing = freshRouting(worker)
    workers[worker] = process
    tell(worker, .started)
  }

  func clock(_ worker: Int) -> MonotonicInstant { now + (.zero - machines[worker].lag) }

  private mutating func freshRouting(_ worker: Int) -> RoutingID {
    let routing = RoutingID(Array("\(nextSocket)".utf8))
    nextSocket += 1
    routes[routing] = worker
    return routing
  }

  mutating func tell(_ worker: Int, _ event: Worker.Event) {
    let time = clock(worker)
    if case .keepFailed = event { workers[worker]?.isKeepFailing = false }
    guard let instance = workers[worker]?.instance,
      let effects = workers[worker]?.machine.handle(event, at: time)
    else { return }
    if let deadline = workers[worker]?.machine.nextDeadline,
      workers[worker]?.timerAt.map({ deadline < $0 }) ?? true
    {
      workers[worker]?.timerAt = deadline
      schedule(
        .workerTimer(worker: worker, instance: instance),
        after: max(deadline - time, .microseconds(100)))
    }
    for effect in effects {
      // It may have died of the one before.
      guard workers[worker]?.instance == instance else { return }
      perform(effect, of: worker, instance)
    }
  }

  private mutating func perform(_ effect: Worker.Effect, of worker: Int, _ instance: Int) {
    func soon(_ event: Worker.Event, _ delay: Duration) {
      schedule(.workerEvent(worker: worker, instance: instance, event), after: delay)
    }
    switch effect {
    case .send(let message): sendToCoordinator(message, worker)
    case .openFreshSocket:
      if let old = workers[worker]?.routing { routes[old] = nil }
      let routing = freshRouting(worker)
      workers[worker]?.routing = routing
      soon(.connected, .milliseconds(1))
    case .startTrainer(let slot):
      workers[worker]?.trainers[slot] = SimulatedWorker.Trainer(process: nextProcess)
      nextProcess += 1
      soon(
        .trainerSaid(slot: slot, .ready(trainer: "simulated", experiments: [])),
        generator.milliseconds(1...200))
    case .run(let slot, _, .some) where generator.chance(storeTrouble / 2):
      soon(.notBegun(slot: slot, problem: "no room"), .milliseconds(1))
    case .run(let slot, let order, let checkpoint): begin(worker, instance, slot, order, checkpoint)
    case .tell(let slot, .cancel):
      workers[worker]?.trainers[slot]?.order = nil
    case .tell(let slot, .save): save(worker, slot)
    case .tell: break
    case .killTrainer(let slot):
      if let trainer = workers[worker]?.trainers[slot], trainer.order != nil, !trainer.isBroken,
        !user.terminated.contains(instance)
      {
        violations.append("a trainer was killed that did its work")
      }
      workers[worker]?.trainers[slot] = nil
      soon(.trainerExited(slot: slot, status: 137), generator.milliseconds(1...50))
    case .readCheckpoint(let slot, let step, let file):
      soon(
        .checkpointRead(slot: slot, step: step, bytes: Array(file.utf8)),
        // In the order in which they were asked for, as a shell that reads at once keeps it.
        .milliseconds(3))
    case .keep(let reports):
      if workers[worker]?.isKeepFailing == true { break }
      // A worker's disk is no better than the coordinator's.
      if let first = reports.first, generator.chance(storeTrouble) {
        workers[worker]?.isKeepFailing = true
        soon(.keepFailed(from: first.sequence), .milliseconds(1))
      } else {
        keptReports[worker, default: []] += reports
      }
    case .forgetKept: keptReports[worker] = []
    case .tellUser: break
    case .finished(let outcome): noteEnd(of: worker, outcome)
    }
  }

  private mutating func sendToCoordinator(_ message: WorkerMessage, _ worker: Int) {
    guard let routing = workers[worker]?.routing else { return }
    if case .reports(let reports, _) = message.body {
      for report in reports {
        workers[worker]?.sent[report.sequence] = report
        if case .failed = report.content {
          store.saidFailed[report.run, default: []].insert(report.attempt)
        }
      }
    }
    if let until = machines[worker].towardsHeadBlockedUntil, now < until { return }
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
        violations.append(
          "report \(sequence), \(report.content), of attempt \(report.attempt) at run "
            + "\(report.run.abbreviation) was acknowledged and is not in the store; "
            + store.description(of: report))
      }
      workers[worker]?.sent[sequence] = nil
    }
    workers[worker]?.checkedThrough = through
  }
}
