import Experiments
import Foundation

extension WireCodec {
  static func wire(_ message: CoordinatorMessage) -> Groksweep_Wire_FromCoordinator {
    var wire = Groksweep_Wire_FromCoordinator()
    wire.protocolVersion = UInt32(protocolVersion)
    switch message {
    case .welcome(let heartbeatInterval, let leaseDuration, let received):
      wire.welcome.heartbeatNanoseconds = UInt64(clamping: heartbeatInterval.wholeNanoseconds)
      wire.welcome.leaseNanoseconds = UInt64(clamping: leaseDuration.wholeNanoseconds)
      wire.welcome.received = UInt64(clamping: received)
    case .refused(let sentence, let mayRetry):
      wire.refused.sentence = cut(sentence)
      wire.refused.mayRetry = mayRetry
    case .introduceYourself: wire.introduceYourself = Groksweep_Wire_IntroduceYourself()
    case .grants(let grants): wire.grants.grants = Self.wire(grants)
    case .heartbeatAnswer(let answer):
      wire.heartbeatAnswer.believed = answer.believed.map { UInt64($0.rawValue) }
      wire.heartbeatAnswer.stop = answer.stop.map { UInt64($0.rawValue) }
      wire.heartbeatAnswer.received = UInt64(clamping: answer.received)
      wire.heartbeatAnswer.acknowledged = UInt64(clamping: answer.acknowledged)
      wire.heartbeatAnswer.lastSent = UInt64(clamping: answer.lastSent)
    case .acknowledged(let through): wire.acknowledgedThrough = UInt64(clamping: through)
    case .withdraw(let leases): wire.withdraw.leases = leases.map { UInt64($0.rawValue) }
    case .stop(let grace): wire.stop.graceNanoseconds = UInt64(clamping: grace.wholeNanoseconds)
    }
    return wire
  }

  static func message(
    of wire: Groksweep_Wire_FromCoordinator
  ) throws(WireError) -> CoordinatorMessage {
    switch wire.body {
    case .welcome(let welcome):
      guard welcome.heartbeatNanoseconds >= 1_000_000 else {
        throw WireError("a heartbeat interval below a millisecond")
      }
      return .welcome(
        heartbeatInterval: try duration(welcome.heartbeatNanoseconds),
        leaseDuration: try duration(welcome.leaseNanoseconds),
        received: try number(welcome.received, "a sequence number"))
    case .refused(let refused):
      return .refused(try text(refused.sentence), mayRetry: refused.mayRetry)
    case .introduceYourself: return .introduceYourself
    case .grants(let wire): return .grants(try grants(wire.grants))
    case .heartbeatAnswer(let answer):
      return .heartbeatAnswer(
        HeartbeatAnswer(
          believed: try leases(answer.believed), stop: try leases(answer.stop),
          received: try number(answer.received, "a sequence number"),
          acknowledged: try number(answer.acknowledged, "a sequence number"),
          lastSent: try number(answer.lastSent, "a sequence number")))
    case .acknowledgedThrough(let through):
      return .acknowledged(through: try number(through, "a sequence number"))
    case .withdraw(let withdraw): return .withdraw(try leases(withdraw.leases))
    case .stop(let stop): return .stop(grace: try duration(stop.graceNanoseconds))
    case .commandAnswer: throw WireError("an answer to a command, where none was given")
    case nil: throw WireError("a coordinator's message says nothing")
    }
  }
}
