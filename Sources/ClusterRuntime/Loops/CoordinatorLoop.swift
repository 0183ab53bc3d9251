public import Coordination
public import Experiments
import Foundation

/// Carries messages, store reports, signals and deadlines to the coordinator, and out what it decides.
///
/// One thread; it decides nothing but when to give up on a store that fails for too long and on a
/// local worker that keeps dying.
public final class CoordinatorLoop {
  /// Messages handled between two looks at signals and the store, which is to have its next batch soon.
  private static let messagesPerTurn = 64
  /// What has so many bytes takes some hundredths of a second.
  private static let bytesPerTurn = 16 << 20
  /// Messages read in this time, with those for which there is no room.
  private static let readsPerTurn = 4096

  /// The least time between two turns: what arrives within it is handled, and made durable, together.
  ///
  /// Ten thousand workers send some thousand small messages a second: waking up for each of them, and committing what
  /// each has changed, costs more than what they ask for.
  private static let pace: Duration = .milliseconds(2)

  /// So many changes are worth a commit of their own, and a turn for it.
  private static let changesPerCommit = 64

  /// A turn that takes longer has left messages unread that came meanwhile.
  private static let slowTurn: Duration = .milliseconds(100)

  /// How long a store is taken for one that fails, after it did not take a sweep.
  private static let doubt: Duration = .seconds(60)

  /// An interrupted command ends within two seconds, the last of it for the commit and the exit.
  private static let interruptionPatience: Duration = .milliseconds(1800)
  /// Batch systems tell a job's shell, which tells the coordinator, and the coordinator itself: what comes within
  /// this time has been said once.
  private static let sameWord: Duration = .seconds(1)

  let options: Options
  private let observer: Observer
  private let signals: SignalInbox
  private let storeThread: StoreThread
  private let checkpoints: CheckpointReader
  private let registrar: Registrar
  private let access: AccessControl
  private let socket: ZeroMQSocket
  private let address: String
  private let connections = ConnectionKeeper()
  private var stalls = StallWatch(at: MonotonicClock.now)
  private var poller = Poller()
  private var coordinator: Coordinator
  private var outcome: Coordinator.Outcome?
  private var failing: (since: MonotonicInstant, reason: String)?
  /// The last sweep that could not be made durable, until something was.
  private var unregistered: (since: MonotonicInstant, reason: String)?
  private var nextProgress: MonotonicInstant
  private var nextTurn = MonotonicClock.now
  private var interruptionBegan: MonotonicInstant?
  /// When the loop ends whatever the coordinator still waits for.
  private var interruptionEnds: MonotonicInstant?
  private var localWorker: LocalWorker?
  /// The command that was carried out last; one whose answer is lost comes again.
  private var lastCommand: UInt64?

  /// What was turned away so far.
  public var refusals: Refusals { access.refusals }

  /// Reads a stored checkpoint's bytes: run, attempt, step.
  public typealias CheckpointReader = (RunKey, Int, Int) -> [UInt8]?

  /// Reads and checks a sweep that was submitted, and makes it durable.
  public typealias Registrar = (SubmittedSweep) throws(RuntimeFailure) -> SweepSubmission

  /// Opens the socket; nothing is received before `run`.
  ///
  /// - Parameters:
  ///   - coordinator: the state machine, without sweeps.
  ///   - options: where to listen, and how patient to be.
  ///   - writer: makes a batch of changes durable, or nothing of it; called on a thread of its own.
  ///   - checkpoints: reads the checkpoints that grants refer to.
  ///   - registrar: takes in sweeps that are submitted to the running coordinator.
  ///   - signals: the signals of this process.
  ///   - observer: what the user is shown.
  /// - Throws: `RuntimeFailure` if the address cannot be listened on, or the keys cannot be used.
  public init(
    _ coordinator: Coordinator, options: Options, writer: @escaping StoreWriter,
    checkpoints: @escaping CheckpointReader, registrar: @escaping Registrar,
    signals: SignalInbox, observer: Observer
  ) throws(RuntimeFailure) {
    self.coordinator = coordinator
    self.options = options
    self.observer = observer
    self.signals = signals
    self.checkpoints = checkpoints
    self.registrar = registrar
    storeThread = try StoreThread(writer: writer)
    access = try AccessControl(
      to: options.listen, keys: options.keys, say: observer.onAccess)
    socket = try .open(
      .router, usesIPv6: options.listen.usesIPv6, keys: access.coordinatorKey,
      credential: access.credential, in: access.context)
    address = try socket.bind(to: options.listen.address)
    nextProgress = MonotonicClock.now
    localWorker = options.localWorker
  }

