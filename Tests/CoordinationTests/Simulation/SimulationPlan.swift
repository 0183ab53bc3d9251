import Coordination
import Experiments

/// What a seed decides beforehand: the cluster, its sicknesses, the sweeps, and the faults in time.
struct SimulationPlan {
  /// Something that goes wrong.
  enum Fault {
    case coordinatorDies(restartAfter: Duration)
    case workerDies(Int, restartAfter: Duration)
    /// Everything in one direction between one worker and the head is lost for a while.
    case partition(worker: Int, towardsHead: Bool, Duration)
    /// A machine stands still; its clock may stand still, too.
    case workerSleeps(Int, Duration, clockStands: Bool)
    case headSleeps(Duration, clockStands: Bool)
    case diskFills(Duration)
  }

  /// How a run comes to grief wherever it is computed.
  enum Sickness: CaseIterable {
    case fails
    case exits
    case hangs
    case killsWorker
  }

  struct PlannedSweep {
    var name: String
    var priority: Int
    var request: Request
    var runs: [Configuration]
    var submittedAfter: Duration
  }

  /// What kinds of trouble there are; in the narrow ones more can be demanded of the end.
  enum Kind {
    /// Anything may happen.
    case anything
    /// Only the coordinator dies, and what is being computed must not be started over.
    case onlyCoordinatorDies
    /// Only some nodes fail at everything, and only runs that fail everywhere may fail.
    case onlySickNodes
  }

  var kind: Kind
  /// Which worker's identity each worker has; a second one of the same is a mistake of its owner.
  var identities: [Int]
  /// Which machine each worker is on.
  var hosts: [Int]
  var sickHosts: Set<Int> = []
  var startsAfter: [Duration]
  var sickRuns: [RunKey: Sickness] = [:]
  var sweeps: [PlannedSweep] = []
  var loss = 0.0
  var duplication = 0.0
  var delayMax = 30
  /// How often the store fails, and how often the coordinator dies at a commit.
  var storeTrouble = 0.0
  var commitDeaths = 0.0
  var trainerTrouble = 0.0
  var faults: [(after: Duration, fault: Fault)] = []
  var calmAfter: Duration

  /// Rare, because it takes as long as some hundred others.
  static func isLarge(_ seed: UInt64) -> Bool { seed % 2000 == 777 }

  init(seed: UInt64, using generator: inout SplitMix64) {
    let isLarge = Self.isLarge(seed)
    kind =
      isLarge
      ? .anything
      : [.anything, .anything, .anything, .anything, .onlyCoordinatorDies, .onlySickNodes]
        .randomElement(using: &generator) ?? .anything
    let count = isLarge ? 1000 : Int.random(in: 1...5, using: &generator)
    identities = Array(0..<count)
    hosts = Array(0..<count)
    startsAfter = (0..<count).map { _ in generator.milliseconds(0...3000) }
    calmAfter = generator.milliseconds(isLarge ? 8000...15_000 : 10_000...40_000)
    planSweeps(isLarge: isLarge, using: &generator)
    switch kind {
    case .onlyCoordinatorDies:
      commitDeaths = 0.02
      planFaults(using: &generator)
    case .onlySickNodes: planSickNodes(using: &generator)
    case .anything:
      planTrouble(isLarge: isLarge, using: &generator)
      planFaults(using: &generator)
    }
  }

  private mutating func planSweeps(isLarge: Bool, using generator: inout SplitMix64) {
    let columns = isLarge ? 700 : Int.random(in: 1...6, using: &generator)
    let seeds = Int.random(in: 1...3, using: &generator)
    let grid = (0..<columns).flatMap { x in
      (0..<seeds).map { SimulatedScience.configuration(x: x, seed: $0) }
    }
    var later: Duration = .zero
    for index in 0..<[1, 1, 2, 3][Int.random(in: 0..<4, using: &generator)] {
      var request = SimulatedScience.request
      request.maxSteps =
        [1_000_000_000, 1_000_000_000, 50, 90].randomElement(using: &generator) ?? 50
      let from = index == 0 ? 0 : Int.random(in: 0..<grid.count, using: &generator)
      let runs = Array(grid[from...].prefix(Int.random(in: 1...grid.count, using: &generator)))
      sweeps.append(
        PlannedSweep(
          name: "sweep-\(index)", priority: Int.random(in: 0...1, using: &generator),
          request: request, runs: index == 0 ? grid : runs, submittedAfter: later))
      later += generator.milliseconds(0...12_000)
    }
    guard kind == .anything || generator.chance(0.5) else { return }
    for run in grid where generator.chance(isLarge ? 0.002 : 0.04) {
      // What takes ten lost leases to find out takes a thousand workers too long to simulate.
      let kinds = kind == .anything && !isLarge ? Sickness.allCases : [.fails, .exits]
      sickRuns[run.key] = kinds.randomElement(using: &generator)
    }
  }

  private mutating func planSickNodes(using generator: inout SplitMix64) {
    let count = hosts.count
    guard count > 1 else { return }
    for host in 1..<count where sickHosts.count < 3 && generator.chance(0.5) {
      sickHosts.insert(host)
    }
    // Where nothing has ever succeeded nobody can tell a sick node from a sick run.
    for host in sickHosts { startsAfter[host] = .seconds(20) + startsAfter[host] }
  }

  private mutating func planTrouble(isLarge: Bool, using generator: inout SplitMix64) {
    loss = generator.chance(0.3) ? 0 : Double.random(in: 0...0.3, using: &generator)
    duplication = generator.chance(0.3) ? 0 : Double.random(in: 0...0.2, using: &generator)
    delayMax = [2, 30, 400, 3000].randomElement(using: &generator) ?? 30
    storeTrouble = generator.chance(0.5) ? 0 : 0.2
    commitDeaths = isLarge || generator.chance(0.6) ? 0 : 0.02
    trainerTrouble = generator.chance(0.4) ? 0 : 0.01
    if isLarge { (delayMax, trainerTrouble) = (min(delayMax, 400), trainerTrouble / 10) }
    for worker in hosts.indices.dropFirst() where generator.chance(0.15) {
      hosts[worker] = hosts[worker - 1]
    }
    if hosts.count > 1, generator.chance(0.15) {
      identities[hosts.count - 1] = 0
      hosts[hosts.count - 1] = hosts[0]
    }
    for host in Set(hosts).sorted() where generator.chance(isLarge ? 0.01 : 0.08) {
      sickHosts.insert(host)
    }
  }

  private mutating func planFaults(using generator: inout SplitMix64) {
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      let after = generator.milliseconds(0...40_000)
      let worker = Int.random(in: hosts.indices, using: &generator)
      let length = generator.milliseconds(1...15_000)
      let stands = generator.chance(0.5)
      var fault = Fault.coordinatorDies(restartAfter: length)
      if kind == .anything {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0, 1: break
        case 2, 3, 4: fault = .workerDies(worker, restartAfter: length)
        case 5: fault = .partition(worker: worker, towardsHead: true, length)
        case 6: fault = .partition(worker: worker, towardsHead: false, length)
        case 7: fault = .workerSleeps(worker, length * 4, clockStands: stands)
        case 8: fault = .headSleeps(length, clockStands: stands)
        default: fault = .diskFills(length)
        }
      }
      faults.append((after, fault))
    }
  }
}
