import Experiments
import Foundation
import OrderedCollections

extension WireCodec {
  static func wire(_ message: WorkerMessage) -> Groksweep_Wire_FromWorker {
    var wire = Groksweep_Wire_FromWorker()
    wire.protocolVersion = UInt32(protocolVersion)
    wire.worker = message.worker.rawValue
    wire.epoch = message.epoch
    switch message.body {
    case .hello(let description, let delivery):
      wire.protocolVersion = UInt32(clamping: description.protocolVersion)
      wire.hello.delivery = Self.wire(delivery)
      wire.hello.softwareVersion = cut(description.softwareVersion)
      wire.hello.slots = UInt32(clamping: description.slots)
      wire.hello.host = cut(description.provenance.host)
      wire.hello.trainer = cut(description.provenance.trainer)
      wire.hello.blasKernels = cut(description.provenance.blasKernels)
      if let stays = description.stays {
        wire.hello.staysNanoseconds = UInt64(clamping: stays.wholeNanoseconds)
      }
      wire.hello.checkpointNanoseconds = UInt64(
        clamping: description.checkpointInterval.wholeNanoseconds)
    case .heartbeat(let held, let freeSlots, let delivery):
      wire.heartbeat.delivery = Self.wire(delivery)
      wire.heartbeat.freeSlots = UInt32(clamping: freeSlots)
      wire.heartbeat.leases = held.map { held in
        var wire = Groksweep_Wire_HeldLease()
        wire.lease = UInt64(held.lease.rawValue)
        wire.run = bytes(held.run)
        wire.attempt = UInt32(clamping: held.attempt)
        wire.step = UInt64(clamping: held.step)
        return wire
      }
    case .reports(let reports, let delivery):
      wire.reports.delivery = Self.wire(delivery)
      wire.reports.reports = reports.map(Self.wire)
    case .goodbye: wire.goodbye = Groksweep_Wire_Goodbye()
    }
    return wire
  }

  static func body(
    of wire: Groksweep_Wire_FromWorker
  ) throws(WireError) -> WorkerMessage.Body {
    guard wire.protocolVersion == UInt32(protocolVersion) else {
      return .hello(
        WorkerDescription(
          protocolVersion: Int(wire.protocolVersion), softwareVersion: "", slots: 0,
          provenance: Provenance(host: "", trainer: "", blasKernels: "")),
        Delivery(firstKept: 1, lastSent: 0))
    }
    switch wire.body {
    case .hello(let hello):
      guard (1...slotsMax).contains(Int(hello.slots)) else {
        throw WireError("a worker has 1 to \(slotsMax) slots, this says \(hello.slots)")
      }
      let description = WorkerDescription(
        softwareVersion: try name(hello.softwareVersion, of: "a version", mayBeEmpty: true),
        slots: Int(hello.slots),
        provenance: Provenance(
          host: try name(hello.host, of: "a host"), trainer: try text(hello.trainer),
          blasKernels: try name(hello.blasKernels, of: "a set of BLAS kernels", mayBeEmpty: true)),
        stays: hello.hasStaysNanoseconds ? try duration(hello.staysNanoseconds) : nil,
        checkpointInterval: try duration(hello.checkpointNanoseconds))
      return .hello(description, try delivery(hello.delivery))
    case .heartbeat(let heartbeat):
      var held: [HeldLease] = []
      for wire in heartbeat.leases {
        held.append(
          HeldLease(
            lease: try lease(wire.lease), run: try key(wire.run),
            attempt: try positive(UInt64(wire.attempt), "an attempt"),
            step: try number(wire.step, "a step")))
      }
      return .heartbeat(
        held, freeSlots: Int(heartbeat.freeSlots), try delivery(heartbeat.delivery))
    case .reports(let wire):
      var reports: [Report] = []
      reports.reserveCapacity(wire.reports.count)
      for report in wire.reports { reports.append(try Self.report(report)) }
      return .reports(reports, try delivery(wire.delivery))
    case .goodbye: return .goodbye
    case .command: throw WireError("a command where a worker's message is expected")
    case nil: throw WireError("a worker's message says nothing")
    }
  }

  private static func wire(_ delivery: Delivery) -> Groksweep_Wire_Delivery {
    var wire = Groksweep_Wire_Delivery()
    wire.firstKept = UInt64(delivery.firstKept)
    wire.lastSent = UInt64(delivery.lastSent)
    return wire
  }

  private static func delivery(
    _ wire: Groksweep_Wire_Delivery
  ) throws(WireError) -> Delivery {
    Delivery(
      firstKept: try positive(wire.firstKept, "a sequence number"),
      lastSent: try number(wire.lastSent, "a sequence number"))
  }

  private static func wire(_ report: Report) -> Groksweep_Wire_Report {
    var wire = Groksweep_Wire_Report()
    wire.sequence = UInt64(report.sequence)
    wire.lease = UInt64(report.lease.rawValue)
    wire.run = bytes(report.run)
    wire.attempt = UInt32(clamping: report.attempt)
    switch report.content {
    case .records(let records): wire.records = Self.wire(records)
    case .checkpoint(let step, let bytes):
      wire.checkpoint.step = UInt64(step)
      wire.checkpoint.bytes = Data(bytes)
    case .finished(let summary, let elapsed):
      wire.finished = Self.wire(summary)
      wire.finished.elapsedNanoseconds = UInt64(clamping: elapsed.wholeNanoseconds)
    case .failed(let reason, let exitStatus, let logTail):
      wire.failed.reason = cut(reason)
      if let exitStatus { wire.failed.exitStatus = Int32(clamping: exitStatus) }
      wire.failed.logTail = cut(logTail)
    case .refused(let input, let reason):
      wire.missingInput.input = cut(input)
      wire.missingInput.reason = cut(reason)
    case .notContinued(let reason): wire.givenBack.notContinued = cut(reason)
    case .givenBack: wire.givenBack = Groksweep_Wire_GivenBack()
    }
    return wire
  }

  private static func report(_ wire: Groksweep_Wire_Report) throws(WireError) -> Report {
    Report(
      sequence: try positive(wire.sequence, "a sequence number"), lease: try lease(wire.lease),
      run: try key(wire.run), attempt: try positive(UInt64(wire.attempt), "an attempt"),
      content: try content(of: wire))
  }

  private static func content(
    of wire: Groksweep_Wire_Report
  ) throws(WireError) -> Report.Content {
    switch wire.content {
    case .records(let records): return .records(try Self.records(records))
    case .checkpoint(let checkpoint):
      guard checkpoint.bytes.count <= checkpointBytesMax else {
        throw WireError("a checkpoint of \(checkpoint.bytes.count) bytes is too large")
      }
      return .checkpoint(
        step: try number(checkpoint.step, "a step"), bytes: Array(checkpoint.bytes))
    case .finished(let finished):
      return .finished(
        try summary(finished), elapsed: try duration(finished.elapsedNanoseconds))
    case .failed(let failed):
      return .failed(
        reason: try text(failed.reason),
        exitStatus: failed.hasExitStatus ? Int(failed.exitStatus) : nil,
        logTail: try text(failed.logTail))
    case .missingInput(let missing):
      return .refused(input: try text(missing.input), reason: try text(missing.reason))
    case .givenBack(let returned):
      let reason = try text(returned.notContinued)
      return reason.isEmpty ? .givenBack : .notContinued(reason: reason)
    case nil: throw WireError("a report says nothing")
    }
  }
}