  deinit { storeThread.close() }

  /// Tells of the sweeps of the store that are not worked on.
  public func recall(_ sweeps: [SweepStatus]) { coordinator.resting = sweeps }

  /// Goes on until the coordinator has finished.
  ///
  /// - Parameters:
  ///   - submissions: the sweeps to begin with.
  ///   - recalled: runs of no such sweep whose results may still come.
  /// - Returns: how it ended.
  /// - Throws: `RuntimeFailure` if the store or the local worker cannot go on.
  public func run(
    submitting submissions: [SweepSubmission], recalling recalled: [RestoredRun] = []
  ) throws(RuntimeFailure) -> Coordinator.Outcome {
    observer.onListening(address)
    defer {
      localWorker?.kill()
      options.background?.end()
      SocketFile.remove(options.listen.address)
    }
    for submission in submissions { try handle(.sweepSubmitted(submission)) }
    try handle(.runsRecalled(recalled))
    // Nothing may be left to do: then nobody is asked to do it.
    if outcome == nil { try localWorker?.start(connectingTo: address) }
    while outcome == nil {
      try turn()
    }
    observer.onProgress(coordinator.progress(at: MonotonicClock.now))
    try waitForLocalWorker()
    guard let outcome else { preconditionFailure("the loop ended without an outcome") }
    return outcome
  }

  private func turn() throws(RuntimeFailure) {
    try keepPace()
    poller.removeAll()
    let socketIndex = poller.add(socket)
    let signalIndex = poller.add(signals.descriptor)
    let storeIndex = poller.add(storeThread.flag.descriptor)
    let accessIndex = access.add(to: &poller)
    let reportIndex = poller.add(reportsOf: socket)
    try poller.wait(within: patience())
    let begin = MonotonicClock.now
    stalls.look(at: begin)
    if poller.isReady(reportIndex) { try noteConnections() }
    if poller.isReady(accessIndex) { try access.answerQuestions(after: noteConnections) }
    if poller.isReady(signalIndex) { try receiveSignals() }
    if poller.isReady(storeIndex) { try receiveStoreReports() }
    let isAllRead = poller.isReady(socketIndex) ? try receiveMessages() : true
    if isAllRead { nextTurn = begin + Self.pace }
    // What has come while a sweep was taken in, for instance, is not read yet.
    let isPrompt = MonotonicClock.now - begin < Self.slowTurn
    for refusal in connections.look(isAllRead: isAllRead && isPrompt) {
      access.note(refusal.kind, refusal.detail)
    }
    try handle(.timePassed)
    try localWorker?.restartIfDue(at: MonotonicClock.now)
    if let interruptionEnds, MonotonicClock.now >= interruptionEnds { outcome = .interrupted }
    try checkStorePatience()
    showProgress()
  }

  /// Sleeps until the next turn.
  ///
  /// Who connects is looked at meanwhile: a moment later it may be gone.
  private func keepPace() throws(RuntimeFailure) {
    let flag = isStoreAwaited ? storeThread.flag : nil
    while case let rest = nextTurn - MonotonicClock.now, rest > .zero {
      try noteConnections()
      if try socket.waitForReport(or: flag, within: rest) { return }
    }
  }

  /// Whether the store is to have its next batch as soon as it is done with the last one.
  private var isStoreAwaited: Bool { coordinator.waitingChanges >= Self.changesPerCommit }

  private func patience() -> Duration {
    let deadlines = [
      nextProgress, coordinator.nextDeadline, localWorker?.restartDue, interruptionEnds,
    ]
    let deadline = deadlines.compactMap { $0 }.min() ?? nextProgress
    return max(.zero, deadline - MonotonicClock.now)
  }

