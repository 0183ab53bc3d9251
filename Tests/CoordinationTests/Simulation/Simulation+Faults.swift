import Coordination
import Experiments

extension Simulation {
  /// All that is out of order is put in order; sick runs and sick nodes stay sick.
  mutating func beginCalm() {
    isCalm = true
    (loss, duplication, storeTrouble, trainerTrouble, commitDeaths) = (0, 0, 0, 0, 0)
    delayMax = min(delayMax, 30)
    diskFullUntil = nil
    for worker in machines.indices {
      machines[worker].towardsHeadBlockedUntil = nil
      machines[worker].fromHeadBlockedUntil = nil
    }
    calmUser()
    if coordinator == nil { schedule(.coordinatorStarts, after: .milliseconds(10)) }
    for worker in workers.indices where workers[worker] == nil {
      schedule(.workerStarts(worker), after: plan.startsAfter[worker])
    }
  }

  mutating func strike(_ fault: SimulationPlan.Fault) {
    switch fault {
    case .coordinatorDies(let restartAfter): killCoordinator(restartAfter: restartAfter)
    case .workerDies(let worker, let restartAfter): killWorker(worker, restartAfter: restartAfter)
    case .partition(let worker, towardsHead: true, let length):
      machines[worker].towardsHeadBlockedUntil = now + length
    case .partition(let worker, towardsHead: false, let length):
      machines[worker].fromHeadBlockedUntil = now + length
    case .workerSleeps(let worker, let length, let clockStands):
      machines[worker].sleep(from: now, length, clockStands: clockStands)
    case .headSleeps(let length, let clockStands):
      head.sleep(from: now, length, clockStands: clockStands)
    case .diskFills(let length): diskFullUntil = now + length
    }
  }

  mutating func killCoordinator(restartAfter: Duration) {
    guard coordinator != nil else { return }
    coordinator = nil
    coordinatorInstance += 1
    coordinatorTimerAt = nil
    schedule(.coordinatorStarts, after: restartAfter)
  }

  mutating func killWorker(_ worker: Int, restartAfter: Duration) {
    guard let process = workers[worker] else { return }
    routes[process.routing] = nil
    workers[worker] = nil
    schedule(.workerStarts(worker), after: restartAfter)
  }
}
