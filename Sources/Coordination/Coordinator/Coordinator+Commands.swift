import Experiments
import OrderedCollections

extension Coordinator {
  static let isEnding = CommandAnswer.Content.refused(
    "the coordinator is ending; ask again once it has been started again")

  /// Does what a user asks, and answers once that is durable.
  mutating func obey(_ command: Command, from routing: RoutingID, at now: MonotonicInstant) {
    let content: CommandAnswer.Content?
    switch command.request {
    case .status: content = .status(status(at: now))
    case .workers: content = .workers(workers(at: now))
    case _ where course != .running: content = Self.isEnding
    // It would come to the store after the sweep, and to the runs before it: let it be sent again.
    case _ where journal.hasRegistrations: content = nil
    case .submit(let sweep):
      journal.pending.registrations.append(
        Journal.Registration(sweep: sweep, command: command.id, routing: routing))
      content = nil
      if journal.failingSince != nil { answerWhileFailing() }
    case .cancel(let selection): content = cancel(selection)
    case .retry(let selection): content = retry(selection)
    case .drain(let worker): content = drain(worker)
    case .readmit(let worker): content = letIn(worker)
    }
    if let content { answer(content, to: command.id, from: routing) }
  }

  /// Answers once everything that came before is durable; what only looks answers at once.
  mutating func answer(
    _ content: CommandAnswer.Content, to command: UInt64, from routing: RoutingID
  ) {
    let answer = CommandAnswer(id: command, content)
    switch content {
    case .status, .workers, .refused, .failed: effects.append(.answer(answer, to: routing))
    case .done:
      journal.pending.answers.append(Journal.Answer(routing: routing, answer: answer))
      if journal.failingSince != nil { answerWhileFailing() }
    }
  }

  /// Tells those who wait for a commit that it has failed; it is tried again, but they need not wait.
  mutating func answerWhileFailing() {
    let commands = journal.takeCommands()
    let reason = "the store cannot be written (\(journal.failureReason ?? "for now"))"
    for waiting in commands.answers {
      guard case .done(let sentence, _) = waiting.answer.content else { continue }
      let content = CommandAnswer.Content.failed(
        "\(sentence); but \(reason), and a coordinator that ends before it can forgets this")
      effects.append(.answer(CommandAnswer(id: waiting.answer.id, content), to: waiting.routing))
    }
    for waiting in commands.registrations {
      let content = CommandAnswer.Content.failed("\(reason): the sweep was not taken")
      effects.append(.answer(CommandAnswer(id: waiting.command, content), to: waiting.routing))
    }
  }

  /// What has become of a sweep that was submitted.
  func answer(about submission: SweepSubmission) -> CommandAnswer.Content {
    let places = submission.runs.compactMap { runs.index(of: $0.key) }
    let others = places.filter { !isAnswered($0, submission.request) }
    let known = places.count - others.count
    let failed = others.count { runs[$0].phase == .failed }
    let sweep = place(of: submission.name).map { sweeps[$0] }
    let cancelled = others.count { run in
      switch runs[run].phase {
      case .failed: false
      case .cancelled: true
      case .waiting, .leased, .finished: sweep?.hasGivenUp(run) ?? false
      }
    }
    let open = others.count - failed - cancelled
    let count = places.count == 1 ? "1 run" : "\(places.count) runs"
    return .done(
      "\(submission.name): \(count), \(known) with a result, \(open) to compute"
        + (cancelled == 0
          ? "" : ", \(cancelled) cancelled (groksweep retry --run KEY takes one up again)")
        + (failed == 0
          ? ""
          : ", \(failed) given up (groksweep retry --failed \(submission.name) tries them again)")
        + (submission.remark.map { "; \($0)" } ?? ""),
      counts: [
        "runs": places.count, "finished": known, "open": open, "cancelled": cancelled,
        "failed": failed,
      ])
  }

  /// Whether a run has a result that tells what this request of a sweep asks for.
  func isAnswered(_ run: Int, _ request: Request) -> Bool {
    shortResults[run].map { request.isCovered(by: $0) } ?? (runs[run].phase == .finished)
  }

