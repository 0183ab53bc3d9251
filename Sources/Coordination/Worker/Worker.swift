import Experiments
import OrderedCollections

/// Keeps a node's trainers fed and alive, and every report until it is durable.
///
/// A pure state machine: it is told what happened and when, and answers with what to do. The caller
/// must carry out the effects in order, and must call `handle(.timePassed, at:)` at `nextDeadline`.
/// While `acceptsTrainerOutput` is false it leaves the trainers' pipes unread.
public struct Worker: Sendable {
  /// Where the worker stands with the coordinator.
  enum Link: Hashable, Sendable {
    /// No trainer is ready, so there is nothing to offer.
    case quiet
    /// Hello has been said, at this time, and not been answered.
    case introducing(since: MonotonicInstant)
    case welcome
    /// A fresh socket has been asked for.
    case opening
  }

  /// Whether it goes on.
  enum Course: Hashable, Sendable {
    case running
    /// Runs are saved until `deliver`, then given back; the process ends by `until`.
    case stopping(Outcome, deliver: MonotonicInstant, until: MonotonicInstant)
    case ended
  }

  /// A lease from its grant until the end of its run is acknowledged.
  struct Holding: Hashable, Sendable {
    var run: RunKey
    var attempt: Int
    var step: Int
    /// The sequence number of its last report, once it has ended.
    var endSequence: Int?
  }

  /// A heartbeat that is late by less may have waited for a busy processor.
  private static let sleepMin: Duration = .seconds(1)

  let settings: Settings
  var link = Link.quiet
  var course = Course.running
  var slots: [TrainerSlot]
  /// Grants that wait for a slot, in their order.
  ///
  /// A slice, because taking its first elements moves nothing.
  var queue: ArraySlice<DeliveredGrant> = []
  var holdings: OrderedDictionary<LeaseID, Holding> = [:]
  /// Every lease that was ever granted, so that a grant that comes twice is computed once.
  var seen: Set<LeaseID> = []
  var outbox: Outbox
  /// What the first trainer calls itself.
  var trainerName: String?
  var heartbeatInterval: Duration
  var nextHeartbeat: MonotonicInstant?
  /// When the coordinator was last heard, or a socket opened.
  var lastWord: MonotonicInstant
  var lastHeard: MonotonicInstant
  var saidRefused = false
  /// When something was last kept on disk.
  var lastKept: MonotonicInstant?
  var effects: [Effect] = []

  /// Makes a worker that has not started yet.
  ///
  /// - Parameters:
  ///   - settings: who it is, its periods and limits.
  ///   - kept: what a former process of this worker has left on disk, in its order.
  ///   - now: the time at which it starts.
  public init(settings: Settings, kept: [Report] = [], at now: MonotonicInstant) {
    self.settings = settings
    slots = Array(repeating: TrainerSlot(), count: settings.slots)
    outbox = Outbox(bytesMax: settings.keptBytesMax, kept: kept, at: now)
    heartbeatInterval = settings.heartbeatInterval
    lastWord = now
    lastHeard = now
    settle(kept, at: now)
  }

  /// What to do now that this has happened.
  public mutating func handle(_ event: Event, at now: MonotonicInstant) -> [Effect] {
    guard course != .ended else { return [] }
    forgiveSleep(at: now)
    switch event {
    case .started: for slot in slots.indices { start(slot, at: now) }
    case .connected: connected(at: now)
    case .messageArrived(let message): receive(message, at: now)
    case .trainerSaid(let slot, let message): notice(.said(message), in: slot, at: now)
    case .trainerLogged(let slot, let line): slots[slot].log.append(line)
    case .trainerMisspoke(let slot, let problem): notice(.misspoke(problem), in: slot, at: now)
    case .trainerExited(let slot, let status): notice(.exited(status), in: slot, at: now)
    case .trainerDidNotStart(let slot, let problem): didNotStart(slot, problem, at: now)
    case .notBegun(let slot, let problem): notBegun(slot, problem, at: now)
    case .checkpointRead(let slot, let step, let bytes): read(slot, step, bytes, at: now)
    case .checkpointUnreadable(let slot, let step, let problem):
      unreadable(slot, step, problem, at: now)
    case .keepFailed(let sequence): outbox.keepFailed(from: sequence)
    case .interrupted(let grace): stop(.interrupted, grace: grace, at: now)
    case .timePassed: break
    }
    considerLeaving(at: now)
    superviseTrainers(at: now)
    assignRuns(at: now)
    considerEnd(at: now)
    keepInTouch(at: now)
    deliver(at: now)
    keepOnDisk(at: now)
    defer { effects = [] }
    return effects
  }

