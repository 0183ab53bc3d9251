import Coordination
import Experiments
import Foundation
import Fuzzing
import OrderedCollections
import Testing

/// What arrives from the network, or almost: `make fuzz INPUTS=N SEED=K` tries more.
@Suite struct WireFuzzTests {
  @Test(arguments: FuzzPlan.parts)
  func `what a coordinator reads, it writes and reads again`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: WireSamples.incoming) { bytes, name in
      guard let message = try? WireCodec.decodeIncoming(Data(bytes)) else { return false }
      let written =
        switch message {
        case .worker(let message): WireCodec.encode(message)
        case .command(let command): WireCodec.encode(command)
        // Nothing is written by another protocol.
        case .foreignCommand: Data(bytes)
        }
      let again = try WireCodec.decodeIncoming(written)
      #expect(again.inOrder == message.inOrder, "\(name)")
      return true
    }
    #expect(fault == nil)
  }

  @Test(arguments: FuzzPlan.parts)
  func `what a worker reads, it writes and reads again`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: WireSamples.outgoing) { bytes, name in
      guard let message = try? WireCodec.decodeCoordinatorMessage(Data(bytes)) else {
        return false
      }
      let again = try WireCodec.decodeCoordinatorMessage(WireCodec.encode(message))
      #expect(again == message, "\(name)")
      return true
    }
    #expect(fault == nil)
  }

  @Test(arguments: FuzzPlan.parts)
  func `what a command reads, it writes and reads again`(inputs: Range<Int>) throws {
    let fault = try FuzzPlan.fault(in: inputs, like: WireSamples.answers) { bytes, name in
      guard let answer = try? WireCodec.decodeCommandAnswer(Data(bytes)) else { return false }
      let again = try WireCodec.decodeCommandAnswer(WireCodec.encode(answer))
      #expect(again == answer, "\(name)")
      return true
    }
    #expect(fault == nil)
  }
}

extension IncomingMessage {
  /// The same with the observables of each record by name: their order says nothing.
  fileprivate var inOrder: IncomingMessage {
    guard case .worker(var message) = self, case .reports(var reports, let delivery) = message.body
    else { return self }
    for index in reports.indices {
      guard case .records(var records) = reports[index].content else { continue }
      for row in records.indices { records[row].observables.sort { $0.key < $1.key } }
      reports[index].content = .records(records)
    }
    message.body = .reports(reports, delivery)
    return .worker(message)
  }
}
