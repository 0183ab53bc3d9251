import Experiments
import Testing

/// The order of crossings, and what is found among them.
@Suite struct CrossingsTests {
  private static let all: [Crossing] = [
    Crossing(.trainLoss, 0.1, at: 7), Crossing(.trainLoss, 0.5, at: 3),
    Crossing(.testLoss, 0.1, at: nil), Crossing(.testLoss, 0.5, at: 9),
    Crossing(.testLoss, 20, at: 0), Crossing(.testAccuracy, 0.9, at: 8),
  ]

  @Test(arguments: [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 0, 5, 4, 1, 2]])
  func `they are in one order, whichever was recorded first`(order: [Int]) {
    var crossings = Crossings()
    for place in order {
      let crossing = Self.all[place]
      crossings.record(crossing.step, of: crossing.series, at: crossing.threshold)
    }
    #expect(Array(crossings) == Self.all)
    #expect(crossings.thresholds(of: .testLoss) == [0.1, 0.5, 20])
    #expect(crossings.thresholds(of: .trainAccuracy).isEmpty)
  }

  @Test func `a threshold that is recorded again has the new step`() {
    var crossings = Crossings(recording: Thresholds(loss: [0.1, 0.5], accuracy: [0.9]))
    #expect(crossings.count == 6)
    crossings.record(4, of: .testLoss, at: 0.1)
    #expect(crossings.count == 6)
    #expect(crossings.step(.testLoss, 0.1) == 4)
    #expect(crossings.step(.testLoss, 0.5) == nil && crossings.isRecorded(.testLoss, 0.5))
    #expect(!crossings.isRecorded(.testLoss, 0.2) && !crossings.isRecorded(.testLoss, 0.05))
    #expect(!crossings.isRecorded(.trainAccuracy, 0.95))
  }
}
