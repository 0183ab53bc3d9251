import Experiments
import OrderedCollections

/// What has been seen of the machines: which runs failed where, and which machine is to blame.
///
/// A run that fails says little: the run or the machine may be at fault. The verdict comes from
/// elsewhere. When a run that failed here succeeds on another machine, this one is blamed; every result
/// of its own makes up for one failure. A machine with three different failures that nothing makes up
/// for is a *suspect* and computes nothing while there are others, so that it cannot use up the tries of
/// every run that waits; at three that succeeded elsewhere it is quarantined until a user lets it in again.
struct NodeTable: Sendable {
  /// Two may be chance; each one more costs a run another of its tries.
  static let failuresMax = 3

  /// One machine, by the name that its workers give it.
  struct Node: Sendable {
    let host: String
    /// Its connected workers that have slots.
    var workers: OrderedSet<WorkerID> = []
    /// Those of them that could be given any run there is: they stay, and lack no input file.
    var ready: OrderedSet<WorkerID> = []
    /// Those of them that are given no runs, or not all, and what they have not got.
    var limits: [WorkerID: Limit] = [:]
    /// Different runs that failed here and have not ended elsewhere.
    var unjudged: OrderedSet<Int> = []
    /// One for every run that failed here and succeeded elsewhere, less one for every result since.
    var blame = 0
    var hasSucceeded = false
    var isQuarantined = false
    /// The run that is to be computed here with nothing beside it.
    var reservation: Int?

    var standing: Standing {
      if workers.isEmpty || isQuarantined { return .absent }
      return isSuspect ? .suspect : .trusted
    }

    /// Whether there is a worker that could be given any run.
    var isReady: Bool { standing != .absent && !ready.isEmpty }
    var isSuspect: Bool { unjudged.count + blame >= NodeTable.failuresMax }
    /// Whether a failure here says something about the run.
    var isProven: Bool { hasSucceeded && !isSuspect && !isQuarantined }
  }

  /// Why a worker is not given every run.
  struct Limit: Hashable, Sendable {
    var isDraining: Bool
    var lacking: Set<RunNeed>

    var isNone: Bool { !isDraining && lacking.isEmpty }
  }

  /// What may be given to a machine.
  enum Standing: Hashable, Sendable {
    /// Nothing: it is not connected, or in quarantine.
    case absent
    case trusted
    case suspect
  }

  private var numbers: [String: Int] = [:]
  private var nodes: [Node] = []
  /// Connected nodes that may be given runs, apart by whether they are suspects.
  private var trusted: OrderedSet<Int> = []
  private var suspects: OrderedSet<Int> = []
  /// Both kinds, and of both those with a worker that is ready.
  private var all: OrderedSet<Int> = []
  private var ready: OrderedSet<Int> = []
  private var readyTrusted = 0
  /// How many connected workers have a limit.
  private var limited = 0
  /// Raised when machines that were passed over may be given runs.
  private(set) var shifts = 0
  /// The nodes on which open runs have failed, by run, in ascending order.
  private var tried: [Int: [Int]] = [:]

  subscript(node: Int) -> Node { nodes[node] }

  /// The number of a machine, new or known.
  mutating func number(of host: String) -> Int {
    if let number = numbers[host] { return number }
    numbers[host] = nodes.count
    nodes.append(Node(host: host))
    return nodes.count - 1
  }

  /// Whether a machine of this name has been heard of.
  func knows(_ host: String) -> Bool { numbers[host] != nil }

  /// The nodes that may be given runs: suspects only where nobody else is ready.
  var candidates: OrderedSet<Int> { passesSuspectsOver ? trusted : all }

  /// Whether a machine may be given a run like any other.
  func mayCompute(_ node: Int) -> Bool {
    candidates.contains(node) && nodes[node].reservation == nil
  }

  var quarantinedHosts: [String] { nodes.filter(\.isQuarantined).map(\.host) }

  /// Connected suspects that are given nothing because there are others.
  var passedOverHosts: [String] { passesSuspectsOver ? suspects.map { nodes[$0].host } : [] }

  /// Whether there is a trusted machine that does for all runs.
  private var passesSuspectsOver: Bool { readyTrusted > 0 }

  mutating func connect(_ worker: WorkerID, to node: Int) {
    update(node) { node in
      node.workers.append(worker)
      node.ready.append(worker)
    }
  }

  /// Notes whether a connected worker could be given any run now, and which it will not be given later either.
  mutating func note(_ worker: WorkerID, of node: Int, isReady: Bool, limit: Limit) {
    guard nodes[node].workers.contains(worker) else { return }
    if nodes[node].limits[worker] != (limit.isNone ? nil : limit) {
      limited += (limit.isNone ? 0 : 1) - (nodes[node].limits[worker] == nil ? 0 : 1)
      nodes[node].limits[worker] = limit.isNone ? nil : limit
    }
    guard nodes[node].ready.contains(worker) != isReady else { return }
    update(node) { node in
      if isReady { node.ready.append(worker) } else { node.ready.remove(worker) }
    }
  }

  mutating func disconnect(_ worker: WorkerID, from node: Int) {
    if nodes[node].limits.removeValue(forKey: worker) != nil { limited -= 1 }
    update(node) { node in
      node.workers.remove(worker)
      node.ready.remove(worker)
    }
  }

