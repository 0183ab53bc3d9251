import Coordination
import Dispatch
import Foundation

/// The messages that hand out the runs of one commit, written side by side if they are many.
///
/// Where runs take no time, a commit is followed by thousands of grants, and to write them takes a fifth of the loop's time; it needs
/// nothing of the coordinator's state.
enum GrantMessages {
  /// Fewer are written sooner than another thread begins.
  private static let grantsMin = 64

  /// Writes the grants among some effects that need no checkpoint.
  ///
  /// - Parameter effects: what the coordinator asks for.
  /// - Returns: messages by the place of the effect; none where it is not worth while.
  static func encode(_ effects: [Coordinator.Effect]) -> [Int: [UInt8]] {
    var batches: [(place: Int, grants: [Grant])] = []
    var count = 0
    for (place, effect) in effects.enumerated() {
      guard case .grant(let grants, _) = effect,
        grants.allSatisfy({ $0.continuation == nil })
      else { continue }
      batches.append((place, grants))
      count += grants.count
    }
    guard batches.count > 1, count >= grantsMin else { return [:] }
    let messages = [[UInt8]](unsafeUninitializedCapacity: batches.count) { messages, written in
      // Each iteration writes an element of its own.
      nonisolated(unsafe) let elements = messages
      let batches = batches
      DispatchQueue.concurrentPerform(iterations: batches.count) { index in
        let delivered = batches[index].grants.map { DeliveredGrant(grant: $0) }
        elements.initializeElement(at: index, to: [UInt8](WireCodec.encode(.grants(delivered))))
      }
      written = batches.count
    }
    return Dictionary(uniqueKeysWithValues: zip(batches.map(\.place), messages))
  }
}
