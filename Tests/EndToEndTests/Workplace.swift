import Experiments
import Foundation
import ResultStore
import Testing

/// A temporary folder in which the built program is run, with its sweep files and results.
final class Workplace {
  let folder: URL
  private var processes: [RunningProgram] = []
  private var disks: [SmallDisk] = []

  /// The program beside the test bundle.
  static let program: URL = {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let candidates = [
      own.deletingLastPathComponent(),
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
    ].map { $0.appendingPathComponent("groksweep") }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
      ?? candidates[1]
  }()

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("groksweep-test-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    for process in processes where process.isRunning { process.signal(SIGKILL) }
    // A folder with a disk in it cannot be removed.
    disks.forEach { $0.unmount() }
    try? FileManager.default.removeItem(at: folder)
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
  }

  func contents(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appendingPathComponent(name)), as: UTF8.self)
  }

  /// Mounts a small disk on a folder in this one, made if it is not there.
  func mountSmallDisk(on name: String) throws -> SmallDisk {
    let disk = try SmallDisk(at: folder.appendingPathComponent(name))
    disks.append(disk)
    return disk
  }

  func start(_ arguments: String...) throws -> RunningProgram { try start(arguments) }

  /// Starts the program with variables of its own beside those of the test.
  func start(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> RunningProgram {
    let process = try RunningProgram(
      Self.program, arguments: arguments, environment: environment, in: folder)
    processes.append(process)
    return process
  }

  /// Runs the program to its end.
  func run(_ arguments: String...) throws -> RunningProgram {
    let process = try start(arguments)
    _ = try process.waitForExit()
    return process
  }

  /// Starts shell commands in which `groksweep`, and `"$0"`, is the program.
  func start(shell script: String) throws -> RunningProgram {
    let process = try RunningProgram(
      URL(fileURLWithPath: "/bin/bash"),
      arguments: ["-c", "groksweep() { \"$0\" \"$@\"; }\n\(script)", Self.program.path],
      environment: [:], in: folder)
    processes.append(process)
    return process
  }

  /// Runs shell commands to their end.
  func shell(_ script: String) throws -> RunningProgram {
    let process = try start(shell: script)
    _ = try process.waitForExit()
    return process
  }

  /// Every run of a sweep as the store has it.
  func runs(of sweep: String) throws -> [RunDetails] {
    let store = try ResultStore(
      path: folder.appendingPathComponent("results/results.sqlite").path, access: .reader)
    return try store.runs(ofSweep: sweep).map { run in
      guard case .found(let details) = try store.run(withPrefix: run.key.hexadecimal) else {
        throw Failure("run \(run.key) is not in the store")
      }
      return details
    }
  }

  /// Waits until the store holds what is asked for.
  func waitForRuns(
    of sweep: String, _ what: String, within seconds: Double = 60,
    where isThere: ([RunDetails]) -> Bool
  ) throws -> [RunDetails] {
    try wait(for: what, within: seconds) {
      guard exists("results/results.sqlite"), let runs = try? runs(of: sweep), isThere(runs)
      else { return nil }
      return runs
    }
  }
}

/// Something that a test waited for in vain.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer, within a bound.
func wait<Value>(
  for what: String, within seconds: Double = 60, _ answer: () throws -> Value?
) throws -> Value {
  let end = ContinuousClock.now + .seconds(seconds)
  while ContinuousClock.now < end {
    if let value = try answer() { return value }
    usleep(10_000)
  }
  throw Failure("waited \(seconds) s in vain for \(what)")
}

/// Tests that a shell runs in the background, or nohup, ignore signals, and threads of a pool block them; what is
/// started inherits both.
func endIgnoringSignals() {
  signal(SIGINT, SIG_DFL)
  signal(SIGHUP, SIG_DFL)
  var none = sigset_t()
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, nil)
}

/// The program while it runs, and what it has printed.
final class RunningProgram {
  private let process = Process()
  private let outputFile: URL
  private let errorFile: URL

