import Experiments
import OrderedCollections

extension Coordinator {
  /// A batch is durable: what waited for it may be said.
  mutating func committed(_ id: BatchID, at now: MonotonicInstant) {
    let wasFailing = journal.failingSince != nil
    guard let batch = journal.complete(id) else { return }
    if wasFailing { effects.append(.tellUser(.storeRecovered)) }
    release(batch, at: now)
  }

  /// Nothing of a batch is durable: it is tried again after a while.
  mutating func commitFailed(_ id: BatchID, _ reason: String, at now: MonotonicInstant) {
    let retryAt = now + settings.storeRetryInterval
    guard journal.postpone(id, because: reason, until: retryAt, at: now) else { return }
    if journal.tellsOfFailure(at: now) {
      effects.append(
        .tellUser(.storeFailing(reason: reason, since: journal.failingSince ?? now)))
    }
    answerWhileFailing()
  }

  /// Acknowledges, withdraws and grants.
  mutating func release(_ batch: Journal.Batch, at now: MonotonicInstant) {
    for result in batch.results where unsettled[result.run]?.attempt == result.attempt {
      unsettled[result.run] = nil
    }
    for (worker, acknowledgement) in batch.acknowledgements {
      let answer = change(worker) { session -> (through: Int, routing: RoutingID)? in
        guard session.epoch == acknowledgement.epoch else { return nil }
        session.acknowledged = max(session.acknowledged, acknowledgement.through)
        return (session.acknowledged, session.routing)
      }
      guard case let told?? = answer else { continue }
      effects.append(.send(.acknowledged(through: told.through), to: told.routing))
    }
    for withdrawal in batch.withdrawals {
      guard let session = sessions[withdrawal.worker] else { continue }
      effects.append(.send(.withdraw([withdrawal.lease]), to: session.routing))
    }
    effects += batch.notices.map(Effect.tellUser)
    effects += batch.answers.map { Effect.answer($0.answer, to: $0.routing) }
    for waiting in batch.registrations {
      effects.append(
        course == .running
          ? .register(waiting.sweep, command: waiting.command, from: waiting.routing)
          : .answer(CommandAnswer(id: waiting.command, Self.isEnding), to: waiting.routing))
    }
    var grants: OrderedDictionary<WorkerID, [Grant]> = [:]
    for id in batch.grants {
      guard let lease = leases[id], lease.state == .opening else { continue }
      guard course == .running else {
        end(id, .withdrawn)
        continue
      }
      leases.hand(id, at: now, until: now + settings.leaseDuration)
      grants[lease.worker, default: []].append(grant(lease, id))
    }
    for (worker, grants) in grants {
      guard let routing = change(worker, { $0.routing }) else { continue }
      effects.append(.grant(grants, to: routing))
    }
  }
}
