import Coordination
import Experiments

extension SimulatedStore {
  /// Whether what a worker was told is durable has left its mark.
  func holds(_ report: Report) -> Bool {
    guard let run = runs[report.run] else { return false }
    // Nothing of a run that has ended needs to be kept but its accepted chain, which is checked whole.
    guard !run.isAnswered, run.failure == nil else { return true }
    switch report.content {
    case .records(let records):
      guard let attempt = run.attempts[report.attempt] else { return false }
      // Once a shorter request has its result, what did not lead to it goes.
      if run.isSuperseded(report.attempt) { return true }
      return records.allSatisfy { attempt.rows[$0.step] == $0 }
    case .finished(let summary, _):
      guard let result = run.result else { return false }
      // An attempt from before a shorter result has lost its records to that.
      return result.summary.steps >= summary.steps || report.attempt <= run.supersededThrough
    case .checkpoint, .failed, .refused, .notContinued, .givenBack: return true
    }
  }

  /// What the store has of a report's run, for whoever looks into a violation.
  func description(of report: Report) -> String {
    guard let run = runs[report.run] else { return "the run is unknown" }
    let attempts = run.attempts.values.sorted { $0.attempt.number < $1.attempt.number }.map {
      "\($0.attempt.number) from \($0.attempt.startStep) of \($0.attempt.parent ?? 0) \($0.state) "
        + "with \($0.rows.count) rows"
    }
    let result = run.result.map { "\($0.summary.steps) steps by attempt \($0.attempt)" } ?? "none"
    return "result: \(result); attempts: \(attempts.joined(separator: ", "))"
  }

  /// What is wrong with the curve of a run's result: gaps, or a splice.
  func curveViolations(of key: RunKey) -> [String] {
    guard let run = runs[key], let result = run.result else { return [] }
    var found: [String] = []
    var next = 0
    var parent: (computation: Int, step: Int)?
    for (index, link) in chain(of: result.attempt, in: run).enumerated() {
      let chain = chain(of: result.attempt, in: run)
      let end =
        index + 1 < chain.count ? chain[index + 1].attempt.startStep : result.summary.steps
      let first = link.attempt.parent == nil ? 0 : link.attempt.startStep + 1
      let rows = link.rows.values.filter { first <= $0.step && $0.step <= end }
        .sorted { $0.step < $1.step }
      let computations = Set(rows.compactMap(SimulatedScience.computation))
      if computations.count > 1 {
        found.append("attempt \(link.attempt.number) mixes what several processes computed")
      }
      if let computation = computations.first {
        let origin = origins[computation]
        if origin?.computation != parent?.computation || origin?.step != parent?.step {
          found.append(
            "attempt \(link.attempt.number) goes on from \(String(describing: origin)), "
              + "and is spliced to \(String(describing: parent))")
        }
      }
      for row in rows {
        let expected = SimulatedScience.record(
          of: run.configuration, step: next,
          computation: SimulatedScience.computation(of: row))
        if row != expected { found.append("step \(row.step) where step \(next) belongs") }
        next = row.step + SimulatedScience.recordInterval
      }
      // A link without records of its own hands on what it was given.
      if let computation = computations.first { parent = (computation, end) }
    }
    if next != result.summary.steps + SimulatedScience.recordInterval {
      found.append("the curve ends before step \(next) of \(result.summary.steps)")
    }
    return found.map { "run \(key.abbreviation): " + $0 }
  }

  /// Says what a simulation that has ended leaves to be desired.
  func finalViolations(_ plan: SimulationPlan) -> [String] {
    var found = violations
    for (key, run) in runs.sorted(by: { $0.key < $1.key }) {
      found += curveViolations(of: key)
      let name = "run \(key.abbreviation)"
      if run.failure != nil {
        let isDeserved = run.count(.failed) >= 4 || run.count(.lost) >= 11
        if !isDeserved { found.append("\(name) was given up after \(run.count(.failed)) failures") }
        if plan.kind != .anything, plan.sickRuns[key] == nil {
          found.append("\(name) was given up, and could have been computed on a healthy node")
        }
      } else if isToBeComputed(key) {
        found.append("\(name) never ended")
      } else if run.result != nil, plan.sickRuns[key] != nil {
        found.append("\(name) finished, which nobody can compute")
      }
    }
    return found
  }
}
