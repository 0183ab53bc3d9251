import Coordination
import Experiments
import HeapModule

/// A cluster in which one seed decides everything: first faults, then calm.
struct Simulation {
  /// Something that is going to happen.
  enum Happening {
    case reachesCoordinator(WorkerMessage, RoutingID)
    case reachesWorker(CoordinatorMessage, RoutingID)
    case coordinatorTimer(instance: Int)
    case workerTimer(worker: Int, instance: Int)
    case storeApplies(BatchID, [StoreChange], coordinator: Int)
    case storeReports(BatchID, committed: Bool, coordinator: Int)
    case workerEvent(worker: Int, instance: Int, Worker.Event)
    case trainerMoves(worker: Int, instance: Int, slot: Int, process: Int)
    case fault(SimulationPlan.Fault)
    case coordinatorStarts
    case workerStarts(Int)
    case userSubmits(Int)
    case userActs
    case userAsks(UInt64)
    case commandArrives(Command)
    case userHears(CommandAnswer)
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

  /// How long it is still watched after all runs have ended.
  private static let aftermath: Duration = .seconds(4)

  let plan: SimulationPlan
  /// Whether everything that happens is printed, for whoever looks into a violation.
  private var isTold = false
  let usesWire: Bool
  var generator: SplitMix64
  var now = MonotonicInstant(nanoseconds: 0)
  private var agenda = Heap<Scheduled>()
  private var nextNumber = 0
  var isCalm = false
  var loss: Double
  var duplication: Double
  var delayMax: Int
  var storeTrouble: Double
  var commitDeaths: Double
  var trainerTrouble: Double
  var diskFullUntil: MonotonicInstant?
  var store = SimulatedStore()
  /// How many of the plan's sweeps the user has submitted.
  var submitted = 0
  var user = SimulatedUser()
  /// Whether the coordinator waits for commands once every run has ended.
  let commandsMayCome: Bool
  var coordinator: Coordinator?
  var coordinatorInstance = 0
  var coordinatorTimerAt: MonotonicInstant?
  var head = SimulatedMachine()
  var workers: [SimulatedWorker?]
  /// What each worker has on its disk, which its death leaves as it is.
  var keptReports: [Int: [Report]] = [:]
  var machines: [SimulatedMachine]
  var routes: [RoutingID: Int] = [:]
  var nextInstance = 1
  var nextProcess = 1
  var nextSocket = 1
  /// How often each run was begun.
  var begun: [RunKey: Int] = [:]
  var completeSince: MonotonicInstant?
  var violations: [String] = []

  init(seed: UInt64) {
    usesWire = seed % 8 == 0
    var generator = SplitMix64(seed: seed)
    plan = SimulationPlan(seed: seed, using: &generator)
    (loss, duplication, delayMax) = (plan.loss, plan.duplication, plan.delayMax)
    (storeTrouble, commitDeaths) = (plan.storeTrouble, plan.commitDeaths)
    trainerTrouble = plan.trainerTrouble
    workers = Array(repeating: nil, count: plan.hosts.count)
    machines = Array(repeating: SimulatedMachine(), count: plan.hosts.count)
    self.generator = generator
    user.plans = plan.userActions(seed: seed)
    commandsMayCome = !user.plans.isEmpty
  }

  /// Lives through faults and calm, and says what went wrong.
  static func violations(seed: UInt64, isTold: Bool = false) -> [String] {
    var simulation = Simulation(seed: seed)
    simulation.isTold = isTold
    simulation.run()
    return simulation.violations + simulation.store.finalViolations(simulation.plan)
      + simulation.needlessWork()
  }