  // MARK: Runs

  private mutating func cancel(_ selection: RunSelection) -> CommandAnswer.Content {
    switch selection {
    case .everything: return .refused("expected the name of a sweep, or keys of runs")
    case .sweep(let name):
      guard let sweep = place(of: name) else { return cancelResting(name) }
      guard !sweeps[sweep].isCancelled else {
        return .done("\(name) is cancelled already", counts: ["cancelled": 0])
      }
      let wanted = sweeps[sweep].wantedRuns
      let before = runs.cancelledCount
      sweeps[sweep].isCancelled = true
      for run in wanted {
        runs.update(Int(run)) { $0.wanted -= 1 }
        drop(Int(run))
      }
      relax(wanted)
      journal.pending.changes.append(.cancelSweep(name))
      let cancelled = runs.cancelledCount - before
      return .done(
        "\(name) is cancelled: \(count(cancelled)), results are kept",
        counts: ["cancelled": cancelled])
    case .runs(let prefixes):
      switch find(prefixes) {
      case .failure(let problem): return .refused(problem.sentence)
      case .success(let places):
        let open = places.filter { runs.isOpen($0) }
        for run in open {
          countGivenUp(run)
          runs.update(run) { $0.wanted = 0 }
          drop(run)
        }
        for sweep in sweeps.indices {
          sweeps[sweep].cancelledRuns.formUnion(
            Set(open.map(Int32.init)).intersection(sweeps[sweep].runs))
        }
        if !open.isEmpty {
          journal.pending.changes.append(.cancelRuns(open.map { runs[$0].key }))
        }
        let ended = places.count - open.count
        return .done(
          "\(count(open.count)) cancelled" + others(ended),
          counts: ["cancelled": open.count, "ended_before": ended])
      }
    }
  }

  /// A sweep that is not worked on has nothing to cancel, whoever asks and how often.
  private func cancelResting(_ name: String) -> CommandAnswer.Content {
    guard let sweep = resting.first(where: { $0.name == name }) else {
      return .refused(unknown(name))
    }
    if sweep.isCancelled {
      return .done("\(name) is cancelled already", counts: ["cancelled": 0])
    }
    let state = sweep.waiting + sweep.running == 0 ? "has ended" : "is not worked on"
    return .done("\(name) \(state); there is nothing to cancel", counts: ["cancelled": 0])
  }

  private func others(_ count: Int) -> String {
    count == 0 ? "" : "; \(self.count(count)) had ended or been cancelled before"
  }

  /// Takes a run back from everybody if no sweep wants it any more.
  mutating func drop(_ run: Int) {
    guard runs[run].wanted == 0, runs.isOpen(run) else { return }
    if case .leased(let id) = runs[run].phase { withdraw(id) }
    runs.setPhase(.cancelled, of: run)
  }

  private mutating func retry(_ selection: RunSelection) -> CommandAnswer.Content {
    var places: [Int]
    var includesCancelled = false
    switch selection {
    case .everything: places = Array(0..<runs.count)
    case .sweep(let name):
      guard let sweep = place(of: name) else {
        let isResting = resting.contains { $0.name == name }
        return .refused(
          isResting
            ? "\(name) is not worked on; groksweep submit takes it up again" : unknown(name))
      }
      places = sweeps[sweep].runs.map(Int.init)
    case .runs(let prefixes):
      switch find(prefixes) {
      case .failure(let problem): return .refused(problem.sentence)
      case .success(let found): (places, includesCancelled) = (found, true)
      }
    }
    let ended = places.filter { run in
      runs[run].phase == .failed || (includesCancelled && isGivenUp(run))
    }
    let wanted = ended.filter { tryAgain($0, revives: includesCancelled) }
    let unwanted = ended.count - wanted.count
    let others =
      unwanted == 0
      ? ""
      : "; \(count(unwanted)) that no sweep wants any more will not: submit a sweep with \(unwanted == 1 ? "it" : "them") first"
    return .done(
      "\(count(wanted.count)) will be tried again" + others
        + (wanted.isEmpty ? passedOver(selection) : ""),
      counts: ["tried_again": wanted.count, "unwanted": unwanted])
  }

