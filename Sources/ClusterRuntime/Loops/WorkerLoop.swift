public import Coordination
import Experiments
import Foundation

/// Carries messages, trainers' lines, signals and deadlines to the worker, and out what it decides.
public final class WorkerLoop {
  /// What the loop needs to know beside the worker's own settings.
  public struct Options {
    /// Where the coordinator may be reached, the best address first.
    public var endpoints: [Endpoint]
    /// Asked after silence: where the coordinator is now, if it may have moved.
    public var endpointsAgain: () throws(RuntimeFailure) -> [Endpoint]? = { nil }
    /// The file of the key that proves who the worker is, and what is in it; nil for plain text.
    public var key: (path: String, file: KeyFile)?
    /// The trainer's program and arguments.
    public var trainer: [String]
    public var environment: [String: String]
    /// Where reports lie that no coordinator has acknowledged.
    public var keptFolder: String
    /// How long trainers have between SIGTERM and the end.
    public var grace: Duration = .seconds(8)
    public var onMessage: (String) -> Void = { _ in }
    /// Where acknowledged reports are listed for whoever checks the store.
    public var trace: DeliveryTrace?
    /// Where health checks see whether the coordinator is heard.
    public var lifeSign: LifeSign?

    public init(
      endpoints: [Endpoint], trainer: [String], environment: [String: String], keptFolder: String
    ) {
      self.keptFolder = keptFolder
      self.endpoints = endpoints
      self.trainer = trainer
      self.environment = environment
    }
  }

  private static let messagesPerTurn = 2000
  /// Batch systems tell a job's shell, which tells the worker, and the worker itself: what comes within
  /// this time has been said once.
  private static let sameWord: Duration = .seconds(1)

  private let options: Options
  private let signals: SignalInbox
  private let context: ZeroMQContext
  private let folder: PrivateFolder
  private let slots: [TrainerSlot]
  private let kept: KeptReports
  private var socket: ZeroMQSocket
  private var rotation: EndpointRotation
  private var advice: HandshakeAdvice
  private var worker: Worker
  private var poller = Poller()
  private var outcome: Worker.Outcome?
  private var hasSaidNotKept = false
  private var hasSaidNotBegun = false
  private var hasSaidNoLine = false
  private var silence = SilenceNotices()
  private var interruptionEnds: MonotonicInstant?
  private var interruptionBegan: MonotonicInstant?
  /// What carrying out effects has made happen, to be handled after them.
  private var pending: [Worker.Event] = []

  /// Opens the socket and makes the slots' folders; no trainer runs before `run`.
  ///
  /// - Parameters:
  ///   - settings: who the worker is, its periods and limits.
  ///   - options: where to connect and what to run.
  ///   - signals: the signals of this process.
  /// - Throws: `RuntimeFailure` if the folders or the socket cannot be made.
  public init(
    _ settings: Worker.Settings, options: Options, signals: SignalInbox
  ) throws(RuntimeFailure) {
    self.options = options
    self.signals = signals
    context = try ZeroMQContext()
    folder = try PrivateFolder()
    var slots: [TrainerSlot] = []
    for index in 0..<settings.slots {
      slots.append(try TrainerSlot(index: index, folder: "\(folder.path)/slot-\(index)"))
    }
    self.slots = slots
    rotation = EndpointRotation(options.endpoints)
    socket = try Self.openSocket(to: rotation.current, options, in: context)
    advice = HandshakeAdvice(address: rotation.current.address, key: options.key)
    kept = KeptReports(folder: options.keptFolder, worker: settings.worker)
    let reports = try kept.read(onProblem: options.onMessage)
    if !reports.isEmpty {
      options.onMessage("\(reports.count) reports from before will be delivered")
    }
    worker = Worker(settings: settings, kept: reports, at: MonotonicClock.now)
  }

  private static func openSocket(
    to endpoint: Endpoint, _ options: Options, in context: ZeroMQContext
  ) throws(RuntimeFailure) -> ZeroMQSocket {
    let socket = try ZeroMQSocket.open(
      .dealer, usesIPv6: endpoint.usesIPv6, keys: options.key?.file, in: context)
    try socket.connect(to: endpoint.address)
    return socket
  }

  /// Goes on until the worker has finished.
  public func run() throws(RuntimeFailure) -> Worker.Outcome {
    defer { for slot in slots { slot.kill() } }
    try handle(.started)
    while true {
      if let outcome { return outcome }
      try turn()
    }
  }

