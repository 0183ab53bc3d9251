import Coordination
import Experiments
import OrderedCollections

/// Messages as the program's own encoders write them, of every kind.
enum WireSamples {
  static let incoming =
    (workerMessages.map { Array(WireCodec.encode($0)) })
    + commands.map { Array(WireCodec.encode(Command(id: 7, $0))) }
  static let outgoing = coordinatorMessages.map { Array(WireCodec.encode($0)) }
  static let answers = answerContents.map { Array(WireCodec.encode(CommandAnswer(id: 9, $0))) }

  private static var workerMessages: [WorkerMessage] {
    var record = RunRecord(step: 7, measurement: Measurement(trainLoss: 0.1, testLoss: nil))
    record.observables = ["norm": 2.5, "angle": -1e-300]
    record.observables.updateValue(nil, forKey: "odd")
    var other = RunRecord(step: 9, measurement: Measurement(testAccuracy: 1))
    other.observables = ["angle": 3]
    let delivery = Delivery(firstKept: 3, lastSent: 4)
    let contents: [Report.Content] = [
      .records([record, other]), .checkpoint(step: 30, bytes: [0, 255, 3]), finished(0),
      .failed(reason: "r", exitStatus: -9, logTail: "a log\nof lines"),
      .notContinued(reason: "no room"), .givenBack,
    ]
    let reports = contents.enumerated().map { index, content in
      Report(
        sequence: index + 3, lease: LeaseID(9), run: run(0).key, attempt: 2, content: content)
    }
    let held = (1...3).map { HeldLease(lease: LeaseID($0), run: run($0).key, attempt: 2, step: 40) }
    var leaving = description(4)
    leaving.stays = .seconds(3600)
    let bodies: [WorkerMessage.Body] =
      [
        .hello(description(4), delivery), .hello(leaving, delivery),
        .heartbeat(held, freeSlots: 3, delivery), .reports(reports, delivery), .goodbye,
      ] + reports.map { .reports([$0], delivery) }
    return bodies.map { WorkerMessage(worker: WorkerID("worker"), epoch: 5, body: $0) }
  }

  private static var commands: [Command.Request] {
    let sweep = SubmittedSweep(
      text: Array("name: a\naxes: {x: [1]}\n".utf8), file: "a.yaml",
      overrides: ["alpha=1,2", "b=3"],
      files: ["data": "/x.safetensors"], inputs: ["data": "ab"])
    return [
      .status, .workers, .submit(sweep), .cancel(.sweep("s")), .cancel(.runs(["abcd", "ef01"])),
      .cancel(.everything), .retry(.everything), .retry(.sweep("s")), .retry(.runs(["abcd"])),
      .drain(worker: "node"), .readmit(worker: "node"),
    ]
  }

  private static var coordinatorMessages: [CoordinatorMessage] {
    var continued = grant(1, lease: 2, attempt: 3)
    continued.continuation = Continuation(parent: 2, step: 60)
    continued.files = ["data": "/data/x.safetensors"]
    return [
      .welcome(heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 12),
      .refused("no", mayRetry: true), .introduceYourself,
      .grants([DeliveredGrant(grant: grant(0, lease: 1))]),
      .grants([
        DeliveredGrant(grant: grant(0, lease: 1)),
        DeliveredGrant(grant: continued, checkpoint: [1, 2]),
      ]),
      .grants(variedGrants),
      .heartbeatAnswer(
        HeartbeatAnswer(
          believed: [LeaseID(1)], stop: [LeaseID(2)], received: 5, acknowledged: 4, lastSent: 6)),
      .acknowledged(through: 8), .withdraw([LeaseID(4)]), .stop(grace: .milliseconds(1500)),
    ]
  }

  /// Grants of which each shares another part with the one before.
  static var variedGrants: [DeliveredGrant] {
    let plain = grant(0, lease: 1)
    var longer = grant(0, lease: 2, attempt: 2)
    longer.request.maxSteps += 7
    longer.request.stopsWhenConverged.toggle()
    longer.request.criterion = GrokkedRule(measure: .accuracy, train: 0.99, test: 0.95)
    longer.request.thresholds = Thresholds(loss: [0.1, 1e-7], accuracy: [])
    let other = Configuration(
      experiment: "other", version: 3,
      parameters: ["a": "word", "b": .flag(true), "c": -2.5e-3, "d": 100], inputs: ["data": "ab"])
    var changed = other
    precondition(changed.change("a", to: "text") && changed.change("c", to: 4e20))
    let files: OrderedDictionary<String, String> = ["data": "/x", "more": "/y"]
    let others = [other, changed, changed].enumerated().map { number, configuration in
      Grant(
        lease: LeaseID(number + 3), attempt: 1, configuration: configuration, files: files,
        request: plain.request)
    }
    var moved = others[2]
    moved.files = ["data": "/z"]
    let all = [plain, longer, grant(1, lease: 8)] + others + [moved, grant(2, lease: 9)]
    return all.map { DeliveredGrant(grant: $0) }
  }

  private static var answerContents: [CommandAnswer.Content] {
    let status = ClusterStatus(
      sweeps: [SweepStatus(name: "s", priority: 2, isCancelled: true, total: 3, done: 1)],
      workers: 1, slots: 2, running: 1, rate: 0.5, secondsLeft: 1e9, storeFailure: "full")
    let worker = WorkerStatus(
      id: "w", host: "h", software: "1", blasKernels: "b", slots: 2, silentSeconds: 0.5,
      isDraining: true,
      runs: [WorkerStatus.Lease(run: run(0).key, sweep: "s", attempt: 1, step: 9)])
    return [
      .done("yes", counts: ["runs": 3, "open": 0]), .refused("no"), .failed("later"),
      .status(status), .workers([worker, worker]),
    ]
  }
}