  mutating func reserve(_ node: Int, for run: Int?) { nodes[node].reservation = run }

  private mutating func update(_ number: Int, _ change: (inout Node) -> Void) {
    let before = (standing: nodes[number].standing, isReady: nodes[number].isReady)
    change(&nodes[number])
    let after = (standing: nodes[number].standing, isReady: nodes[number].isReady)
    guard after != before else { return }
    let passedOver = passesSuspectsOver
    if before.standing == .trusted, before.isReady { readyTrusted -= 1 }
    if after.standing == .trusted, after.isReady { readyTrusted += 1 }
    if after.standing != before.standing {
      trusted.remove(number)
      suspects.remove(number)
      switch after.standing {
      case .trusted: trusted.append(number)
      case .suspect: suspects.append(number)
      case .absent: break
      }
      if after.standing == .absent { all.remove(number) } else { all.append(number) }
    }
    if after.isReady { ready.append(number) } else { ready.remove(number) }
    // A machine that joins finds its own way to runs; others have to be looked at again.
    if before.standing == .suspect || passesSuspectsOver != passedOver { shifts += 1 }
  }

  // MARK: Runs that failed

  /// The nodes on which an open run has failed.
  func tried(by run: Int) -> [Int] { tried[run] ?? [] }

  /// Whether a connected node has not been tried that has all that a run needs.
  func hasUntried(_ tried: [Int], for needs: [RunNeed]) -> Bool {
    let candidates = candidates
    guard candidates.count > tried.count(where: { candidates.contains($0) }) else { return false }
    return limited == 0 || candidates.contains { !tried.contains($0) && meets(needs, node: $0) }
  }

  private func meets(_ needs: [RunNeed], node: Int) -> Bool {
    nodes[node].limits.isEmpty
      || nodes[node].workers.contains { worker in
        guard let limit = nodes[node].limits[worker] else { return true }
        return !limit.isDraining && limit.lacking.isDisjoint(with: needs)
      }
  }

  /// Whether a run has failed only where nothing ever succeeded, while a proven node is to be had.
  ///
  /// Nodes on which everything fails are the first with a free slot: they must not give a run up.
  func awaitsProvenNode(_ run: Int, needing needs: [RunNeed]) -> Bool {
    let tried = tried(by: run)
    guard !tried.contains(where: { nodes[$0].isProven }) else { return false }
    return candidates.contains {
      !tried.contains($0) && nodes[$0].isProven && meets(needs, node: $0)
    }
  }

  /// A run failed before this coordinator started.
  mutating func recall(_ run: Int, failedOn node: Int) {
    var known = tried(by: run)
    guard !known.contains(node) else { return }
    known.append(node)
    tried[run] = known.sorted()
  }

  /// A run failed on a machine.
  ///
  /// - Returns: whether it counts: a second failure on a node does only when no other could be tried.
  mutating func noteFailure(of run: Int, needing needs: [RunNeed], on node: Int) -> Bool {
    let before = tried(by: run)
    guard !before.contains(node) else { return !hasUntried(before, for: needs) }
    recall(run, failedOn: node)
    // Where a proven node fails at it too, it is the run's fault.
    let isRunsFault = before.contains { nodes[$0].isProven }
    if !isRunsFault { update(node) { $0.unjudged.append(run) } }
    if nodes[node].isProven {
      for other in before { update(other) { $0.unjudged.remove(run) } }
    }
    return true
  }

  /// A run has its result, computed on this machine; others may have failed at it.
  ///
  /// - Returns: the machines that are quarantined from now on.
  mutating func noteSuccess(of run: Int, on node: Int) -> [Int] {
    update(node) { node in
      node.hasSucceeded = true
      node.unjudged.remove(run)
      if node.blame > 0 {
        node.blame -= 1
      } else if !node.unjudged.isEmpty {
        node.unjudged.removeFirst()
      }
    }
    var quarantined: [Int] = []
    for other in tried(by: run) where other != node {
      let wasQuarantined = nodes[other].isQuarantined
      // The last one goes on, as a suspect: a sweep does not stand still while anybody is there.
      let mayGo = ready.contains { $0 != other }
      update(other) { other in
        other.unjudged.remove(run)
        other.blame += 1
        other.isQuarantined = wasQuarantined || (mayGo && other.blame >= Self.failuresMax)
      }
      if !wasQuarantined, nodes[other].isQuarantined { quarantined.append(other) }
    }
    tried[run] = nil
    return quarantined
  }

  /// A run has ended without a result: no machine is to blame for it.
  mutating func acquit(of run: Int) {
    for node in tried(by: run) { update(node) { $0.unjudged.remove(run) } }
    tried[run] = nil
  }

  /// Gives a machine no runs until it is let in again.
  mutating func quarantine(_ host: String) {
    update(number(of: host)) { $0.isQuarantined = true }
  }

  /// Begins anew with a machine.
  ///
  /// - Returns: false if nothing was held against it.
  mutating func readmit(_ host: String) -> Bool {
    guard let number = numbers[host], nodes[number].isQuarantined || nodes[number].isSuspect
    else { return false }
    update(number) { node in
      node.isQuarantined = false
      node.blame = 0
      node.unjudged = []
    }
    return true
  }
}
