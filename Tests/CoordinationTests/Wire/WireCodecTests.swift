import Coordination
import Experiments
import Foundation
import OrderedCollections
import Testing

/// Bytes to messages and back, and bytes that are none.
@Suite struct WireCodecTests {
  @Test func `a worker's messages survive the wire`() throws {
    var record = RunRecord(step: 7, measurement: Measurement(trainLoss: 0.1, testLoss: nil))
    record.observables = ["norm": 2.5]
    record.observables.updateValue(nil, forKey: "odd")
    let other = RunRecord(step: 9, measurement: Measurement(testAccuracy: 1))
    let delivery = Delivery(firstKept: 3, lastSent: 4)
    var again = SimulatedScience.summary(of: run(0))
    again.isRecomputedInFloat64 = true
    let contents: [Report.Content] = [
      .records([record, other]), .checkpoint(step: 30, bytes: [0, 255]), finished(0),
      .finished(again, elapsed: .seconds(1)),
      .failed(reason: "r", exitStatus: nil, logTail: "l"),
      .failed(reason: "r", exitStatus: -1, logTail: ""),
      .notContinued(reason: "no room"), .givenBack,
    ]
    let reports = contents.enumerated().map { index, content in
      Report(
        sequence: index + 3, lease: LeaseID(9), run: run(0).key, attempt: 2, content: content)
    }
    let held = HeldLease(lease: LeaseID(9), run: run(0).key, attempt: 2, step: 40)
    var leaving = description(4)
    leaving.stays = .seconds(90)
    let bodies: [WorkerMessage.Body] = [
      .hello(description(4), delivery), .hello(leaving, delivery),
      .heartbeat([held], freeSlots: 3, delivery),
      .reports(reports, delivery), .goodbye,
    ]
    for body in bodies {
      let message = WorkerMessage(worker: WorkerID("w"), epoch: .max, body: body)
      #expect(try WireCodec.decodeWorkerMessage(WireCodec.encode(message)) == message)
    }
  }

  @Test func `a coordinator's messages survive the wire`() throws {
    var continued = grant(1, lease: 2, attempt: 3)
    continued.continuation = Continuation(parent: 2, step: 60)
    continued.files = ["data": "/data/x.safetensors"]
    let messages: [CoordinatorMessage] = [
      .welcome(heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 12),
      .refused("no", mayRetry: true), .introduceYourself,
      .grants([
        DeliveredGrant(grant: grant(0, lease: 1)),
        DeliveredGrant(grant: continued, checkpoint: [1, 2]),
      ]),
      .heartbeatAnswer(
        HeartbeatAnswer(
          believed: [LeaseID(1)], stop: [LeaseID(2)], received: 5, acknowledged: 4, lastSent: 6)),
      .acknowledged(through: 8), .withdraw([LeaseID(4)]), .stop(grace: .milliseconds(1500)),
    ]
    for message in messages {
      #expect(try WireCodec.decodeCoordinatorMessage(WireCodec.encode(message)) == message)
    }
  }

  @Test func `grants that share some of their parts survive the wire`() throws {
    let grants = WireSamples.variedGrants
    for count in 1...grants.count {
      for some in [Array(grants.prefix(count)), Array(grants.suffix(count)).reversed()] {
        let message = CoordinatorMessage.grants(some)
        #expect(try WireCodec.decodeCoordinatorMessage(WireCodec.encode(message)) == message)
      }
    }
  }

  @Test func `what a grant has in common with the one before it is not sent again`() {
    func size(_ runs: Range<Int>) -> Int {
      let grants = runs.map { DeliveredGrant(grant: grant($0, lease: $0 + 1)) }
      return WireCodec.encode(.grants(grants)).count
    }
    // Its key, its lease, its attempt and one parameter.
    #expect(size(0..<50) - size(0..<49) < 60)
    #expect(size(0..<1) > 100)
  }

