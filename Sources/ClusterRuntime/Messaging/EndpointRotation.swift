/// Which of a coordinator's addresses to try next.
///
/// One socket for each would not do: what a socket sends goes to all of its connections in turn, those
/// that lead nowhere among them.
public struct EndpointRotation {
  let endpoints: [Endpoint]
  private var index = 0
  /// Where the coordinator was heard last.
  private var good: Int?
  /// The last that was tried and is not the good one.
  private var other = 0

  /// Begins with the first.
  ///
  /// - Parameter endpoints: the addresses, the best first; at least one.
  public init(_ endpoints: [Endpoint]) {
    precondition(!endpoints.isEmpty, "a coordinator without an address")
    self.endpoints = endpoints
  }

  public var current: Endpoint { endpoints[index] }

  /// The coordinator answered at the current address.
  public mutating func heard() { good = index }

  /// Goes on after silence.
  ///
  /// The address that was good comes every second time: a cable that was out is in again more often
  /// than a coordinator moves.
  ///
  /// - Returns: whether it is another address than before.
  public mutating func moveOn() -> Bool {
    guard endpoints.count > 1 else { return false }
    let before = index
    if let good, index != good {
      index = good
    } else {
      if good == nil { other = index }
      repeat { other = (other + 1) % endpoints.count } while other == good
      index = other
    }
    return index != before
  }
}
