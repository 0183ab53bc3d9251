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
    let before = FuzzPlan.peakMemory
    var read = 0
    for input in inputs {
      var mutator = FuzzPlan.mutator(input)
      let bytes = Data(mutator.input(like: WireSamples.incoming))
      guard let message = try? WireCodec.decodeIncoming(bytes) else { continue }
      read += 1
      let again =
        switch message {
        case .worker(let message): WireCodec.encode(message)
        case .command(let command): WireCodec.encode(command)
        }
      let second = try WireCodec.decodeIncoming(again)
      #expect(
        second.inOrder == message.inOrder, "input \(input) of seed \(FuzzPlan.seed)")
    }
    #expect(read > inputs.count / 50, "most inputs are refused at once: they try nothing")
    #expect(FuzzPlan.peakMemory - before < FuzzPlan.memoryMax)
  }

  @Test(arguments: FuzzPlan.parts)
  func `what a worker reads, it writes and reads again`(inputs: Range<Int>) throws {
    let before = FuzzPlan.peakMemory
    var read = 0
    for input in inputs {
      var mutator = FuzzPlan.mutator(input)
      let bytes = Data(mutator.input(like: WireSamples.outgoing))
      guard let message = try? WireCodec.decodeCoordinatorMessage(bytes) else { continue }
      read += 1
      #expect(
        try WireCodec.decodeCoordinatorMessage(WireCodec.encode(message)) == message,
        "input \(input) of seed \(FuzzPlan.seed)")
    }
    #expect(read > inputs.count / 50, "most inputs are refused at once: they try nothing")
    #expect(FuzzPlan.peakMemory - before < FuzzPlan.memoryMax)
  }

  @Test(arguments: FuzzPlan.parts)
  func `what a command reads, it writes and reads again`(inputs: Range<Int>) throws {
    let before = FuzzPlan.peakMemory
    var read = 0
    for input in inputs {
      var mutator = FuzzPlan.mutator(input)
      let bytes = Data(mutator.input(like: WireSamples.answers))
      guard let answer = try? WireCodec.decodeCommandAnswer(bytes) else { continue }
      read += 1
      #expect(
        try WireCodec.decodeCommandAnswer(WireCodec.encode(answer)) == answer,
        "input \(input) of seed \(FuzzPlan.seed)")
    }
    #expect(read > inputs.count / 50, "most inputs are refused at once: they try nothing")
    #expect(FuzzPlan.peakMemory - before < FuzzPlan.memoryMax)
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
