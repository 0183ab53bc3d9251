import LinearAlgebra

/// Which examples each step takes: those of a batch, without replacement, in an order that every epoch draws anew.
///
/// Everything follows from the seed and the number of the step, so that a run continues anywhere.
public struct MiniBatches: Sendable {
  /// How many examples there are.
  public let count: Int
  /// Examples of a batch; the last one of an epoch may have fewer.
  public let size: Int
  private let seed: UInt64
  /// The numbers of the examples in the order of the present epoch.
  public private(set) var order: [Int32]
  private var epoch: Int?

  /// - Parameters:
  ///   - count: how many examples there are.
  ///   - size: of a batch; all examples, or more, stay in their order.
  ///   - seed: of the orders.
  public init(count: Int, size: Int, seed: Int) {
    self.count = count
    self.size = min(size, count)
    self.seed = UInt64(bitPattern: Int64(seed))
    order = (0..<count).map { Int32($0) }
  }

  /// Whether each batch has all examples.
  public var isWhole: Bool { size == count }

  /// The places in `order` of the examples of a step, counted from 0.
  public mutating func take(step: Int) -> Range<Int> {
    let batches = (count + size - 1) / size
    let (epoch, batch) = step.quotientAndRemainder(dividingBy: batches)
    if !isWhole, epoch != self.epoch { shuffle(epoch) }
    return batch * size..<min((batch + 1) * size, count)
  }

  /// Fisher and Yates, from the examples' own order; a number below n is the high half of n times 64 random bits.
  private mutating func shuffle(_ epoch: Int) {
    // The streams of epochs are beyond those of weights.
    var generator = Xoshiro256(seed: seed, stream: 1 << 32 + UInt64(epoch))
    for place in 0..<count { order[place] = Int32(place) }
    for place in stride(from: count - 1, to: 0, by: -1) {
      let other = Int(UInt64(place + 1).multipliedFullWidth(by: generator.next()).high)
      order.swapAt(place, other)
    }
    self.epoch = epoch
  }
}
