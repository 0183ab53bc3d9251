import Experiments
import OrderedCollections

// What is asked of runs by the sweeps that want them, and what those asked that want them no more.
extension Coordinator {
  /// What the sweeps that want a run ask of it together, and the first of the groups in which they have it; nil if none does.
  func demand(for run: Int) -> (request: Request, group: Schedule.Group)? {
    let seed = runs.seed(of: run)
    var demand: (request: Request, group: Schedule.Group)?
    for sweep in sweeps where sweep.wants(run) {
      let group = sweep.group(ofSeed: seed)
      demand =
        demand.map { ($0.request.merged(with: sweep.request), min($0.group, group)) }
        ?? (sweep.request, group)
    }
    return demand
  }

  /// Asks of runs, which one sweep less wants now, no more than what the others ask for, and when those do.
  mutating func relax(_ candidates: [Int32]) {
    for run in candidates.lazy.map(Int.init) {
      guard runs[run].wanted > 0, runs.isOpen(run) || runs[run].phase == .failed else { continue }
      askForWhatIsWanted(of: run)
      settle(run)
    }
  }

  /// Asks of a run what those ask that want it, and lets it come when they want it to.
  mutating func askForWhatIsWanted(of run: Int) {
    guard let demand = demand(for: run) else { return }
    let number = runs.number(of: demand.request)
    let former = runs[run].group
    if !sweeps[runs[run].sweep].wants(run),
      let wanting = sweeps.lastIndex(where: { $0.wants(run) })
    {
      runs.update(run) { $0.sweep = wanting }
    }
    runs.update(run) { state in
      state.request = number
      state.group = demand.group
    }
    if demand.group != former, runs[run].phase == .waiting { wait(run) }
  }

  /// Takes back the runs that turned out to be wanted by no sweep.
  mutating func dropUndecided() {
    for run in undecided { drop(run) }
    undecided = []
  }

  /// Ends a run whose result is enough for what is asked of it now, be it open or given up on the way to more.
  mutating func settle(_ run: Int) {
    guard runs.isOpen(run) || runs[run].phase == .failed, let summary = shortResults[run],
      runs.request(of: run).isCovered(by: summary)
    else { return }
    settleAsAnswered(run)
  }

  /// Ends a run whose stored result is enough for every sweep.
  mutating func settleAsAnswered(_ run: Int) {
    guard runs[run].phase != .finished else { return }
    let counting = runs.isOpen(run) ? sweepsCounting(run) : []
    if case .leased(let id) = runs[run].phase { withdraw(id) }
    if let summary = shortResults[run] { noteShortness(summary, of: run) }
    runs.setPhase(.finished, of: run)
    countEnd(of: run, for: counting)
  }

  /// Keeps the result of a run that has ended as long as it does not tell what a sweep asked for that has given it up.
  mutating func noteShortness(_ summary: RunSummary, of run: Int) {
    let isShort = sweeps.contains { sweep in
      sweep.hasGivenUp(run) && !sweep.request.isCovered(by: summary)
    }
    shortResults[run] = isShort ? summary : nil
  }

  /// Computes a run that was cancelled, unless its result tells already what is asked of it.
  mutating func takeUp(_ run: Int) {
    if let summary = shortResults[run], runs.request(of: run).isCovered(by: summary) {
      settleAsAnswered(run)
    } else {
      revive(run)
    }
  }
}