  /// When `timePassed` is due; nil if nothing is waited for.
  public var nextDeadline: MonotonicInstant? {
    guard course != .ended else { return nil }
    let isRunning = course == .running
    var deadlines = slots.filter { isRunning || $0.running != nil }.compactMap {
      $0.deadline(hungAfter: settings.hungAfter)
    }
    if let nextHeartbeat { deadlines.append(nextHeartbeat) }
    if link != .quiet, link != .opening { deadlines.append(lastWord + patience) }
    if link == .welcome, let since = outbox.waitingSince {
      deadlines.append(since + settings.reportDelay)
    }
    if let giveUpAfter { deadlines.append(lastHeard + giveUpAfter) }
    if let keepDue { deadlines.append(keepDue) }
    if isRunning, let leaveDue { deadlines.append(leaveDue) }
    if case .stopping(_, let deliver, let until) = course {
      deadlines.append(queue.isEmpty && slots.allSatisfy { $0.running == nil } ? until : deliver)
    }
    return deadlines.min()
  }

  /// Whether there is room for what trainers say; false once too much waits for acknowledgement.
  public var acceptsTrainerOutput: Bool { !outbox.isFull }

  /// How long the coordinator may be silent before a fresh socket is opened.
  var patience: Duration { heartbeatInterval * settings.silentIntervalsMax }

  /// How long the coordinator may be silent before the worker ends; it only speaks when a heartbeat is due.
  private var giveUpAfter: Duration? { settings.giveUpAfter.map { max($0, patience) } }

  mutating func end(_ outcome: Outcome) {
    guard course != .ended else { return }
    course = .ended
    if link == .welcome { send(.goodbye) }
    keepAll()
    effects.append(.finished(outcome))
  }

  /// Begins to end: what waits is given back, what runs is saved first.
  mutating func stop(_ outcome: Outcome, grace: Duration, at now: MonotonicInstant) {
    guard course == .running else { return }
    course = .stopping(outcome, deliver: now + grace * 3 / 4, until: now + grace)
    for waiting in queue { giveBack(waiting.grant.lease, at: now) }
    queue = []
    for slot in slots.indices {
      guard let running = slots[slot].running else { continue }
      effects.append(.tell(slot: slot, .save(running.run)))
    }
  }

  /// From when on nothing more is begun, so that all is handed back before the end.
  var leaveDue: MonotonicInstant? { settings.leavesAt.map { $0 + (.zero - settings.grace) } }

  private mutating func considerLeaving(at now: MonotonicInstant) {
    guard course == .running, let leaveDue, leaveDue <= now else { return }
    effects.append(.tellUser("the end time is near: runs are saved and handed back"))
    stop(.left, grace: settings.grace, at: now)
  }

  private mutating func considerEnd(at now: MonotonicInstant) {
    if let giveUpAfter, lastHeard + giveUpAfter <= now {
      return end(.gaveUp)
    }
    guard case .stopping(let outcome, let deliver, let until) = course else { return }
    if deliver <= now {
      for slot in slots.indices {
        guard let running = slots[slot].running else { continue }
        cancel(slot)
        giveBack(running.lease, at: now)
      }
    }
    let isDone = outbox.isEmpty && slots.allSatisfy { $0.running == nil }
    if isDone || until <= now { end(outcome) }
  }

  /// Nobody is blamed for silence while this process, or the whole machine, stood still.
  ///
  /// What trainers and coordinator said meanwhile still waits in pipes and sockets, which are full at
  /// last; it is heard after this.
  private mutating func forgiveSleep(at now: MonotonicInstant) {
    guard let due = nextHeartbeat, due + Self.sleepMin <= now else { return }
    let slept = now - due
    for slot in slots.indices { slots[slot].postpone(by: slept) }
    lastHeard = lastHeard + slept
  }

  func message(_ body: WorkerMessage.Body) -> WorkerMessage {
    WorkerMessage(worker: settings.worker, epoch: settings.epoch, body: body)
  }

  mutating func send(_ body: WorkerMessage.Body) { effects.append(.send(message(body))) }
}
