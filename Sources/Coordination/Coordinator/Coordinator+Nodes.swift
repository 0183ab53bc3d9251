import Experiments
import OrderedCollections

extension Coordinator {
  /// The machines that are given no more runs until `nodeReadmitted`.
  public var quarantinedNodes: [String] { nodes.quarantinedHosts }

  /// A run for a machine, with the place that it waits in.
  struct Choice {
    var run: Int
    var seconds: Double
    var place: Place

    /// Where it waits.
    enum Place {
      case schedule
      case retries
      /// Among those with a need that some worker does not meet.
      case parked
    }
  }

  /// Says which run a worker of a node should be given next.
  ///
  /// - Parameters:
  ///   - node: the number of the node.
  ///   - lacking: what runs may need and the worker has not got.
  /// - Returns: nil if nothing waits that it may compute.
  mutating func choose(for node: Int, lacking: Set<RunNeed>) -> Choice? {
    var scheduled = schedule.peek(runs, slots: slots)
    while let next = scheduled, !has(needsOf: next.run, lacking) {
      schedule.take(next.run, in: runs)
      parked.insert(next.run, in: runs)
      scheduled = schedule.peek(runs, slots: slots)
    }
    if let run = parked.peek(lacking: lacking, in: runs),
      scheduled.map({ runs[run].group <= runs[$0.run].group }) ?? true
    {
      return Choice(run: run, seconds: expectedSeconds(of: run), place: .parked)
    }
    if let run = retries.peek(for: node, among: nodes, lacking: lacking, runs),
      scheduled.map({ runs[run].group.priority >= runs[$0.run].group.priority }) ?? true
    {
      return Choice(run: run, seconds: expectedSeconds(of: run), place: .retries)
    }
    return scheduled.map { Choice(run: $0.run, seconds: $0.seconds, place: .schedule) }
  }

  private mutating func expectedSeconds(of run: Int) -> Double {
    schedule.model.expectedSeconds(of: run, runs)
  }

  mutating func take(_ choice: Choice) {
    switch choice.place {
    case .retries: retries.take(choice.run, in: runs, tried: nodes.tried(by: choice.run))
    case .parked: parked.take(choice.run, in: runs)
    case .schedule: schedule.take(choice.run, in: runs)
    }
  }

  /// Puts a waiting run where it is looked for.
  mutating func enqueue(_ run: Int) {
    let tried = nodes.tried(by: run)
    if runs[run].losses >= settings.lostLeasesMax {
      lonely[run] = .some(nil)
    } else if tried.isEmpty {
      schedule.insert(run, in: runs)
    } else {
      retries.insert(run, in: runs, tried: tried)
    }
  }

  mutating func connect(_ worker: WorkerID, to node: Int) {
    changeNodes { $0.connect(worker, to: node) }
    noteReadiness(of: worker)
    hungry.append(worker)
  }

  mutating func disconnect(_ worker: WorkerID, from node: Int) {
    changeNodes { $0.disconnect(worker, from: node) }
    free(node)
  }

  /// A result shows who was at fault where the run failed before.
  mutating func judge(_ run: Int, computedBy worker: WorkerID) {
    guard let node = sessions[worker]?.node else { return }
    for node in changeNodes({ $0.noteSuccess(of: run, on: node) }) {
      effects.append(
        .tellUser(
          .nodeQuarantined(host: nodes[node].host, failures: NodeTable.failuresMax)))
    }
  }

  mutating func readmit(_ host: String) {
    guard changeNodes({ $0.readmit(host) }) else { return }
    effects.append(.tellUser(.nodeReadmitted(host: host)))
    wakeSessions()
  }

  /// Looks at every session again when other machines may be given runs than before.
  @discardableResult
  mutating func changeNodes<Result>(_ change: (inout NodeTable) -> Result) -> Result {
    let before = nodes.shifts
    let result = change(&nodes)
    if nodes.shifts != before { wakeSessions() }
    return result
  }

  // MARK: Runs that nothing else is computed beside

  /// Reserves machines for runs that may have brought down their workers, and grants them once alone.
  mutating func isolate(at now: MonotonicInstant) {
    for (run, reserved) in lonely {
      let isWaiting = runs[run].phase == .waiting
      let seconds = isWaiting ? expectedSeconds(of: run) : 0
      let isKept =
        reserved.map {
          isWaiting && isReserved($0, for: run) && suits($0, run, taking: seconds, at: now)
        } ?? false
      // Its machine has gone, or is a suspect now, or the run has ended: others may have the machine.
      if let reserved, !isKept, nodes[reserved].reservation == run { free(reserved) }
      guard isWaiting else {
        lonely[run] = nil
        continue
      }
      guard let node = isKept ? reserved : reserve(for: run, taking: seconds, at: now)
      else {
        lonely[run] = .some(nil)
        continue
      }
      lonely[run] = .some(node)
      let worker = nodes[node].workers.first { worker in
        mayTakeRuns(worker) && suits(worker, run, taking: seconds, at: now)
      }
      guard let worker, leaseCount(node) == 0 else { continue }
      lonely[run] = nil
      open(run, for: worker)
    }
  }

  private func isReserved(_ node: Int, for run: Int) -> Bool {
    nodes.candidates.contains(node) && nodes[node].reservation == run
  }

  /// Whether some worker of a machine will do for a run, once it has nothing else to do.
  private func suits(
    _ node: Int, _ run: Int, taking seconds: Double, at now: MonotonicInstant
  ) -> Bool {
    nodes[node].workers.contains { suits($0, run, taking: seconds, at: now) }
  }

  private func suits(
    _ worker: WorkerID, _ run: Int, taking seconds: Double, at now: MonotonicInstant
  ) -> Bool {
    guard draining[worker] == nil, let session = sessions[worker] else { return false }
    return session.stay.lasts(for: seconds, at: now)
      && has(needsOf: run, Set(session.lacking.keys))
  }

  /// Keeps the machine with the least to do for a run, and leaves half of all to the others.
  private mutating func reserve(
    for run: Int, taking seconds: Double, at now: MonotonicInstant
  ) -> Int? {
    let candidates = nodes.candidates
    let free = candidates.filter { nodes[$0].reservation == nil }
    let reserved = candidates.count - free.count
    let tried = nodes.tried(by: run)
    let mayRepeat = !nodes.hasUntried(tried, for: runs.needs(of: run))
    guard reserved == 0 || (reserved + 1) * 2 <= candidates.count,
      let node = free.filter({
        (mayRepeat || !tried.contains($0)) && suits($0, run, taking: seconds, at: now)
      })
      .min(by: { leaseCount($0) < leaseCount($1) })
    else { return nil }
    nodes.reserve(node, for: run)
    return node
  }

  /// Ends a reservation.
  mutating func free(_ node: Int) {
    nodes.reserve(node, for: nil)
    hungry.formUnion(nodes[node].workers)
  }

  private func leaseCount(_ node: Int) -> Int {
    nodes[node].workers.reduce(0) { $0 + (sessions[$1]?.leases.count ?? 0) }
  }
}