  @Test func `a grant that refers to one that is not there is refused`() {
    let grants = [0, 1].map { DeliveredGrant(grant: grant($0, lease: 1)) }
    let (sole, both) = (WireCodec.encode(.grants([grants[0]])), WireCodec.encode(.grants(grants)))
    // The second grant's bytes, with the tag and the length that begin a message of one grant.
    let rest = both.dropFirst(sole.count)
    let error = #expect(throws: WireError.self) {
      try WireCodec.decodeCoordinatorMessage(both.prefix(2) + [0x2A, UInt8(rest.count)] + rest)
    }
    #expect(error?.description == "a first grant without a configuration")
  }

  @Test func `a message of another protocol version reads as a hello that says so`() throws {
    var stranger = description(1)
    stranger.protocolVersion = 99
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .hello(stranger, Delivery(firstKept: 1, lastSent: 0)))
    guard
      case .hello(let read, _) = try WireCodec.decodeWorkerMessage(WireCodec.encode(message)).body
    else {
      Issue.record("no hello")
      return
    }
    #expect(read.protocolVersion == 99)
  }

  @Test func `a worker with impossible slots is not believed`() {
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .hello(description(100_000), Delivery(firstKept: 1, lastSent: 0)))
    let error = #expect(throws: WireError.self) {
      try WireCodec.decodeWorkerMessage(WireCodec.encode(message))
    }
    #expect(error?.description == "a worker has 1 to 4096 slots, this says 100000")
  }

  @Test func `garbage is refused with a sentence`() {
    let error = #expect(throws: WireError.self) {
      try WireCodec.decodeWorkerMessage(Data([1, 2, 3]))
    }
    #expect(error?.description == "3 bytes that are no message")
    #expect(throws: WireError.self) { try WireCodec.decodeCoordinatorMessage(Data()) }
  }

  @Test func `no bytes make the codec trap`() {
    var generator = SplitMix64(seed: 5)
    let whole = WireCodec.encode(
      WorkerMessage(
        worker: WorkerID("w"), epoch: 1,
        body: .reports(
          [
            Report(
              sequence: 1, lease: LeaseID(1), run: run(0).key, attempt: 1,
              content: .records(
                stride(from: 0, through: 50, by: 10).map {
                  SimulatedScience.record(of: run(0), step: $0)
                }))
          ], Delivery(firstKept: 1, lastSent: 1))))
    var refused = 0
    for _ in 0..<2000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[bytes.startIndex + place] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        _ = try WireCodec.decodeWorkerMessage(bytes)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }
}

/// Commands and their answers, to bytes and back.
@Suite struct CommandCodecTests {
  @Test func `commands survive the wire`() throws {
    let sweep = SubmittedSweep(
      text: [1, 255], file: "a.yaml", overrides: ["alpha=1,2"], files: ["data": "/x.safetensors"],
      inputs: ["data": "ab"])
    let requests: [Command.Request] = [
      .status, .workers, .submit(sweep), .cancel(.sweep("s")), .cancel(.runs(["abcd", "ef01"])),
      .cancel(.everything), .retry(.everything), .retry(.sweep("s")), .retry(.runs(["abcd"])),
      .drain(worker: "node"), .readmit(worker: "node"),
    ]
    for request in requests {
      let command = Command(id: .max, request)
      #expect(try WireCodec.decodeIncoming(WireCodec.encode(command)) == .command(command))
    }
  }

