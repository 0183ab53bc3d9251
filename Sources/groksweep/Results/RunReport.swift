import Experiments
import Foundation
import OrderedCollections
import ResultStore

/// What `groksweep show` says of a run.
enum RunReport {
  /// The report as lines for a terminal.
  static func text(of run: RunDetails) -> String {
    var lines = ["run \(run.key)", "  \(status(of: run))", ""]
    lines.append("\(run.configuration.experiment), version \(run.configuration.version)")
    for (name, value) in run.configuration.parameters { lines.append("  \(name): \(value)") }
    for (name, digest) in run.configuration.inputs { lines.append("  \(name): SHA-256 \(digest)") }
    lines.append("")
    for request in run.requests {
      lines.append(
        "asked for by \(request.sweep): \(Self.words(for: request.request))"
          + (request.isCancelled ? "; cancelled" : ""))
    }
    if let summary = run.summary { lines += [""] + result(summary) }
    for attempt in run.attempts { lines += [""] + self.lines(for: attempt) }
    return lines.joined(separator: "\n")
  }

  private static func status(of run: RunDetails) -> String {
    switch run.status {
    case .finished: return "finished"
    case .failed(let reason): return "failed: \(reason)"
    case .open:
      if let attempt = run.attempts.last(where: { $0.outcome == .open })?.attempt {
        return "running, or waiting for word of attempt \(attempt.number) on "
          + attempt.provenance.host
      }
      if isCancelled(run) { return "cancelled" }
      if run.requests.isEmpty { return "no sweep asks for it any more" }
      let worker = "waits for a worker\(inputs(of: run))"
      if let summary = run.summary { return "\(worker), to go on after step \(summary.steps)" }
      return run.attempts.isEmpty
        ? "\(worker); it was never tried"
        : "\(worker), after \(run.attempts.count) "
          + (run.attempts.count == 1 ? "attempt" : "attempts")
    }
  }

  /// The files that a worker must have for a run.
  private static func inputs(of run: RunDetails) -> String {
    let names = run.configuration.inputs.keys
    guard !names.isEmpty else { return "" }
    let files = names.count == 1 ? "its input file" : "its input files"
    return " that has \(files) (\(names.joined(separator: ", ")))"
  }

  /// Whether nobody wants the run any more.
  private static func isCancelled(_ run: RunDetails) -> Bool {
    run.status == .open && !run.requests.isEmpty && run.requests.allSatisfy(\.isCancelled)
  }

  private static func words(for request: Request) -> String {
    var words = "\(request.maxSteps) steps at most"
    if request.stopsWhenConverged { words += ", or until it converges" }
    if let rule = request.criterion {
      words +=
        ", or until train \(rule.measure.rawValue) passes \(rule.train) "
        + "and test \(rule.measure.rawValue) \(rule.test)"
    }
    return words
  }

  /// The result: why it stopped, its crossings, its last values.
  static func result(_ summary: RunSummary) -> [String] {
    var lines = ["stopped after \(summary.steps) steps: \(words(for: summary.stopped))"]
    if summary.isRecomputedInFloat64 {
      lines.append("  computed again in float64: in float32 its test loss ended near a threshold")
    }
    for series in Series.allCases {
      let name = series.rawValue.replacingOccurrences(of: "_", with: " ")
      let list = summary.crossings.of(series).map { crossing in
        "\(crossing.threshold) \(crossing.step.map { "at \($0)" } ?? "never")"
      }
      guard !list.isEmpty else { continue }
      lines.append("  \(name) passes \(list.joined(separator: ", "))")
    }
    for series in Series.allCases {
      guard let value = summary.final[series] else { continue }
      let name = series.rawValue.replacingOccurrences(of: "_", with: " ")
      lines.append(
        "  \(name) at the end: \(String(format: "%.5g", value))")
    }
    return lines
  }

  private static func words(for reason: StopReason) -> String {
    switch reason {
    case .criterion: "it had grokked"
    case .converged: "the losses no longer moved"
    case .stepLimit: "the step limit"
    case .diverged: "a value was no longer finite"
    }
  }