  private func turn() throws(RuntimeFailure) {
    poller.removeAll()
    let socketIndex = poller.add(socket)
    let failureIndex = poller.add(reportsOf: socket)
    let signalIndex = poller.add(signals.descriptor)
    var ready: [(slot: TrainerSlot, index: Poller.Index)] = []
    for slot in slots {
      guard let process = slot.process else { continue }
      if worker.acceptsTrainerOutput {
        for stream in [process.output, process.error] {
          if let stream { ready.append((slot, poller.add(stream))) }
        }
      }
      if let input = process.input, process.hasUnwritten { poller.add(input, forWriting: true) }
    }
    try poller.wait(within: patience())
    if poller.isReady(signalIndex) { try receiveSignals() }
    if poller.isReady(failureIndex) { try noteFailedHandshakes() }
    if poller.isReady(socketIndex) { try receiveMessages() }
    for (slot, index) in ready where poller.isReady(index) { try readTrainer(slot) }
    for slot in slots where slot.process?.hasUnwritten == true { slot.process?.flush() }
    try reportExits()
    try handle(.timePassed)
    if let interruptionEnds, MonotonicClock.now >= interruptionEnds { outcome = .interrupted }
  }

  private func patience() -> Duration? {
    let deadlines = [worker.nextDeadline, interruptionEnds].compactMap { $0 }
    return deadlines.min().map { max(.zero, $0 - MonotonicClock.now) }
  }

  private func noteFailedHandshakes() throws(RuntimeFailure) {
    while let failure = try socket.nextHandshakeFailure() {
      if let sentence = advice.sentence(on: failure, at: MonotonicClock.now) {
        options.onMessage("\(sentence); trying again")
      }
    }
  }

  private func receiveMessages() throws(RuntimeFailure) {
    for _ in 0..<Self.messagesPerTurn {
      guard outcome == nil, let message = try socket.receive() else { return }
      advice.heard()
      rotation.heard()
      options.lifeSign?.heard(at: MonotonicClock.now)
      silence.restart()
      let decoded: CoordinatorMessage
      do throws(WireError) {
        decoded = try WireCodec.decodeCoordinatorMessage(Data(message.payload))
      } catch {
        options.onMessage("a message from the coordinator cannot be read: \(error)")
        continue
      }
      options.trace?.note(decoded)
      try handle(.messageArrived(decoded))
    }
  }

  private func receiveSignals() throws(RuntimeFailure) {
    while let signal = try signals.next() {
      switch signal {
      case .stop where interruptionEnds == nil:
        interruptionBegan = MonotonicClock.now
        interruptionEnds = MonotonicClock.now + options.grace
        // The worker of `groksweep run` ends with it, which says so.
        if rotation.current.address.hasPrefix("tcp://") {
          options.onMessage(
            "told to end: runs are saved and handed back, within \(options.grace.components.seconds) s"
          )
        }
        try handle(.interrupted(grace: options.grace))
      case .stop:
        if let interruptionBegan, MonotonicClock.now - interruptionBegan < Self.sameWord { break }
        outcome = .interrupted
      case .child: break
      }
    }
    for (process, status) in ExitStatus.collect() {
      for slot in slots { slot.noteExit(of: process, status: status) }
    }
  }

  private func readTrainer(_ slot: TrainerSlot) throws(RuntimeFailure) {
    for output in slot.readOutput() {
      switch output {
      case .message(let message): try handle(.trainerSaid(slot: slot.index, message))
      case .log(let line): try handle(.trainerLogged(slot: slot.index, line: line))
      case .malformed(let problem):
        try handle(.trainerMisspoke(slot: slot.index, problem: problem))
      }
    }
  }

  private func reportExits() throws(RuntimeFailure) {
    for slot in slots where slot.hasExited {
      // The pipes hold at most what fits into them once the writer has gone.
      try readTrainer(slot)
      if let status = slot.takeExit() {
        try handle(.trainerExited(slot: slot.index, status: status.code))
      }
    }
  }

  private func handle(_ event: Worker.Event) throws(RuntimeFailure) {
    try perform(worker.handle(event, at: MonotonicClock.now))
    while !pending.isEmpty {
      try perform(worker.handle(pending.removeFirst(), at: MonotonicClock.now))
    }
  }

