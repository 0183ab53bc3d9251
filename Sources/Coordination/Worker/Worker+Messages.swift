import Experiments
import OrderedCollections

extension Worker {
  mutating func receive(_ message: CoordinatorMessage, at now: MonotonicInstant) {
    guard link != .opening else { return }
    lastWord = now
    lastHeard = now
    switch message {
    case .welcome(let heartbeatInterval, _, let received):
      self.heartbeatInterval = heartbeatInterval
      saidRefused = false
      link = .welcome
      outbox.rewind(to: received, at: now)
      // At once, so that runs in flight are adopted before they could be given to others.
      beat(at: now)
    case .refused(let sentence, let mayRetry): refused(sentence, mayRetry, at: now)
    case .introduceYourself: introduce(at: now)
    case .grants(let grants): for grant in grants { take(grant, at: now) }
    case .heartbeatAnswer(let answer):
      for lease in answer.stop { drop(lease) }
      acknowledge(through: answer.acknowledged)
      if answer.received < answer.lastSent { outbox.rewind(to: answer.received, at: now) }
    case .acknowledged(let through): acknowledge(through: through)
    case .withdraw(let leases): for lease in leases { drop(lease) }
    case .stop(let grace): stop(.done, grace: grace, at: now)
    }
  }

  private mutating func refused(_ sentence: String, _ mayRetry: Bool, at now: MonotonicInstant) {
    guard mayRetry else { return end(.refused(sentence)) }
    if !saidRefused { effects.append(.tellUser("the coordinator waits to let us in: \(sentence)")) }
    saidRefused = true
    link = .introducing(since: now)
  }

  /// The coordinator was restarted; many messages may have made it ask.
  private mutating func introduce(at now: MonotonicInstant) {
    if case .introducing(let since) = link, now - since < heartbeatInterval { return }
    sayHello(at: now)
  }

  private mutating func take(_ delivered: DeliveredGrant, at now: MonotonicInstant) {
    let grant = delivered.grant
    let isNew = seen.insert(grant.lease).inserted
    guard isNew || holdings[grant.lease] == nil else { return }
    holdings[grant.lease] = Holding(
      run: grant.run, attempt: grant.attempt, step: grant.continuation?.step ?? 0)
    guard isNew, course == .running else { return giveBack(grant.lease, at: now) }
    queue.append(delivered)
  }

  /// Stops a lease that is not ours any more; what it has reported is still delivered.
  private mutating func drop(_ lease: LeaseID) {
    guard let holding = holdings[lease], holding.endSequence == nil else { return }
    holdings[lease] = nil
    queue.removeAll { $0.grant.lease == lease }
    for slot in slots.indices where slots[slot].running?.lease == lease { cancel(slot) }
  }
}