  /// - Returns: whether none is left.
  private func receiveMessages() throws(RuntimeFailure) -> Bool {
    var (handled, bytes) = (0, 0)
    for _ in 0..<Self.readsPerTurn {
      if handled >= Self.messagesPerTurn || bytes >= Self.bytesPerTurn { break }
      if isStoreAwaited && storeThread.hasReports { break }
      guard let message = try socket.receive(where: connections.hasRoom) else { return true }
      if let refusal = connections.heard(message) {
        access.note(refusal.kind, refusal.detail)
        continue
      }
      (handled, bytes) = (handled + 1, bytes + message.payload.count)
      guard let identity = access.sender(of: message) else { continue }
      let sender = RoutingID(message.sender)
      let decoded: IncomingMessage
      do throws(WireError) {
        decoded = try WireCodec.decodeIncoming(Data(message.payload))
      } catch {
        access.note(.malformed, "a message: \(error)")
        continue
      }
      switch decoded {
      case .worker(let message): try handle(.messageArrived(message, from: sender))
      case .command(let command) where identity.mayControl:
        try handle(.commandArrived(command, from: sender))
      case .command(let command):
        access.note(.command, "a command of a key that is no admin's")
        let sentence =
          "this key may not give commands; groksweep keys make NAME --admin makes one that may"
        try send(CommandAnswer(id: command.id, .refused(sentence)), to: sender)
      case .foreignCommand(let id, let version):
        access.note(.otherVersion, "a command of protocol \(version)")
        // The other side sees by the answer's protocol what to update, whatever it says.
        try send(CommandAnswer(id: id, .refused("update groksweep")), to: sender)
      }
    }
    return false
  }

  private func noteConnections() throws(RuntimeFailure) {
    var reports: [ConnectionReport] = []
    while let report = try socket.nextReport() {
      reports.append(report)
      guard case .failed(let failure) = report else { continue }
      if failure == .brokenOff, stalls.isToBlame(at: MonotonicClock.now) { continue }
      access.note(failure)
    }
    connections.note(reports)
  }

  private func receiveStoreReports() throws(RuntimeFailure) {
    for report in storeThread.takeReports() {
      switch report {
      case .committed(let id):
        (failing, unregistered) = (nil, nil)
        try handle(.storeCommitted(id))
      case .failed(let id, let reason, let isRetryable):
        guard isRetryable else { throw RuntimeFailure(.surroundings, reason) }
        failing = (failing?.since ?? MonotonicClock.now, reason)
        try handle(.storeFailed(id, reason: reason))
      }
    }
  }

  private func checkStorePatience() throws(RuntimeFailure) {
    guard let failing, let storePatience = options.storePatience,
      MonotonicClock.now - failing.since >= storePatience
    else { return }
    throw RuntimeFailure(
      .surroundings,
      "\(failing.reason); gave up after \(storePatience.components.seconds) s of trying again")
  }

  private func receiveSignals() throws(RuntimeFailure) {
    while let signal = try signals.next() {
      switch signal {
      case .stop where interruptionEnds == nil:
        interruptionBegan = MonotonicClock.now
        interruptionEnds = MonotonicClock.now + Self.interruptionPatience
        try handle(.interrupted)
      case .stop:
        if let interruptionBegan, MonotonicClock.now - interruptionBegan < Self.sameWord { break }
        outcome = .interrupted
      case .child: break
      }
    }
    for (process, status) in ExitStatus.collect() {
      try localWorker?.noteExit(of: process, status: status, isExpected: interruptionEnds != nil)
      options.background?.noteExit(of: process, status: status)
    }
  }

  private func handle(_ event: Coordinator.Event) throws(RuntimeFailure) {
    try perform(coordinator.handle(event, at: MonotonicClock.now))
  }

