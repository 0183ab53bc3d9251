import CProcess
import Foundation

/// A child process in its own process group, its three streams as non-blocking pipes.
///
/// It does not outlive the thread that started it: the kernel kills it then.
final class ChildProcess {
  /// What becomes of a child's standard streams.
  enum Stream {
    case pipe
    /// The parent's own stream.
    case inherited
    case null
  }

  let processIdentifier: pid_t
  private(set) var input: Int32?
  private(set) var output: Int32?
  private(set) var error: Int32?
  private var unwritten: [UInt8] = []

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - command: the program's path, or a name to be found in PATH, and its arguments.
  ///   - environment: all of the child's environment.
  ///   - input: what becomes of its standard input.
  ///   - output: what becomes of its standard output.
  ///   - error: what becomes of its standard error.
  ///   - deathSignal: what it is sent when this thread ends.
  ///   - ignoredSignal: what it ignores unless it decides otherwise; 0 for none.
  /// - Throws: `RuntimeFailure` if it cannot be started.
  init(
    _ command: [String], environment: [String: String], input: Stream = .pipe,
    output: Stream = .pipe, error: Stream = .pipe, deathSignal: Int32 = SIGKILL,
    ignoredSignal: Int32 = 0
  ) throws(RuntimeFailure) {
    let inputPipe = try Pipe(input, inherited: STDIN_FILENO, childReads: true)
    let outputPipe = try Pipe(output, inherited: STDOUT_FILENO, childReads: false)
    let errorPipe = try Pipe(error, inherited: STDERR_FILENO, childReads: false)
    let path = Self.path(of: command.first ?? "", searching: environment["PATH"])
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let started = Self.withStrings(command) { arguments in
      Self.withStrings(variables) { environment in
        process_spawn(
          path, arguments, environment, inputPipe.childEnd, outputPipe.childEnd,
          errorPipe.childEnd, deathSignal, ignoredSignal)
      }
    }
    inputPipe.closeChildEnd()
    outputPipe.closeChildEnd()
    errorPipe.closeChildEnd()
    guard started > 0 else {
      for descriptor in [inputPipe.parentEnd, outputPipe.parentEnd, errorPipe.parentEnd] {
        if let descriptor { close(descriptor) }
      }
      throw .system("start \(command.first ?? "a program without a name")", code: -started)
    }
    processIdentifier = started
    self.input = inputPipe.parentEnd
    self.output = outputPipe.parentEnd
    self.error = errorPipe.parentEnd
  }

  deinit {
    closeInput()
    if let output { close(output) }
    if let error { close(error) }
  }

  /// Where memory runs out, the kernel shall end this process, which costs a run, rather than its parent,
  /// which costs all of a machine's.
  func preferForOutOfMemoryKill() {
    guard let own = ControlGroups.number("/proc/self/oom_score_adj") else { return }
    let descriptor = open("/proc/\(processIdentifier)/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    // 1000 is the most; to raise it takes no rights.
    let text = Array("\(min(1000, Int(own) + 500))".utf8)
    _ = Glibc.write(descriptor, text, text.count)
  }

  /// Whether bytes wait for the child to read.
  var hasUnwritten: Bool { !unwritten.isEmpty && input != nil }

  /// Queues a line and writes what fits into the pipe.
  func write(line: Data) {
    unwritten.append(contentsOf: line)
    unwritten.append(UInt8(ascii: "\n"))
    flush()
  }

  func flush() {
    while let input, !unwritten.isEmpty {
      let written = unwritten.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      if written >= 0 {
        unwritten.removeFirst(written)
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        // The child no longer reads; that it ends is reported elsewhere.
        closeInput()
      }
    }
  }

  func closeInput() {
    if let input { close(input) }
    input = nil
    unwritten = []
  }

  enum Side { case output, error }

  /// All that the child has printed since, at most 1 MiB; closes a stream that has ended.
  ///
  /// - Returns: the bytes, and whether the stream has ended.
  func read(_ side: Side) -> (bytes: [UInt8], hasEnded: Bool) {
    guard let descriptor = side == .output ? output : error else { return ([], true) }
    var bytes: [UInt8] = []
    let chunk = 65_536
    while bytes.count < 1 << 20 {
      let count = withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 1) { buffer in
        let count = Glibc.read(descriptor, buffer.baseAddress, chunk)
        if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        return count
      }
      if count > 0 { continue }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { return (bytes, false) }
      close(descriptor)
      switch side {
      case .output: output = nil
      case .error: error = nil
      }
      return (bytes, true)
    }
    return (bytes, false)
  }

  /// Waits until the child has ended; for children that no loop collects.
  func waitForExit() -> ExitStatus {
    var status: Int32 = 0
    while waitpid(processIdentifier, &status, 0) < 0 && errno == EINTR {}
    return ExitStatus(waitStatus: status)
  }

  /// Sends a signal to the child and all that it started.
  func signal(_ number: Int32) { kill(-processIdentifier, number) }

  static func path(of name: String, searching variable: String?) -> String {
    guard !name.contains("/") else { return name }
    let folders = (variable ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? name
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for pointer in pointers { free(pointer) } }
    pointers.append(nil)
    return pointers.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("an array without storage") }
      return body(start)
    }
  }
}

/// The two ends of one standard stream.
private struct Pipe {
  let childEnd: Int32
  let parentEnd: Int32?
  private let ownsChildEnd: Bool

  init(_ stream: ChildProcess.Stream, inherited: Int32, childReads: Bool) throws(RuntimeFailure) {
    switch stream {
    case .inherited:
      (childEnd, parentEnd, ownsChildEnd) = (inherited, nil, false)
    case .null:
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      guard null >= 0 else { throw .system("open /dev/null", code: errno) }
      (childEnd, parentEnd, ownsChildEnd) = (null, nil, true)
    case .pipe:
      var ends: [Int32] = [-1, -1]
      let problem = process_open_pipe(&ends)
      guard problem == 0 else { throw .system("open a pipe", code: -problem) }
      let (child, parent) = childReads ? (ends[0], ends[1]) : (ends[1], ends[0])
      // Only our end: a child may expect its standard streams to block.
      _ = fcntl(parent, F_SETFL, O_NONBLOCK)
      (childEnd, parentEnd, ownsChildEnd) = (child, parent, true)
    }
  }

  func closeChildEnd() { if ownsChildEnd { close(childEnd) } }
}