  private func perform(_ effects: [Worker.Effect]) throws(RuntimeFailure) {
    for effect in effects {
      switch effect {
      case .send(let message):
        options.trace?.note(message)
        // What cannot be sent is dropped: the worker keeps it until it is acknowledged.
        _ = try socket.send([UInt8](WireCodec.encode(message)))
      case .openFreshSocket: try openFreshSocket()
      case .startTrainer(let slot): startTrainer(slots[slot])
      case .run(let slot, let order, let checkpoint): run(order, from: checkpoint, in: slots[slot])
      case .tell(let slot, let command): slots[slot].tell(command)
      case .killTrainer(let slot): slots[slot].kill()
      case .readCheckpoint(let slot, let step, let file): read(file, of: slot, at: step)
      case .keep(let reports): keep(reports)
      case .forgetKept: kept.removeAll()
      case .tellUser(let sentence): options.onMessage(sentence)
      case .finished(let outcome): self.outcome = outcome
      }
    }
  }

  private func openFreshSocket() throws(RuntimeFailure) {
    let silent = rotation.current
    if let endpoints = endpointsAgain(), endpoints != rotation.endpoints {
      rotation = EndpointRotation(endpoints)
      advice.address = rotation.current.address
      silence.restart()
      options.onMessage("no word from \(silent); the coordinator is at \(rotation.current) now")
    } else {
      let goesOn = rotation.moveOn()
      advice.address = rotation.current.address
      // The coordinator of `groksweep run` is this worker's parent.
      if silent.address.hasPrefix("tcp://"), silence.isDue(for: silent, at: MonotonicClock.now) {
        let reason = silent.nameProblem.map { " (\($0))" } ?? ""
        let next = goesOn ? "\(rotation.current)" : "again"
        options.onMessage("no word from \(silent)\(reason); trying \(next)")
      }
    }
    socket = try Self.openSocket(to: rotation.current, options, in: context)
    pending.append(.connected)
  }

  /// A file that cannot be read now may be on its way, or its file server away.
  private func endpointsAgain() -> [Endpoint]? {
    do throws(RuntimeFailure) {
      let endpoints = try options.endpointsAgain()
      hasSaidNoLine = false
      return endpoints
    } catch {
      if !hasSaidNoLine { options.onMessage("\(error)") }
      hasSaidNoLine = true
      return nil
    }
  }

  private func keep(_ reports: [Report]) {
    let isFailing = pending.contains { if case .keepFailed = $0 { true } else { false } }
    guard !isFailing, let first = reports.first else { return }
    do throws(RuntimeFailure) {
      try kept.add(reports)
      if hasSaidNotKept { options.onMessage("results that wait are kept on disk again") }
      hasSaidNotKept = false
    } catch {
      // They are in memory still, and delivered from there unless this process is killed.
      if !hasSaidNotKept { options.onMessage("results wait in memory alone: \(error)") }
      hasSaidNotKept = true
      pending.append(.keepFailed(from: first.sequence))
    }
  }

  private func startTrainer(_ slot: TrainerSlot) {
    do throws(RuntimeFailure) {
      try slot.start(options.trainer, environment: options.environment)
    } catch {
      pending.append(.trainerDidNotStart(slot: slot.index, problem: error.sentence))
    }
  }

  private func run(_ order: RunOrder, from checkpoint: [UInt8]?, in slot: TrainerSlot) {
    var order = order
    do throws(RuntimeFailure) {
      if let checkpoint {
        order.checkpoint = try slot.write(checkpoint: checkpoint)
        hasSaidNotBegun = false
      }
      slot.tell(.run(order))
    } catch {
      if !hasSaidNotBegun {
        options.onMessage(
          "\(error.sentence); runs that go on from a checkpoint are handed back until it can be written"
        )
      }
      hasSaidNotBegun = true
      pending.append(.notBegun(slot: slot.index, problem: error.sentence))
    }
  }

  private func read(_ file: String, of slot: Int, at step: Int) {
    let url = URL(fileURLWithPath: file)
    do {
      let bytes = [UInt8](try Data(contentsOf: url))
      try FileManager.default.removeItem(at: url)
      pending.append(.checkpointRead(slot: slot, step: step, bytes: bytes))
    } catch {
      pending.append(
        .checkpointUnreadable(slot: slot, step: step, problem: Folders.reason(error)))
    }
  }
}
