/// What load to make, from the command line: `--name value` pairs.
struct Options {
  var address = ""
  /// Simulated workers, each with a socket and a machine's name of its own.
  var workers = 4
  var slots = 16
  /// Raised so that the workers of several processes differ.
  var firstWorker = 0
  /// How long a run takes: drawn between these, in seconds; 0 and 0: it ends as soon as it begins.
  var seconds = 0.0...0.0
  /// Records of a run, and how many of them go into one report.
  var records = 2
  var recordsAReport = 64
  /// Whether records have accuracies beside the losses.
  var hasAccuracies = false
  /// It ends after so many finished and acknowledged runs.
  var runs = Int.max
  /// It ends after so many seconds.
  var duration = Double.infinity
  /// It ends with the first grant.
  var endsAtFirstGrant = false
  /// What happens earlier than this many seconds after the start is not measured.
  var warmUp = 0.0

  init(_ arguments: [String]) throws(LoadError) {
    guard arguments.count.isMultiple(of: 2) else { throw LoadError("expected --name value …") }
    for index in stride(from: 0, to: arguments.count, by: 2) {
      try take(arguments[index], arguments[index + 1])
    }
    guard !address.isEmpty else { throw LoadError("expected --connect address") }
  }

  private mutating func take(_ name: String, _ text: String) throws(LoadError) {
    func number() throws(LoadError) -> Double {
      guard let number = Double(text) else {
        throw LoadError("\(name): expected a number, found \(text)")
      }
      return number
    }
    switch name {
    case "--connect": address = text
    case "--workers": workers = Int(try number())
    case "--slots": slots = Int(try number())
    case "--first-worker": firstWorker = Int(try number())
    case "--seconds-min": seconds = try number()...max(seconds.upperBound, try number())
    case "--seconds-max": seconds = seconds.lowerBound...(try number())
    case "--records": records = Int(try number())
    case "--records-a-report": recordsAReport = Int(try number())
    case "--accuracies": hasAccuracies = try number() > 0
    case "--runs": runs = Int(try number())
    case "--duration": duration = try number()
    case "--first-grant": endsAtFirstGrant = try number() > 0
    case "--warm-up": warmUp = try number()
    default: throw LoadError("unknown option \(name)")
    }
  }
}