  private func perform(_ effects: [Coordinator.Effect]) throws(RuntimeFailure) {
    // Before anything else, so that the store has work while grants are written out. A grant whose checkpoint has been
    // replaced when it is read is withdrawn.
    for case .commit(let id, let changes) in effects { storeThread.submit(id, changes) }
    let written = GrantMessages.encode(effects)
    for (place, effect) in effects.enumerated() {
      switch effect {
      case .send(let message, let peer): try send(message, to: peer)
      case .grant(let grants, let peer):
        if let message = written[place] {
          _ = try socket.send(message, to: peer.bytes)
        } else {
          try deliver(grants, to: peer)
        }
      case .commit: break
      case .answer(let answer, let peer): try send(answer, to: peer)
      case .register(let sweep, let command, let peer):
        try register(sweep, for: command, from: peer)
      case .tellUser(.workerRefused(let sentence)):
        access.note(.otherVersion, "a worker: \(sentence)")
      case .tellUser(let notice): observer.onNotice(notice)
      case .finished(let outcome): self.outcome = outcome
      }
    }
  }

  private func send(_ message: CoordinatorMessage, to peer: RoutingID) throws(RuntimeFailure) {
    // What cannot be sent is dropped: the next heartbeat's answer brings both sides together again.
    _ = try socket.send([UInt8](WireCodec.encode(message)), to: peer.bytes)
  }

  private func send(_ answer: CommandAnswer, to peer: RoutingID) throws(RuntimeFailure) {
    var answer = answer
    if case .status(var status) = answer.content {
      status.refused = refusals.byKind
      status.remarks += [access.problem].compactMap { $0 }
      // Where nothing is computed nobody else may try to store anything for hours.
      if let unregistered, MonotonicClock.now - unregistered.since < Self.doubt {
        status.storeFailure = status.storeFailure ?? unregistered.reason
      }
      answer.content = .status(status)
    }
    if case .done(let sentence, _) = answer.content, answer.id != lastCommand {
      lastCommand = answer.id
      observer.onCommand(sentence)
    }
    // One that is lost is asked for again.
    _ = try socket.send([UInt8](WireCodec.encode(answer)), to: peer.bytes)
  }

  private func register(
    _ sweep: SubmittedSweep, for command: UInt64, from peer: RoutingID
  ) throws(RuntimeFailure) {
    let memory = ResidentMemory.bytes
    let submission: SweepSubmission
    do throws(RuntimeFailure) {
      submission = try registrar(sweep)
      unregistered = nil
    } catch {
      if error.kind != .wrongInput { unregistered = (MonotonicClock.now, error.sentence) }
      let content: CommandAnswer.Content =
        error.kind == .wrongInput ? .refused(error.sentence) : .failed(error.sentence)
      return try send(CommandAnswer(id: command, content), to: peer)
    }
    try handle(.sweepRegistered(submission, command: command, from: peer))
    connections.noteOwnGrowth(since: memory)
  }

  private func deliver(_ grants: [Grant], to peer: RoutingID) throws(RuntimeFailure) {
    var delivered: [DeliveredGrant] = []
    var bytes = 0
    for grant in grants {
      guard let continuation = grant.continuation else {
        delivered.append(DeliveredGrant(grant: grant))
        continue
      }
      guard let checkpoint = checkpoints(grant.run, continuation.parent, continuation.step) else {
        try handle(.checkpointUnavailable(grant.lease))
        continue
      }
      if bytes + checkpoint.count > WireCodec.checkpointBytesMax {
        try send(.grants(delivered), to: peer)
        (delivered, bytes) = ([], 0)
      }
      delivered.append(DeliveredGrant(grant: grant, checkpoint: checkpoint))
      bytes += checkpoint.count
    }
    if !delivered.isEmpty { try send(.grants(delivered), to: peer) }
  }

  private func showProgress() {
    let now = MonotonicClock.now
    guard now >= nextProgress else { return }
    nextProgress = now + options.progressInterval
    observer.onProgress(coordinator.progress(at: now))
  }

  /// Gives the local worker the time to end by itself.
  private func waitForLocalWorker() throws(RuntimeFailure) {
    // A worker that has not said hello yet was told by no message.
    localWorker?.terminate()
    let end = interruptionEnds ?? MonotonicClock.now + .seconds(5)
    while let worker = localWorker, worker.isRunning, MonotonicClock.now < end {
      poller.removeAll()
      poller.add(signals.descriptor)
      try poller.wait(within: end - MonotonicClock.now)
      while try signals.next() != nil {}
      for (process, status) in ExitStatus.collect() {
        try worker.noteExit(of: process, status: status, isExpected: true)
      }
    }
  }
}
