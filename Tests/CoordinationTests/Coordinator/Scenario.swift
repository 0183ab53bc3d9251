import Coordination
import Experiments
import OrderedCollections

/// What the scenarios of the coordinator share: runs, workers, times and messages.
struct Scenario {
  static let key = "w"
  var coordinator: Coordinator
  var sequence = 0

  /// A coordinator with a sweep of new runs, or of what a store knows.
  init(
    runs: Int = 1, restored: [RestoredRun]? = nil,
    change: (inout Coordinator.Settings) -> Void = { _ in }
  ) {
    var settings = Coordinator.Settings()
    change(&settings)
    coordinator = Coordinator(settings: settings, at: seconds(0))
    let new = (0..<runs).map { RestoredRun(configuration: run($0)) }
    _ = coordinator.handle(
      .sweepSubmitted(
        SweepSubmission(name: "s", request: SimulatedScience.request, runs: restored ?? new)),
      at: seconds(0))
  }

  mutating func handle(_ event: Coordinator.Event, at time: Double) -> [Coordinator.Effect] {
    coordinator.handle(event, at: seconds(time))
  }

  /// A message from a worker, by default the only one, in its first epoch.
  mutating func hear(
    _ body: WorkerMessage.Body, of worker: String = "w", epoch: UInt64 = 1, at time: Double
  ) -> [Coordinator.Effect] {
    handle(
      .messageArrived(
        WorkerMessage(worker: WorkerID(worker), epoch: epoch, body: body), from: routing(worker)),
      at: time)
  }

  mutating func join(_ worker: String = "w", slots: Int = 1, at time: Double = 0)
    -> [Coordinator.Effect]
  {
    hear(.hello(description(slots), Delivery(firstKept: 1, lastSent: 0)), of: worker, at: time)
  }

  mutating func report(
    _ content: Report.Content, run index: Int = 0, lease: Int = 1, attempt: Int = 1,
    of worker: String = "w", at time: Double
  ) -> [Coordinator.Effect] {
    sequence += 1
    return hear(
      .reports(
        [
          Report(
            sequence: sequence, lease: LeaseID(lease), run: run(index).key, attempt: attempt,
            content: content)
        ], Delivery(firstKept: 1, lastSent: sequence)), of: worker, at: time)
  }
}

extension Scenario {
  /// What is asked for of a run that ends after five steps.
  static let short = Request(maxSteps: 5, stopsWhenConverged: true, thresholds: Thresholds())

  /// A run with a result of five steps (lease 6), and a second attempt (lease 7) that goes on from there.
  static var extended: RestoredRun {
    RestoredRun(
      configuration: run(0),
      status: .finished(SimulatedScience.summary(of: run(0), short), attempt: 1),
      attempts: [
        RestoredAttempt(number: 1, lease: LeaseID(6), worker: WorkerID("w"), state: .accepted),
        RestoredAttempt(
          number: 2, parent: 1, startStep: 5, lease: LeaseID(7), worker: WorkerID("w"),
          state: .open),
      ], checkpoint: Continuation(parent: 1, step: 5))
  }
}

func seconds(_ value: Double) -> MonotonicInstant {
  MonotonicInstant(nanoseconds: Int64(value * 1e9))
}

func run(_ index: Int) -> Configuration { SimulatedScience.configuration(x: index, seed: 0) }

func routing(_ worker: String) -> RoutingID { RoutingID(Array(worker.utf8)) }

func provenance(_ worker: String = "host") -> Provenance {
  Provenance(host: worker, trainer: "t", blasKernels: "b")
}

func description(_ slots: Int) -> WorkerDescription {
  WorkerDescription(softwareVersion: "1", slots: slots, provenance: provenance())
}

func opened(_ index: Int, number: Int = 1, lease: Int, worker: String = "w") -> StoreChange {
  .openAttempt(
    Attempt(
      run: run(index).key, number: number, lease: LeaseID(lease), worker: WorkerID(worker),
      provenance: provenance()))
}

func grant(_ index: Int, lease: Int, attempt: Int = 1) -> Grant {
  Grant(
    lease: LeaseID(lease), attempt: attempt, configuration: run(index), files: [:],
    request: SimulatedScience.request)
}

func finished(_ index: Int) -> Report.Content {
  .finished(SimulatedScience.summary(of: run(index)), elapsed: .seconds(9))
}

func accepted(_ index: Int, attempt: Int) -> StoreChange {
  .accept(run(index).key, attempt: attempt, SimulatedScience.summary(of: run(index)))
}

func openedRuns(_ effects: [Coordinator.Effect]) -> [RunKey] {
  var runs: [RunKey] = []
  for case .commit(_, let changes) in effects {
    for case .openAttempt(let attempt) in changes { runs.append(attempt.run) }
  }
  return runs
}
