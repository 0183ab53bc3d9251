import Coordination
import Experiments

/// A user who types commands, one after the other, and types each again until it is answered.
struct SimulatedUser {
  /// What the user types.
  enum Action {
    case cancelSweep(Int)
    case cancelRuns([RunKey])
    case retryFailed
    case retryRuns([RunKey])
    case drain(host: Int)
    case readmit(host: Int)
    /// A sweep that is new, was cancelled, or is wanted to the end of its runs from now on.
    case submit(Int, toTheEnd: Bool)
    /// A worker is told to end, as Slurm and Kubernetes do, and started again later.
    case terminate(worker: Int)
  }

  var plans: [(after: Duration, action: Action)] = []
  var asking: (command: Command, action: Action)?
  var commandsGiven: UInt64 = 0
  /// The machines whose workers may end, and those that are not let in again yet.
  var drained: Set<Int> = []
  var away: Set<Int> = []
  /// The workers that were told to end, by the numbers of their processes.
  var terminated: Set<Int> = []

  static let routing = RoutingID(Array("user".utf8))

  var isDone: Bool { plans.isEmpty && asking == nil }
}

extension SimulationPlan {
  /// What the user types in plans in which anything may happen; a chance of its own decides.
  func userActions(seed: UInt64) -> [(after: Duration, action: SimulatedUser.Action)] {
    var generator = SplitMix64(seed: seed ^ 0x5EED_C0DE)
    guard kind == .anything, hosts.count < 100, generator.chance(0.4) else { return [] }
    let grid = sweeps[0].runs.map(\.key)
    var actions: [SimulatedUser.Action] = sweeps.indices.dropFirst().map {
      .submit($0, toTheEnd: false)
    }
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let sweep = Int.random(in: sweeps.indices, using: &generator)
      let host = hosts.randomElement(using: &generator) ?? 0
      let runs = (0...2).compactMap { _ in grid.randomElement(using: &generator) }
      let action: SimulatedUser.Action =
        switch Int.random(in: 0..<11, using: &generator) {
        case 0, 1: .cancelSweep(sweep)
        case 2: .cancelRuns(runs)
        case 3: .retryFailed
        case 4: .retryRuns(runs)
        case 5: .drain(host: host)
        case 6: .readmit(host: host)
        case 7: .submit(sweep, toTheEnd: true)
        case 8, 9: .terminate(worker: Int.random(in: hosts.indices, using: &generator))
        default: .submit(sweep, toTheEnd: false)
        }
      actions.insert(action, at: Int.random(in: 0...actions.count, using: &generator))
    }
    return actions.map { (generator.milliseconds(0...8000), $0) }
  }
}

extension Simulation {
  mutating func userActs() {
    guard user.asking == nil, !user.plans.isEmpty else { return }
    let action = user.plans.removeFirst().action
    if case .terminate(let worker) = action {
      terminate(worker)
      if let next = user.plans.first { schedule(.userActs, after: next.after) }
      return
    }
    if case .drain(let host) = action {
      user.drained.insert(host)
      user.away.insert(host)
    }
    user.commandsGiven += 1
    guard let request = request(for: action) else { return }
    user.asking = (Command(id: user.commandsGiven, request), action)
    userAsks(user.commandsGiven)
  }

  private mutating func terminate(_ worker: Int) {
    guard let process = workers[worker] else { return }
    user.terminated.insert(process.instance)
    tell(worker, .interrupted(grace: .seconds(8)))
  }

  private func request(for action: SimulatedUser.Action) -> Command.Request? {
    switch action {
    case .cancelSweep(let sweep): .cancel(.sweep(plan.sweeps[sweep].name))
    case .cancelRuns(let keys): .cancel(.runs(keys.map(\.hexadecimal)))
    case .retryFailed: .retry(.everything)
    case .retryRuns(let keys): .retry(.runs(keys.map(\.hexadecimal)))
    case .drain(let host): .drain(worker: "host-\(host)")
    case .readmit(let host): .readmit(worker: "host-\(host)")
    case .submit(let sweep, let toTheEnd):
      .submit(SubmittedSweep(text: [UInt8(sweep), toTheEnd ? 1 : 0], file: ""))
    case .terminate: nil
    }
  }

  /// Commands and answers are lost like everything else; they come in the order in which they were sent.
  mutating func userAsks(_ id: UInt64) {
    guard let command = user.asking?.command, command.id == id else { return }
    if !generator.chance(loss) { schedule(.commandArrives(command), after: .milliseconds(5)) }
    schedule(.userAsks(id), after: .seconds(3))
  }

  /// Registers what was submitted, at once, as the shell does.
  mutating func register(_ submitted: SubmittedSweep, _ command: UInt64, _ routing: RoutingID) {
    let sweep = plan.sweeps[Int(submitted.text[0])]
    let known = store.request(of: sweep.name) ?? sweep.request
    store.register(sweep, request: submitted.text[1] == 1 ? SimulatedScience.request : known)
    if store.hasRunsToCompute { completeSince = nil }
    tellCoordinator(
      .sweepRegistered(store.submission(of: sweep), command: command, from: routing))
  }

  /// What the coordinator says it has done is in the store.
  mutating func answerUser(_ answer: CommandAnswer) {
    if let asking = user.asking, asking.command.id == answer.id, case .done = answer.content {
      check(asking.action)
    }
    guard !generator.chance(loss) else { return }
    schedule(.userHears(answer), after: .milliseconds(5))
  }

  private mutating func check(_ action: SimulatedUser.Action) {
    switch action {
    case .cancelSweep(let index):
      let name = plan.sweeps[index].name
      if !store.isCancelled(name) { violations.append("\(name) was said to be cancelled") }
    case .cancelRuns(let keys):
      for key in keys where store.isToBeComputed(key) {
        violations.append("run \(key.abbreviation) was said to be cancelled")
      }
    case .submit(let index, _):
      let name = plan.sweeps[index].name
      if store.isCancelled(name) { violations.append("\(name) was said to be submitted") }
    case .retryFailed, .retryRuns, .drain, .readmit, .terminate: break
    }
  }

  mutating func userHears(_ answer: CommandAnswer) {
    guard let asking = user.asking, asking.command.id == answer.id else { return }
    user.asking = nil
    // What was woken ends later; what was not is not said to have ended again.
    completeSince = store.hasRunsToCompute ? nil : completeSince.map { _ in now }
    if case .readmit(let host) = asking.action {
      user.away.remove(host)
      for worker in workers.indices where plan.hosts[worker] == host {
        schedule(.workerStarts(worker), after: .milliseconds(10))
      }
    }
    if let next = user.plans.first { schedule(.userActs, after: next.after) }
  }

  /// In the end every machine may compute again.
  mutating func calmUser() {
    user.plans.removeAll { plan in
      if case .drain = plan.action { true } else { false }
    }
    user.plans += user.away.sorted().map { (.milliseconds(10), .readmit(host: $0)) }
    if let next = user.plans.first { schedule(.userActs, after: next.after) }
  }

  /// A worker's process ends by itself where that was asked for, and nowhere else.
  mutating func noteEnd(of worker: Int, _ outcome: Worker.Outcome) {
    guard let process = workers[worker] else { return }
    let isTerminated = user.terminated.contains(process.instance)
    guard isTerminated || user.drained.contains(plan.hosts[worker]) else {
      return violations.append("a worker ended: \(outcome)")
    }
    routes[process.routing] = nil
    workers[worker] = nil
    guard isTerminated || !user.away.contains(plan.hosts[worker]) else { return }
    schedule(.workerStarts(worker), after: generator.milliseconds(1...5000))
  }
}