  @Test func `a command of another protocol can be told so, whatever it asks for`() throws {
    var bytes = WireCodec.encode(Command(id: 7, .status))
    // The first field, a varint.
    #expect(Array(bytes.prefix(2)) == [1 << 3, UInt8(WireCodec.protocolVersion)])
    bytes[bytes.startIndex + 1] = 3
    #expect(
      try WireCodec.decodeIncoming(bytes) == .foreignCommand(id: 7, protocolVersion: 3))
    var answer = WireCodec.encode(CommandAnswer(id: 7, .refused("no")))
    #expect(Array(answer.prefix(2)) == [1 << 3, UInt8(WireCodec.protocolVersion)])
    answer[answer.startIndex + 1] = 3
    let error = #expect(throws: WireError.self) { try WireCodec.decodeCommandAnswer(answer) }
    #expect(
      error?.description
        == "the coordinator speaks protocol 3 and this command protocol \(WireCodec.protocolVersion): update groksweep on the older side"
    )
  }

  @Test func `a parameter with control characters names the same file's path and digest`() throws {
    let sweep = SubmittedSweep(
      text: [], file: "a.yaml", overrides: [], files: ["da\u{7F}a": "/x"],
      inputs: ["da\u{7F}a": "ab"])
    let message = try WireCodec.decodeIncoming(
      WireCodec.encode(Command(id: 1, .submit(sweep))))
    guard case .command(let command) = message, case .submit(let read) = command.request else {
      Issue.record("\(message)")
      return
    }
    #expect(read.files == ["da\u{FFFD}a": "/x"] && read.inputs == ["da\u{FFFD}a": "ab"])
  }

  @Test(arguments: [
    "", "\u{1B}[31mred", "a\nb", "a\0b", "\u{202E}", String(repeating: "h", count: 301),
  ])
  func `a machine's name is one line without control characters`(host: String) {
    let description = WorkerDescription(
      softwareVersion: "1", slots: 1, provenance: provenance(host))
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .hello(description, Delivery(firstKept: 1, lastSent: 0)))
    #expect(throws: WireError.self) { try WireCodec.decodeIncoming(WireCodec.encode(message)) }
  }

  @Test func `what a trainer said reaches no terminal as a command`() throws {
    let report = Report(
      sequence: 1, lease: LeaseID(1), run: run(0).key, attempt: 1,
      content: .failed(reason: "bad\u{1B}[2J", exitStatus: 1, logTail: "one\n\ttwo\u{7}"))
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .reports([report], Delivery(firstKept: 1, lastSent: 1)))
    guard
      case .worker(let read) = try WireCodec.decodeIncoming(WireCodec.encode(message)),
      case .reports(let reports, _) = read.body,
      case .failed(let reason, _, let logTail)? = reports.first?.content
    else {
      Issue.record("no report arrived")
      return
    }
    #expect(reason == "bad\u{FFFD}[2J")
    #expect(logTail == "one\n\ttwo\u{FFFD}")
  }

  @Test func `answers survive the wire`() throws {
    let status = ClusterStatus(
      sweeps: [SweepStatus(name: "s", priority: 2, isCancelled: true, total: 3, done: 1)],
      workers: 1, slots: 2, running: 1, rate: 0.5, secondsLeft: nil, storeFailure: "full")
    let worker = WorkerStatus(
      id: "w", host: "h", software: "1", blasKernels: "b", slots: 2, silentSeconds: 0.5,
      isDraining: true,
      runs: [WorkerStatus.Lease(run: run(0).key, sweep: "s", attempt: 1, step: 9)])
    let contents: [CommandAnswer.Content] = [
      .done("yes"), .done("3 runs", counts: ["runs": 3]), .refused("no"), .status(status),
      .workers([worker]),
    ]
    for content in contents {
      let answer = CommandAnswer(id: 9, content)
      #expect(try WireCodec.decodeCommandAnswer(WireCodec.encode(answer)) == answer)
    }
  }

  @Test func `a worker's message and a coordinator's are no answers`() throws {
    let message = WorkerMessage(worker: WorkerID("w"), epoch: 1, body: .goodbye)
    #expect(try WireCodec.decodeIncoming(WireCodec.encode(message)) == .worker(message))
    #expect(throws: WireError.self) {
      try WireCodec.decodeCommandAnswer(WireCodec.encode(CoordinatorMessage.introduceYourself))
    }
    #expect(throws: WireError.self) {
      try WireCodec.decodeWorkerMessage(WireCodec.encode(Command(id: 1, .status)))
    }
  }
}
