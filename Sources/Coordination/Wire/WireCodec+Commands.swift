import Experiments
public import Foundation
import OrderedCollections

/// What may arrive at a coordinator.
public enum IncomingMessage: Hashable, Sendable {
  case worker(WorkerMessage)
  case command(Command)
  /// A command of another protocol, of which nothing else is believed: it is to be told so.
  case foreignCommand(id: UInt64, protocolVersion: Int)
}

extension WireCodec {
  /// Keys that one command may name.
  static let selectedRunsMax = 100_000

  /// Writes a command.
  public static func encode(_ command: Command) -> Data {
    var wire = Groksweep_Wire_FromWorker()
    wire.protocolVersion = UInt32(protocolVersion)
    wire.command = self.wire(command)
    return bytes(of: wire)
  }

  /// Writes the answer to a command.
  public static func encode(_ answer: CommandAnswer) -> Data {
    var wire = Groksweep_Wire_FromCoordinator()
    wire.protocolVersion = UInt32(protocolVersion)
    wire.commandAnswer.id = answer.id
    switch answer.content {
    case .done(let sentence, let counts):
      wire.commandAnswer.done = cut(sentence)
      wire.commandAnswer.counts = counts.mapValues(UInt64.init(clamping:))
    case .refused(let sentence): wire.commandAnswer.refused = cut(sentence)
    case .failed(let sentence): wire.commandAnswer.failed = cut(sentence)
    case .status(let status): wire.commandAnswer.status = json(of: status)
    case .workers(let workers): wire.commandAnswer.workers = json(of: workers)
    }
    return bytes(of: wire)
  }

  /// Reads what arrived at a coordinator.
  ///
  /// - Parameter bytes: one message as it came from the network.
  /// - Returns: a worker's message, or a command, everything in it checked.
  /// - Throws: `WireError` with one sentence on what is wrong.
  public static func decodeIncoming(_ bytes: Data) throws(WireError) -> IncomingMessage {
    try checkElements(in: bytes)
    let wire: Groksweep_Wire_FromWorker = try parse(bytes)
    guard case .command(let command)? = wire.body else {
      return .worker(try workerMessage(of: wire))
    }
    guard wire.protocolVersion == UInt32(protocolVersion) else {
      return .foreignCommand(id: command.id, protocolVersion: Int(wire.protocolVersion))
    }
    return .command(try self.command(of: command))
  }

  /// Reads the answer to a command.
  ///
  /// - Parameter bytes: one message as it came from the network.
  /// - Returns: the answer.
  /// - Throws: `WireError` with one sentence on what is wrong.
  public static func decodeCommandAnswer(_ bytes: Data) throws(WireError) -> CommandAnswer {
    let wire: Groksweep_Wire_FromCoordinator = try parse(bytes)
    guard wire.protocolVersion == UInt32(protocolVersion) else {
      throw WireError(
        "the coordinator speaks protocol \(wire.protocolVersion) and this command protocol "
          + "\(protocolVersion): update groksweep on the older side")
    }
    guard case .commandAnswer(let answer)? = wire.body else {
      throw WireError("an answer to something else than a command")
    }
    switch answer.content {
    case .done(let sentence):
      let counts = answer.counts.mapValues(Int.init(clamping:))
      return CommandAnswer(id: answer.id, .done(try text(sentence), counts: counts))
    case .refused(let sentence):
      return CommandAnswer(id: answer.id, .refused(try text(sentence)))
    case .failed(let sentence):
      return CommandAnswer(id: answer.id, .failed(try text(sentence)))
    case .status(let bytes):
      return CommandAnswer(id: answer.id, .status(try value(of: bytes)))
    case .workers(let bytes):
      return CommandAnswer(id: answer.id, .workers(try value(of: bytes)))
    case nil: throw WireError("an answer that says nothing")
    }
  }

  private static func wire(_ command: Command) -> Groksweep_Wire_Command {
    var wire = Groksweep_Wire_Command()
    wire.id = command.id
    switch command.request {
    case .status: wire.status = Groksweep_Wire_StatusRequest()
    case .workers: wire.workers = Groksweep_Wire_WorkersRequest()
    case .submit(let sweep):
      wire.submit.text = Data(sweep.text)
      wire.submit.file = cut(sweep.file)
      wire.submit.overrides = sweep.overrides
      wire.submit.inputs = sweep.inputs.map { parameter, digest in
        var input = Groksweep_Wire_InputFile()
        input.parameter = parameter
        input.digest = digest
        input.path = sweep.files[parameter] ?? ""
        return input
      }
    case .cancel(let selection):
      wire.cancel = Groksweep_Wire_Cancel()
      (wire.cancel.sweep, wire.cancel.runs) = fields(of: selection)
    case .retry(let selection):
      wire.retry = Groksweep_Wire_Retry()
      (wire.retry.sweep, wire.retry.runs) = fields(of: selection)
    case .drain(let worker): wire.drain = worker
    case .readmit(let worker): wire.readmit = worker
    }
    return wire
  }

  private static func command(of wire: Groksweep_Wire_Command) throws(WireError) -> Command {
    let request: Command.Request
    switch wire.request {
    case .status: request = .status
    case .workers: request = .workers
    case .submit(let submit): request = .submit(try sweep(of: submit))
    case .cancel(let cancel): request = .cancel(try selection(cancel.sweep, cancel.runs))
    case .retry(let retry): request = .retry(try selection(retry.sweep, retry.runs))
    case .drain(let worker): request = .drain(worker: try text(worker))
    case .readmit(let worker): request = .readmit(worker: try text(worker))
    case nil: throw WireError("a command that asks for nothing")
    }
    return Command(id: wire.id, request)
  }

  private static func sweep(of wire: Groksweep_Wire_Submit) throws(WireError) -> SubmittedSweep {
    var sweep = SubmittedSweep(text: [UInt8](wire.text), file: try text(wire.file))
    for override in wire.overrides { sweep.overrides.append(try text(override)) }
    for input in wire.inputs {
      let parameter = try text(input.parameter)
      sweep.files[parameter] = try text(input.path)
      sweep.inputs[parameter] = try text(input.digest)
    }
    return sweep
  }

  private static func fields(of selection: RunSelection) -> (sweep: String, runs: [String]) {
    switch selection {
    case .everything: ("", [])
    case .sweep(let name): (name, [])
    case .runs(let keys): ("", keys)
    }
  }

  private static func selection(
    _ sweep: String, _ runs: [String]
  ) throws(WireError) -> RunSelection {
    guard runs.count <= selectedRunsMax else {
      throw WireError("a command that names \(runs.count) runs; at most \(selectedRunsMax)")
    }
    for run in runs { _ = try text(run) }
    if !runs.isEmpty { return .runs(runs) }
    return sweep.isEmpty ? .everything : .sweep(try text(sweep))
  }

  private static func json(of value: some Encodable) -> Data {
    do {
      return try JSONEncoder().encode(value)
    } catch {
      preconditionFailure("a value of finite numbers and strings cannot be written: \(error)")
    }
  }

  private static func value<Value: Decodable>(of bytes: Data) throws(WireError) -> Value {
    do {
      return try JSONDecoder().decode(Value.self, from: bytes)
    } catch {
      throw WireError("an answer that cannot be read")
    }
  }
}
