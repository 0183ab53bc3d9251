import Foundation

/// Options that the environment gives where the command line does not: containers and units are told by
/// variables what the command of their image is to do.
///
/// `GROKSWEEP_LEAVE_AT=7h30m` is `--leave-at 7h30m`. Secrets are files, whoever names them.
enum EnvironmentOptions {
  /// The options that each command takes so.
  private static let options: [String: [String]] = [
    "run": ["results", "slots", "memory-per-slot", "blas-kernels"],
    "coordinate": ["results", "listen", "advertise", "keys"],
    "work": [
      "slots", "memory-per-slot", "blas-kernels", "grace", "leave-at", "give-up-after",
      "checkpoint-seconds", "spool",
    ],
    "status": ["results", "spool"],
    "plan": ["results"], "submit": ["results"], "cancel": ["results"], "retry": ["results"],
    "workers": ["results"], "drain": ["results"], "readmit": ["results"], "join": ["results"],
    "show": ["results"], "map": ["results"], "curves": ["results"], "export": ["results"],
    "merge": ["results"], "keys": ["results"], "launch": ["results"],
  ]
  /// Their first argument is a command itself, and has the options.
  private static let nested: Set<String> = ["keys", "launch"]

  /// All variables by which a worker is told what to do.
  static let variables: Set<String> = Set(
    options["work", default: []].map(variable) + [
      JoinSource.variable, WorkerConnection.keyVariable,
    ])

  /// An argument that the environment has given.
  struct Taken: Hashable {
    var variable: String
    var option: String
  }

  /// The arguments with those that the environment adds.
  ///
  /// - Parameters:
  ///   - arguments: what the user typed, without the program.
  ///   - environment: the variables.
  /// - Returns: all arguments, and what was taken from where.
  static func complete(
    _ arguments: [String], from environment: [String: String]
  ) -> (arguments: [String], taken: [Taken]) {
    guard let command = arguments.first, let options = options[command] else {
      return (arguments, [])
    }
    let head = arguments.prefix(nested.contains(command) ? 2 : 1)
    guard
      !nested.contains(command)
        || head.count == 2 && head.last?.hasPrefix("-") == false
          && head.last != "help"
    else {
      return (arguments, [])
    }
    var added: [String] = []
    var taken: [Taken] = []
    for name in options {
      let option = "--\(name)"
      guard let value = environment[variable(name)], !value.isEmpty,
        !arguments.contains(where: { $0 == option || $0.hasPrefix("\(option)=") })
      else { continue }
      added.append("\(option)=\(value)")
      taken.append(Taken(variable: variable(name), option: option))
    }
    // Behind the command: what comes after `--` is no option.
    return (head + added + arguments.dropFirst(head.count), taken)
  }

  private static func variable(_ option: String) -> String {
    "GROKSWEEP_" + option.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }
}
