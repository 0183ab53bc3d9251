import Coordination
import Experiments

/// What the suites about a worker share: how it gets to where something happens.
protocol WorkerScenario {}

extension WorkerScenario {
  var ready: TrainerMessage { .ready(trainer: "t", experiments: []) }

  func settings(slots: Int) -> Worker.Settings {
    Worker.Settings(
      worker: WorkerID("w"), epoch: 1, softwareVersion: "1", host: "host", slots: slots,
      blasKernels: "b")
  }

  func message(_ body: WorkerMessage.Body) -> WorkerMessage {
    WorkerMessage(worker: WorkerID("w"), epoch: 1, body: body)
  }

  func report(_ sequence: Int, _ content: Report.Content) -> Report {
    Report(sequence: sequence, lease: LeaseID(1), run: run(0).key, attempt: 1, content: content)
  }

  func welcomed(_ settings: Worker.Settings? = nil) -> Worker {
    var worker = Worker(settings: settings ?? self.settings(slots: 1), at: seconds(0))
    _ = worker.handle(.started, at: seconds(0))
    _ = worker.handle(.trainerSaid(slot: 0, ready), at: seconds(1))
    _ = worker.handle(
      .messageArrived(
        .welcome(heartbeatInterval: .seconds(5), leaseDuration: .seconds(30), received: 0)),
      at: seconds(1))
    return worker
  }

  func running(_ settings: Worker.Settings? = nil) -> Worker {
    var worker = welcomed(settings)
    _ = worker.handle(
      .messageArrived(.grants([DeliveredGrant(grant: grant(0, lease: 1))])), at: seconds(1))
    return worker
  }
}