  /// What a retry that finds nothing may have meant: sweeps that are not worked on.
  private func passedOver(_ selection: RunSelection) -> String {
    let names = resting.filter { sweep in
      guard place(of: sweep.name) == nil else { return false }
      switch selection {
      case .everything: return sweep.failed > 0
      case .runs: return sweep.failed + sweep.cancelled > 0
      case .sweep: return false
      }
    }.map(\.name)
    return names.isEmpty
      ? ""
      : "; \(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") not worked on: "
        + "groksweep submit takes a sweep up again"
  }

  /// Whether a run is one that somebody has cancelled and that has no result which tells what was asked of it.
  private func isGivenUp(_ run: Int) -> Bool {
    runs[run].phase == .cancelled
      || sweeps.contains { sweep in
        !sweep.isCancelled && sweep.hasGivenUp(run)
          && !isAnswered(run, sweep.request)
      }
  }

  /// Computes a run that was given up, or cancelled by its key, after all.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - revives: whether it is taken up by the sweeps, too, that no longer want it.
  /// - Returns: whether there is a sweep left that wants it.
  private mutating func tryAgain(_ run: Int, revives: Bool) -> Bool {
    let wanting = sweeps.indices.filter { sweep in
      sweeps[sweep].wants(run)
        || (revives && !sweeps[sweep].isCancelled
          && sweeps[sweep].members.contains(run))
    }
    guard !wanting.isEmpty else { return false }
    if runs[run].phase == .failed { journal.pending.changes.append(.reopen(runs[run].key)) }
    if wanting.count > runs[run].wanted {
      if runs.isOpen(run) { countGivenUp(run) }
      for sweep in sweeps.indices { sweeps[sweep].cancelledRuns.remove(Int32(run)) }
      if runs.isOpen(run) { countOpening(of: run) }
      runs.update(run) { $0.wanted = Int32(wanting.count) }
      journal.pending.changes.append(.reviveRuns([runs[run].key]))
    }
    askForWhatIsWanted(of: run)
    runs.update(run) { state in
      state.failures = 0
      state.losses = 0
    }
    switch runs[run].phase {
    case .waiting, .leased: break
    case .failed: revive(run)
    case .cancelled: takeUp(run)
    case .finished:
      // Another sweep had it computed for less.
      let checkpoint = runs[run].checkpoint.flatMap { known in
        shortResults[run].flatMap {
          endState(known, of: known.parent, $0, for: runs.request(of: run))
        }
      }
      runs.update(run) { $0.checkpoint = checkpoint }
      takeUp(run)
    }
    settle(run)
    return true
  }

  // MARK: Workers

  private mutating func drain(_ name: String) -> CommandAnswer.Content {
    let found = workers(named: name)
    guard !found.isEmpty else {
      return drainedElsewhere(named: name).isEmpty
        ? .refused(unknownWorker(name))
        : .done("\(name) takes no more runs; it is not connected", counts: ["running": 0])
    }
    for worker in found {
      draining[worker] = sessions[worker]?.description.provenance.host
      noteReadiness(of: worker)
      if let session = sessions[worker], isDrained(session) { stopIfIdle(session) }
    }
    let running = found.reduce(0) { $0 + (sessions[$1]?.leases.count ?? 0) }
    return .done(
      "\(name) takes no more runs; it leaves "
        + (running == 0 ? "now" : "once \(count(running)) \(running == 1 ? "has" : "have") ended"),
      counts: ["running": running])
  }

  /// Ends a worker's draining, or what is held against its machine.
  private mutating func letIn(_ name: String) -> CommandAnswer.Content {
    readmit(name)
    let found = workers(named: name) + drainedElsewhere(named: name)
    guard !found.isEmpty || nodes.knows(name) else {
      return .refused(unknownWorker(name))
    }
    for worker in found {
      draining[worker] = nil
      // Somebody may have put the files there that it had not got.
      sessions[worker]?.lacking = [:]
      noteReadiness(of: worker)
    }
    hungry.formUnion(found.filter { sessions[$0] != nil })
    return .done("\(name) may take runs")
  }

  /// Whether a worker is to leave, and has nothing left to do.
  func isDrained(_ session: Session) -> Bool {
    draining[session.id] != nil && session.leases.isEmpty
  }

  /// Whether a worker is to be given runs; whether its machine is, is another question.
  func mayTakeRuns(_ session: Session) -> Bool {
    !session.isResting && draining[session.id] == nil
  }

  func mayTakeRuns(_ worker: WorkerID) -> Bool { sessions[worker].map(mayTakeRuns) ?? false }

  /// Tells the table of machines whether a worker could be given any run there is.
  mutating func noteReadiness(of worker: WorkerID) {
    guard let session = sessions[worker], session.description.slots > 0 else { return }
    let isReady = mayTakeRuns(session) && session.lacking.isEmpty
    let limit = NodeTable.Limit(
      isDraining: draining[worker] != nil, lacking: Set(session.lacking.keys))
    changeNodes { $0.note(worker, of: session.node, isReady: isReady, limit: limit) }
  }

  private func workers(named name: String) -> [WorkerID] {
    sessions.values.filter { session in
      Self.names(name, session.id, at: session.description.provenance.host)
    }.map(\.id)
  }

  /// Workers that were drained and have left.
  private func drainedElsewhere(named name: String) -> [WorkerID] {
    draining.filter { worker, host in
      sessions[worker] == nil && Self.names(name, worker, at: host)
    }.map(\.key)
  }

  /// Whether a user means this worker: by its machine, or by four or more digits of its id.
  private static func names(_ name: String, _ worker: WorkerID, at host: String) -> Bool {
    !name.isEmpty && (host == name || (name.count >= 4 && worker.rawValue.hasPrefix(name)))
  }

  // MARK: Names

  private struct Problem: Error {
    var sentence: String
  }

  /// The place of a sweep that is worked on, or was when it ended or was cancelled.
  func place(of sweep: String) -> Int? {
    sweeps.firstIndex { $0.name == sweep }
  }

  private func unknown(_ sweep: String) -> String {
    "the coordinator knows no sweep \"\(sweep)\""
      + Spelling.suggestion(
        for: sweep, among: Array(OrderedSet(sweeps.map(\.name) + resting.map(\.name))))
  }

  private func unknownWorker(_ name: String) -> String {
    let hosts = OrderedSet(sessions.values.map(\.description.provenance.host))
    return "no worker \"\(name)\" is connected; "
      + (hosts.isEmpty ? "none is" : "connected are \(hosts.joined(separator: ", "))")
  }

  private func find(_ prefixes: [String]) -> Result<[Int], Problem> {
    var places: OrderedSet<Int> = []
    for prefix in prefixes {
      let digits = prefix.lowercased()
      guard (4...64).contains(digits.utf8.count) else {
        return .failure(
          Problem(sentence: "expected four or more digits of a run's key, found \"\(prefix)\""))
      }
      // A run is known by itself, too, that no sweep has brought, for its results that may still come.
      let found = runs.indices(withPrefix: digits).filter { run in
        sweeps.contains { $0.members.contains(run) }
      }
      guard let run = found.first else {
        let hint =
          resting.isEmpty
          ? "" : " in the sweeps that it works on; groksweep submit takes another one up again"
        return .failure(
          Problem(sentence: "\(prefix): the coordinator knows no run like this\(hint)"))
      }
      guard found.count == 1 else {
        return .failure(Problem(sentence: "\(prefix): \(found.count) runs begin like this"))
      }
      places.append(run)
    }
    return .success(Array(places))
  }

  private func count(_ count: Int) -> String { "\(count) \(count == 1 ? "run" : "runs")" }
}