  private mutating func run() {
    submit(0)
    schedule(.coordinatorStarts, after: .zero)
    if let first = user.plans.first {
      schedule(.userActs, after: first.after)
    } else {
      for (index, sweep) in plan.sweeps.enumerated().dropFirst() {
        schedule(.userSubmits(index), after: sweep.submittedAfter)
      }
    }
    for worker in workers.indices {
      schedule(.workerStarts(worker), after: plan.startsAfter[worker])
    }
    for planned in plan.faults { schedule(.fault(planned.fault), after: planned.after) }
    schedule(.calmBegins, after: plan.calmAfter)
    var count = 0
    let countMax = workers.count > 100 ? 20_000_000 : 1_000_000
    while violations.isEmpty, store.violations.isEmpty, let next = agenda.popMin() {
      now = next.at
      if let completeSince, completeSince + Self.aftermath <= now, user.isDone { return }
      perform(next.happening)
      count += 1
      if count > countMax || now.nanoseconds > 8_000_000_000_000 {
        violations.append("the sweep did not end within \(count) events, \(now.nanoseconds) ns")
      }
    }
  }

  /// Runs that are being computed are adopted by a coordinator that starts again.
  private func needlessWork() -> [String] {
    guard plan.kind == .onlyCoordinatorDies else { return [] }
    return plan.sweeps[0].runs.compactMap { run in
      guard plan.sickRuns[run.key] == nil, let times = begun[run.key], times > plan.sweeps.count
      else { return nil }
      return "run \(run.key.abbreviation) was begun \(times) times though no worker died"
    }
  }

  mutating func schedule(_ happening: Happening, after delay: Duration) {
    agenda.insert(Scheduled(at: now + delay, number: nextNumber, happening: happening))
    nextNumber += 1
  }

  private mutating func perform(_ happening: Happening) {
    if let until = sleep(through: happening), until > now {
      // In the order in which it came in.
      return schedule(happening, after: until - now)
    }
    if isTold { print(now.nanoseconds / 1_000_000, "ms:", happening) }
    switch happening {
    case .reachesCoordinator(let message, let routing):
      tellCoordinator(.messageArrived(message, from: routing))
    case .reachesWorker(let message, let routing):
      guard let worker = routes[routing] else { return }
      tell(worker, .messageArrived(message))
      checkAcknowledged(message, worker)
    case .coordinatorTimer(let instance):
      guard instance == coordinatorInstance else { return }
      coordinatorTimerAt = nil
      tellCoordinator(.timePassed)
    case .workerTimer(let worker, let instance):
      guard workers[worker]?.instance == instance else { return }
      workers[worker]?.timerAt = nil
      tell(worker, .timePassed)
    case .storeApplies(let batch, let changes, let instance): apply(batch, changes, instance)
    case .storeReports(let batch, let committed, let instance): report(batch, committed, instance)
    case .workerEvent(let worker, let instance, let event):
      guard workers[worker]?.instance == instance else { return }
      tell(worker, event)
    case .trainerMoves(let worker, let instance, let slot, let process):
      moveTrainer(worker, instance, slot, process)
    case .fault(let fault): if !isCalm { strike(fault) }
    case .coordinatorStarts: startCoordinator()
    case .workerStarts(let worker): startWorker(worker)
    case .userSubmits(let sweep): submit(sweep)
    case .userActs: userActs()
    case .userAsks(let command): userAsks(command)
    case .commandArrives(let command):
      tellCoordinator(.commandArrived(command, from: SimulatedUser.routing))
    case .userHears(let answer): userHears(answer)
    case .calmBegins: beginCalm()
    }
  }

  /// Until when the machine stands still on which this is to happen.
  private func sleep(through happening: Happening) -> MonotonicInstant? {
    switch happening {
    case .reachesCoordinator, .coordinatorTimer, .storeApplies, .storeReports, .commandArrives:
      head.asleepUntil
    case .reachesWorker(_, let routing): routes[routing].flatMap { machines[$0].asleepUntil }
    case .workerTimer(let worker, _), .workerEvent(let worker, _, _),
      .trainerMoves(let worker, _, _, _):
      machines[worker].asleepUntil
    case .fault, .coordinatorStarts, .workerStarts, .userSubmits, .userActs, .userAsks, .userHears,
      .calmBegins:
      nil
    }
  }

  /// None, one or two deliveries after some time.
  mutating func forEachDelivery(_ deliver: (inout Simulation, Duration) -> Void) {
    if generator.chance(loss) { return }
    for _ in 0..<(generator.chance(duplication) ? 2 : 1) {
      let delay = generator.milliseconds(1...max(delayMax, 1))
      deliver(&self, delay)
    }
  }
}
