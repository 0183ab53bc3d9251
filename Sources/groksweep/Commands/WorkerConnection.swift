import ArgumentParser
import ClusterRuntime
import Foundation
import Launching

/// Where a worker finds its coordinator, and the key that it is let in with.
struct WorkerConnection: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The coordinator's address.", valueName: "address"))
  var connect: String?

  @Option(
    help: ArgumentHelp(
      "The coordinator's join line (gs1:…), or a file that holds it, in place of --connect "
        + "(default: what GROKSWEEP_JOIN says, which may be an address as well).",
      valueName: "line|file"))
  var join: String?

  @Option(
    help: ArgumentHelp(
      "The file of the key that this worker is let in with, as groksweep keys makes it "
        + "(default: the one that GROKSWEEP_KEY names, unless --connect says where to go).",
      valueName: "file"))
  var key: String?

  @Flag(
    name: .customLong("insecure-plaintext"),
    help: "Connect to other machines without a key; nothing is encrypted.")
  var insecurePlaintext = false

  func validate() throws {
    guard key == nil || !insecurePlaintext else {
      throw ValidationError("--key and --insecure-plaintext: expected one of them")
    }
    guard connect == nil || join == nil else {
      throw ValidationError("--connect and --join: expected one of them")
    }
  }

  /// What is known of a coordinator before it is reached.
  struct Coordinator {
    /// Where it may be reached, the best address first.
    var endpoints: [Endpoint]
    /// The key to show there; nil for plain text.
    var key: (path: String, file: KeyFile)?
    /// What it is called in the names of files; stays when it moves, if it has a key.
    var name: String
    /// The file of its join line, if that was given; a coordinator that moves writes it anew.
    var joinFile: String?

    /// Where the coordinator may be reached now, as the file says.
    ///
    /// - Returns: nil where there is no file, or only that of another coordinator.
    /// - Throws: `RuntimeFailure` if the file cannot be read or used.
    func endpointsAgain() throws(RuntimeFailure) -> [Endpoint]? {
      guard let joinFile else { return nil }
      let line = try JoinSource.line(joinFile, from: "the coordinator")
      guard line.publicKey == key?.file.coordinator.bytes else { return nil }
      var endpoints: [Endpoint] = []
      for address in line.addresses { endpoints.append(try Endpoint(address)) }
      return endpoints
    }
  }

  /// Reads what the user or the environment says.
  func coordinator() throws(RuntimeFailure) -> Coordinator {
    if let connect { return try coordinator(at: connect, option: "--connect", key: key) }
    let environment = ProcessInfo.processInfo.environment
    guard let (text, source) = JoinSource.text(option: join, environment: environment) else {
      throw RuntimeFailure(
        .wrongInput,
        "expected --connect ADDRESS, or --join with the line that the coordinator prints, or "
          + "\(JoinSource.variable) with either in the environment")
    }
    let key = key ?? environment[Self.keyVariable].flatMap { $0.isEmpty ? nil : $0 }
    if JoinSource.isAddress(text) { return try coordinator(at: text, option: source, key: key) }
    let line = try JoinSource.line(text, from: source)
    let file = try keyFile(key, for: line, from: source)
    var endpoints: [Endpoint] = []
    for address in line.addresses { endpoints.append(try Endpoint(address)) }
    if file == nil {
      for endpoint in endpoints {
        try endpoint.checkPlainText(
          option: source, isAllowed: insecurePlaintext, advice: Self.keyAdvice)
      }
    }
    return Coordinator(
      endpoints: endpoints, key: file, name: line.coordinatorName,
      joinFile: JoinLine.isMeant(by: text) ? nil : text)
  }

  static let keyVariable = "GROKSWEEP_KEY"

  private static let keyAdvice =
    "groksweep keys make NAME makes one at the coordinator, and --key names its file here"

  private func coordinator(
    at address: String, option: String, key: String?
  ) throws(RuntimeFailure) -> Coordinator {
    let endpoint = try Endpoint(address, listens: false)
    if let key {
      let file = try KeyFile(path: key)
      return Coordinator(endpoints: [endpoint], key: (key, file), name: endpoint.address)
    }
    try endpoint.checkPlainText(
      option: option, isAllowed: insecurePlaintext, advice: Self.keyAdvice)
    return Coordinator(endpoints: [endpoint], key: nil, name: endpoint.address)
  }

  /// The key to show to the coordinator of a join line, which must be the one that made the key.
  private func keyFile(
    _ path: String?, for line: JoinLine, from source: String
  ) throws(RuntimeFailure) -> (path: String, file: KeyFile)? {
    guard let publicKey = line.publicKey else {
      guard let path, !insecurePlaintext else { return nil }
      throw RuntimeFailure(
        .wrongInput,
        "\(source): this coordinator has no keys, so \(path) would not be understood there")
    }
    guard !insecurePlaintext else {
      throw RuntimeFailure(
        .wrongInput, "--insecure-plaintext: the coordinator of \(source) takes keys alone")
    }
    guard let path else {
      throw RuntimeFailure(
        .wrongInput,
        "\(source): this coordinator lets in who has a key: \(Self.keyAdvice), or GROKSWEEP_KEY does"
      )
    }
    let file = try KeyFile(path: path)
    guard file.coordinator.bytes == publicKey else {
      throw RuntimeFailure(
        .wrongInput, "\(path): this key is for another coordinator than that of \(source)")
    }
    return (path, file)
  }
}

/// A join line that a user gives: as an option, in the environment, or in a file that either names.
enum JoinSource {
  static let variable = "GROKSWEEP_JOIN"

  /// The line or the file's name, and where it comes from; nil if nobody says.
  static func text(
    option: String?, environment: [String: String]
  ) -> (text: String, source: String)? {
    if let option { return (option, "--join") }
    guard let value = environment[variable], !value.isEmpty else { return nil }
    return (value, variable)
  }

  /// Whether a text is an address, which a variable may hold as well as a line.
  static func isAddress(_ text: String) -> Bool {
    text.hasPrefix("tcp://") || text.hasPrefix("ipc://")
  }

  /// Reads a line, or the file that holds it.
  ///
  /// - Parameters:
  ///   - text: the line or the file's name.
  ///   - source: where it comes from, for messages.
  /// - Returns: the line.
  /// - Throws: `RuntimeFailure` with one sentence.
  static func line(_ text: String, from source: String) throws(RuntimeFailure) -> JoinLine {
    // The contents of the file, comment and all, do as well: a shell or a ConfigMap gives them.
    let isLine = text.split(whereSeparator: \.isNewline).contains { JoinLine.isMeant(by: $0) }
    let contents = isLine ? text : try contents(of: text, from: source)
    do throws(LaunchTextError) {
      return try JoinLine(parsing: contents)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(isLine ? source : text): \(error)")
    }
  }

  private static func contents(
    of path: String, from source: String
  ) throws(RuntimeFailure) -> String {
    let expected =
      "\(source): expected a line that begins with \(JoinLine.prefix) or a file that holds one"
    guard !path.isEmpty else { throw RuntimeFailure(.wrongInput, "\(expected), found nothing") }
    guard !SecretKey.isMeant(by: path) else {
      throw RuntimeFailure(.wrongInput, "\(expected), found what looks like a key")
    }
    do throws(RuntimeFailure) {
      return try Folders.text(of: path)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(expected); \(error)")
    }
  }
}
