import Coordination
import Experiments
import Foundation
import Testing

/// Messages whose bytes are few and whose parts are many.
@Suite struct WireElementsTests {
  /// The beginning of every worker message: protocol 1, worker "w".
  private static let head = Data([0x08, 1, 0x12, 1, UInt8(ascii: "w")])

  private static func field(_ number: UInt8, _ body: Data) -> Data {
    var bytes = Data([number << 3 | 2])
    var length = body.count
    while length >= 0x80 {
      bytes.append(UInt8(length & 0x7F) | 0x80)
      length >>= 7
    }
    return bytes + [UInt8(length)] + body
  }

  private static func emptyFields(_ number: UInt8, _ count: Int) -> Data {
    var bytes = Data(capacity: 2 * count)
    for _ in 0..<count { bytes.append(contentsOf: [number << 3 | 2, 0]) }
    return bytes
  }

  private static let bombs: [(name: String, message: Data)] = [
    ("reports", head + field(6, emptyFields(2, 300_000))),
    ("leases", head + field(5, emptyFields(3, 300_000))),
    ("columns", head + field(6, field(2, field(5, emptyFields(6, 300_000))))),
    (
      "reports in two bodies",
      head + field(6, emptyFields(2, 150_000)) + field(6, emptyFields(2, 150_000))
    ),
  ]

  @Test(arguments: bombs.indices)
  func `a message of too many parts is refused before they are made`(index: Int) {
    #expect(throws: WireError.self) {
      try WireCodec.decodeWorkerMessage(Self.bombs[index].message)
    }
    do {
      _ = try WireCodec.decodeWorkerMessage(Self.bombs[index].message)
    } catch {
      #expect("\(error)" == "a message of more than 200000 parts", "\(Self.bombs[index].name)")
    }
  }

  @Test func `crossings out of their order are refused`() throws {
    let crossings = Crossings(recording: Thresholds(loss: [0.1]))
    let report = Report(
      sequence: 1, lease: LeaseID(1), run: run(0).key, attempt: 1,
      content: .finished(
        RunSummary(steps: 3, stopped: .stepLimit, crossings: crossings), elapsed: .seconds(1)))
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .reports([report], Delivery(firstKept: 1, lastSent: 1)))
    var bytes = WireCodec.encode(message)
    #expect(try WireCodec.decodeWorkerMessage(bytes) == message)
    // Field 12, two bytes: train loss, test loss.
    let column = try #require(bytes.firstRange(of: Data([12 << 3 | 2, 2, 1, 2])))
    for swapped in [[2, 1], [1, 1]] as [[UInt8]] {
      bytes.replaceSubrange(column.upperBound - 2..<column.upperBound, with: swapped)
      let error = #expect(throws: WireError.self) { try WireCodec.decodeWorkerMessage(bytes) }
      #expect(
        error?.description == "crossings that are not in the order of their series and thresholds")
    }
  }

  @Test func `a long message of few parts is read`() throws {
    let report = Report(
      sequence: 1, lease: LeaseID(1), run: run(0).key, attempt: 1,
      content: .checkpoint(step: 1, bytes: [UInt8](repeating: 0x12, count: 1 << 20)))
    let message = WorkerMessage(
      worker: WorkerID("w"), epoch: 1,
      body: .reports([report], Delivery(firstKept: 1, lastSent: 1)))
    #expect(try WireCodec.decodeWorkerMessage(WireCodec.encode(message)) == message)
  }
}
