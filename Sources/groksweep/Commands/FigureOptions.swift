import ArgumentParser
import ClusterRuntime
import Experiments
import Foundation
import PhaseMaps

/// Which runs of a sweep are looked at, and what counts as grokked.
struct SelectionOptions: ParsableArguments {
  @Option(
    name: .customLong("where"), parsing: .singleValue,
    help: ArgumentHelp(
      "Keep part of an axis: seed=0..4, alpha=0.4,0.8; may be given for several axes.",
      valueName: "axis=values"))
  var slices: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What train and test must both pass to count as grokked; any recorded threshold.",
      valueName: "number"))
  var threshold: String?

  @Option(
    name: .customLong("train-below"), parsing: .unconditional,
    help: ArgumentHelp("The train loss below which a run has fitted.", valueName: "number"))
  var trainBelow: String?

  @Option(
    name: .customLong("test-below"), parsing: .unconditional,
    help: ArgumentHelp("The test loss below which a run generalises.", valueName: "number"))
  var testBelow: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Count examples within this tolerance θ as right, where shares within several were recorded (teacher-student).",
      valueName: "number"))
  var tolerance: String?

  /// The slices, read.
  func parsedSlices() throws(RuntimeFailure) -> [AxisSlice] {
    var parsed: [AxisSlice] = []
    for text in slices {
      parsed.append(try withMapErrors { () throws(PhaseMapError) in try AxisSlice(parsing: text) })
    }
    return parsed
  }

  /// A sweep's rule with the thresholds that were asked for.
  func rule(from rule: GrokkedRule) throws(RuntimeFailure) -> GrokkedRule {
    var rule = rule
    if rule.measure == .accuracy && (trainBelow ?? testBelow) != nil {
      throw RuntimeFailure(
        .wrongInput,
        "--train-below and --test-below are losses, and this sweep counts accuracies; use --threshold"
      )
    }
    if let threshold {
      rule.train = try Self.number(threshold, of: "--threshold")
      rule.test = rule.train
    }
    if let trainBelow { rule.train = try Self.number(trainBelow, of: "--train-below") }
    if let testBelow { rule.test = try Self.number(testBelow, of: "--test-below") }
    return rule
  }

  /// The tolerance that was asked for; a sweep that counts losses has none.
  func parsedTolerance(for rule: GrokkedRule) throws(RuntimeFailure) -> ExactDecimal? {
    guard let tolerance else { return nil }
    guard rule.measure == .accuracy else {
      throw RuntimeFailure(
        .wrongInput, "--tolerance says which examples are right, and this sweep counts losses")
    }
    return try Self.number(tolerance, of: "--tolerance")
  }

  private static func number(
    _ text: String, of option: String
  ) throws(RuntimeFailure) -> ExactDecimal {
    guard let number = ExactDecimal(text) else {
      throw RuntimeFailure(.wrongInput, "\(option): expected a number, found \"\(text)\"")
    }
    return number
  }

  /// A name for files that show this selection; empty for the sweep's own.
  var fileSuffix: String {
    let parts =
      slices
      + [
        threshold.map { "threshold=\($0)" }, trainBelow.map { "train=\($0)" },
        testBelow.map { "test=\($0)" }, tolerance.map { "tolerance=\($0)" },
      ].compactMap { $0 }
    return parts.map { "-" + FigureName.plain($0) }.joined()
  }
}

/// Names of figure files.
enum FigureName {
  /// Letters, digits and `=._-` of a text; anything else becomes `_`.
  static func plain(_ text: String) -> String {
    String(
      text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "=._-".contains($0)) ? $0 : "_" })
  }

  /// The value of `--out`, which must name something.
  static func checked(_ out: String?) throws(RuntimeFailure) -> String? {
    if out == "" {
      throw RuntimeFailure(
        .wrongInput, "--out: expected a path such as figures/slice, found nothing")
    }
    return out
  }

  /// Where a figure goes: `--out figures/slice` makes figures/slice.svg and so on; `--out figures`, a folder,
  /// or `--out figures/` puts files of the usual name into it.
  static func files(out: String?, folder: String, baseName: String) -> FigureFiles {
    guard let out else { return FigureFiles(folder: folder, baseName: baseName) }
    let url = URL(fileURLWithPath: out)
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: out, isDirectory: &isFolder)
    if out.hasSuffix("/") || isThere && isFolder.boolValue {
      return FigureFiles(folder: url.standardizedFileURL.path, baseName: baseName)
    }
    let endings = ["svg", "png", "pdf", "gp", "tsv"]
    let base = endings.contains(url.pathExtension) ? url.deletingPathExtension() : url
    return FigureFiles(
      folder: base.deletingLastPathComponent().path, baseName: plain(base.lastPathComponent))
  }
}