  init(
    _ program: URL, arguments: [String], environment: [String: String], in folder: URL
  ) throws {
    let name = UUID().uuidString
    outputFile = folder.appendingPathComponent(".\(name).out")
    errorFile = folder.appendingPathComponent(".\(name).err")
    for file in [outputFile, errorFile] {
      try Data().write(to: file)
    }
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    endIgnoringSignals()
    try process.run()
  }

  var output: String { Self.text(outputFile) }
  var error: String { Self.text(errorFile) }
  var isRunning: Bool { process.isRunning }
  var processIdentifier: pid_t { process.processIdentifier }
  /// The exit code, or 128 and the signal.
  var exitCode: Int32 {
    process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end and returns the exit code.
  func waitForExit(within seconds: Double = 120) throws -> Int32 {
    try wait(for: "the end of the program; it said: \(error.suffix(500))", within: seconds) {
      process.isRunning ? nil : exitCode
    }
  }

  /// Waits for a line on standard error that contains a text, and returns it.
  func waitForLine(_ text: String, within seconds: Double = 60) throws -> String {
    try wait(for: "a line with \"\(text)\"", within: seconds) {
      error.split(separator: "\n").map(String.init).first { $0.contains(text) }
    }
  }

  private static func text(_ file: URL) -> String {
    FileManager.default.contents(atPath: file.path).map { String(decoding: $0, as: UTF8.self) }
      ?? ""
  }
}

/// Processes as /proc shows them.
enum ProcessTree {
  /// The children of a process whose command line contains a word.
  static func children(of parent: pid_t, running word: String) -> [pid_t] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { pid_t($0) }.filter { process in
      guard let stat = text("/proc/\(process)/stat"),
        let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 1,
        pid_t(fields[1]) == parent, fields[0] != "Z"
      else { return false }
      return text("/proc/\(process)/cmdline")?.contains(word) ?? false
    }.sorted()
  }

  /// Whether a process has a handler for a signal.
  static func catches(_ signal: Int32, _ process: pid_t) -> Bool {
    let line = text("/proc/\(process)/status")?.split(separator: "\n")
      .first { $0.hasPrefix("SigCgt:") }
    let mask = line?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
    return (mask ?? 0) >> UInt64(signal - 1) & 1 == 1
  }

  static func exists(_ process: pid_t) -> Bool {
    guard let stat = text("/proc/\(process)/stat") else { return false }
    return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}

/// Sweeps that the tests run.
enum SweepText {
  /// Runs that take a known time and always finish.
  static func noop(
    _ name: String = "waiting", runs: Int, steps: Int = 100, milliseconds: Int = 10
  ) -> String {
    """
    name: \(name)
    experiment: noop
    parameters: {steps: \(steps), step_milliseconds: \(milliseconds)}
    axes:
      x: {from: 1, to: \(runs), count: \(runs)}
      y: [0, 1]
    until: {max_steps: 100000, converged: true}
    map: {x: x, y: y, value: time_to_grok}
    """
  }

  /// A small network that trains in a blink.
  static func regression(
    _ name: String = "small", alphas: String = "[0.5, 1]", maxSteps: Int = 60
  ) -> String {
    """
    name: \(name)
    experiment: polynomial-regression
    parameters: {input_dimension: 10, hidden_units: 20, train_examples: 60, learning_rate: 1}
    axes:
      alpha: \(alphas)
      epsilon: [0.1, 0.2]
      seed: [0]
    until: {max_steps: \(maxSteps)}
    grokked: {measure: loss, train_below: 0.1, test_below: 0.1}
    map: {x: epsilon, y: alpha, value: time_to_grok}
    """
  }
}

extension [RunDetails] {
  var finished: Int { count { $0.status == .finished } }
  /// Runs that a trainer has begun: an attempt is open before its grant is even sent.
  var begun: Int {
    count { run in run.attempts.contains { $0.outcome == .open && $0.recordCount > 0 } }
  }
  /// Every run has exactly one attempt that counts.
  var areAcceptedOnce: Bool {
    allSatisfy { run in
      run.status == .finished && run.attempts.count { $0.outcome == .accepted } == 1
    }
  }
}
