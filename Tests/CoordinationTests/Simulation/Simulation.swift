import Coordination
import Experiments
import HeapModule

/// A cluster in which one seed decides everything: first faults, then calm.
struct Simulation {
  /// Something that is going to happen.
  enum Happening {
    case reachesCoordinator(WorkerMessage, RoutingID)
    case reachesWorker(CoordinatorMessage, RoutingID)
    case coordinatorTimer
    case workerTimer(worker: Int, instance: Int)
    case storeApplies(BatchID, [StoreChange], coordinator: Int)
    case storeReports(BatchID, committed: Bool, coordinator: Int)
    case workerEvent(worker: Int, instance: Int, Worker.Event)
    case trainerMoves(worker: Int, instance: Int, slot: Int, process: Int)
    case fault
    case coordinatorStarts
    case workerStarts(Int)
    case calmBegins
  }

  struct Scheduled: Comparable {
    var at: MonotonicInstant
    var number: Int
    var happening: Happening

    static func < (left: Self, right: Self) -> Bool {
      (left.at, left.number) < (right.at, right.number)
    }
    static func == (left: Self, right: Self) -> Bool { left.number == right.number }
  }

  let seed: UInt64
  let usesWire: Bool
  var generator: SplitMix64
  var now = MonotonicInstant(nanoseconds: 0)
  var agenda = Heap<Scheduled>()
  var nextNumber = 0
  var isCalm = false
  var loss: Double
  var duplication: Double
  var delayMax: Int
  var storeTrouble: Double
  var trainerTrouble: Double
  var sweeps: [[Configuration]] = []
  var store: SimulatedStore
  var coordinator: Coordinator?
  var coordinatorInstance = 0
  var coordinatorTimerAt: MonotonicInstant?
  var workers: [SimulatedWorker?]
  /// What each worker has on its disk, which its death leaves as it is.
  var keptReports: [Int: [Report]] = [:]
  var nextInstance = 1
  var nextProcess = 1
  var nextSocket = 1
  var isComplete = false
  var violations: [String] = []

  init(seed: UInt64) {
    self.seed = seed
    usesWire = seed % 8 == 0
    var generator = SplitMix64(seed: seed)
    loss = generator.chance(0.3) ? 0 : Double.random(in: 0...0.3, using: &generator)
    duplication = generator.chance(0.3) ? 0 : Double.random(in: 0...0.2, using: &generator)
    delayMax = [2, 30, 400, 3000].randomElement(using: &generator) ?? 30
    storeTrouble = generator.chance(0.5) ? 0 : 0.2
    trainerTrouble = generator.chance(0.4) ? 0 : 0.01
    let columns = Int.random(in: 1...6, using: &generator)
    let seeds = Int.random(in: 1...3, using: &generator)
    let grid = (0..<columns).flatMap { x in
      (0..<seeds).map { SimulatedScience.configuration(x: x, seed: $0) }
    }
    sweeps = [grid]
    if generator.chance(0.3) { sweeps.append(Array(grid.suffix(3))) }
    store = SimulatedStore(grid)
    workers = Array(repeating: nil, count: Int.random(in: 1...3, using: &generator))
    self.generator = generator
  }

  /// Lives through faults and calm, and says what went wrong.
  static func violations(seed: UInt64) -> [String] {
    var simulation = Simulation(seed: seed)
    simulation.run()
    return simulation.violations + simulation.store.finalViolations()
  }

  private mutating func run() {
    schedule(.coordinatorStarts, after: .zero)
    for worker in workers.indices {
      schedule(.workerStarts(worker), after: generator.milliseconds(0...3000))
    }
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      schedule(.fault, after: generator.milliseconds(0...40_000))
    }
    schedule(.calmBegins, after: generator.milliseconds(10_000...40_000))
    var count = 0
    while !isComplete, violations.isEmpty, store.violations.isEmpty,
      let next = agenda.popMin()
    {
      now = next.at
      perform(next.happening)
      count += 1
      if count > 400_000 || now.nanoseconds > 4_000_000_000_000 {
        violations.append("the sweep did not end within \(count) events, \(now.nanoseconds) ns")
      }
    }
  }

  mutating func schedule(_ happening: Happening, after delay: Duration) {
    agenda.insert(Scheduled(at: now + delay, number: nextNumber, happening: happening))
    nextNumber += 1
  }

  private mutating func perform(_ happening: Happening) {
    switch happening {
    case .reachesCoordinator(let message, let routing):
      tellCoordinator(.messageArrived(message, from: routing))
    case .reachesWorker(let message, let routing):
      guard let worker = workers.firstIndex(where: { $0?.routing == routing }) else { return }
      tell(worker, .messageArrived(message))
      checkAcknowledged(message, worker)
    case .coordinatorTimer:
      coordinatorTimerAt = nil
      tellCoordinator(.timePassed)
    case .workerTimer(let worker, let instance):
      guard workers[worker]?.instance == instance else { return }
      workers[worker]?.timerAt = nil
      tell(worker, .timePassed)
    case .storeApplies(let batch, let changes, let instance): apply(batch, changes, instance)
    case .storeReports(let batch, let committed, let instance):
      guard instance == coordinatorInstance else { return }
      tellCoordinator(
        committed ? .storeCommitted(batch) : .storeFailed(batch, reason: "the disk is full"))
    case .workerEvent(let worker, let instance, let event):
      guard workers[worker]?.instance == instance else { return }
      tell(worker, event)
    case .trainerMoves(let worker, let instance, let slot, let process):
      moveTrainer(worker, instance, slot, process)
    case .fault: if !isCalm { strike() }
    case .coordinatorStarts: startCoordinator()
    case .workerStarts(let worker): startWorker(worker)
    case .calmBegins: beginCalm()
    }
  }

  private mutating func beginCalm() {
    isCalm = true
    (loss, duplication, storeTrouble, trainerTrouble) = (0, 0, 0, 0)
    delayMax = min(delayMax, 30)
    if coordinator == nil { schedule(.coordinatorStarts, after: .milliseconds(10)) }
    for worker in workers.indices where workers[worker] == nil {
      schedule(.workerStarts(worker), after: .milliseconds(20))
    }
  }

  /// A process dies, and is started again after a while.
  private mutating func strike() {
    if generator.chance(0.4) {
      guard coordinator != nil else { return }
      coordinator = nil
      coordinatorInstance += 1
      coordinatorTimerAt = nil
      schedule(.coordinatorStarts, after: generator.milliseconds(1...15_000))
    } else {
      let worker = Int.random(in: workers.indices, using: &generator)
      guard workers[worker] != nil else { return }
      workers[worker] = nil
      schedule(.workerStarts(worker), after: generator.milliseconds(1...15_000))
    }
  }
}