  private static func lines(for stored: StoredAttempt) -> [String] {
    let attempt = stored.attempt
    var head = "attempt \(attempt.number) on \(attempt.provenance.host)"
    if let parent = attempt.parent {
      head += ", continuing attempt \(parent) from step \(attempt.startStep)"
    }
    var lines = [
      head,
      "  \(attempt.provenance.trainer), BLAS kernels \(attempt.provenance.blasKernels)",
      "  from \(stored.startedAt) to \(stored.endedAt ?? "now"), \(stored.recordCount) records",
    ]
    switch stored.outcome {
    case .open: lines.append("  under way")
    case .accepted: lines.append("  accepted")
    case .ended(.lost): lines.append("  lost: its worker fell silent")
    case .ended(.withdrawn):
      lines.append("  withdrawn: its worker handed it back, or the run was cancelled")
    case .ended(.refused(let reason)): lines.append("  withdrawn: \(reason)")
    case .ended(.failed(let reason, let status, let logTail)):
      lines.append("  failed: \(reason)" + (status.map { " (exit status \($0))" } ?? ""))
      if !logTail.isEmpty {
        lines.append("  its last lines:")
        lines += logTail.split(separator: "\n").map { "    \($0)" }
      }
    }
    return lines
  }
}

extension RunReport {
  private struct Report: Encodable {
    struct Attempt: Encodable {
      var number: Int
      var parent: Int?
      var startStep: Int
      var worker: String
      var host: String
      var trainer: String
      var blasKernels: String
      var startedAt: String
      var endedAt: String?
      var outcome: String
      var reason: String?
      var exitStatus: Int?
      var logTail: String?
      var records: Int
    }
    struct Asked: Encodable {
      var sweep: String
      var position: Int
      var request: Request
    }

    var key: RunKey
    var experiment: String
    var version: Int
    var parameters: [String: ParameterValue]
    var inputs: [String: String]
    var status: String
    var reason: String?
    var requests: [Asked]
    var summary: RunSummary?
    var attempts: [Attempt]
  }

  /// The report as one JSON object.
  static func json(of run: RunDetails) throws -> String {
    let (status, reason): (String, String?) =
      switch run.status {
      case .finished: ("finished", nil)
      case .open: (isCancelled(run) ? "cancelled" : "open", nil)
      case .failed(let reason): ("failed", reason)
      }
    let report = Report(
      key: run.key, experiment: run.configuration.experiment, version: run.configuration.version,
      parameters: Dictionary(uniqueKeysWithValues: Array(run.configuration.parameters)),
      inputs: Dictionary(uniqueKeysWithValues: Array(run.configuration.inputs)), status: status,
      reason: reason,
      requests: run.requests.map {
        Report.Asked(sweep: $0.sweep, position: $0.position, request: $0.request)
      },
      summary: run.summary, attempts: run.attempts.map(attempt))
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }

  private static func attempt(_ stored: StoredAttempt) -> Report.Attempt {
    let attempt = stored.attempt
    var report = Report.Attempt(
      number: attempt.number, parent: attempt.parent, startStep: attempt.startStep,
      worker: attempt.worker.rawValue, host: attempt.provenance.host,
      trainer: attempt.provenance.trainer, blasKernels: attempt.provenance.blasKernels,
      startedAt: stored.startedAt, endedAt: stored.endedAt, outcome: "open",
      records: stored.recordCount)
    switch stored.outcome {
    case .open: break
    case .accepted: report.outcome = "accepted"
    case .ended(.lost): report.outcome = "lost"
    case .ended(.withdrawn): report.outcome = "withdrawn"
    case .ended(.refused(let reason)):
      report.outcome = "withdrawn"
      report.reason = reason
    case .ended(.failed(let reason, let status, let logTail)):
      report.outcome = "failed"
      report.reason = reason
      report.exitStatus = status
      report.logTail = logTail
    }
    return report
  }
}
