/// A time limit as sbatch takes it.
public enum SlurmTime {
  /// The shortest limit that leaves room for work before Slurm's warning.
  public static let secondsMin = 2 * SlurmBatch.warningSeconds

  /// How long a limit is, in seconds.
  ///
  /// - Parameter text: minutes, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`, `days-hours:minutes`
  ///   or `days-hours:minutes:seconds`; `0`, `UNLIMITED` and `INFINITE` are no limit.
  /// - Returns: nil for anything else; `Int.max` for no limit.
  /// - Source: sbatch(1), `--time`.
  public static func seconds(_ text: String) -> Int? {
    if ["UNLIMITED", "INFINITE"].contains(text.uppercased()) { return .max }
    let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let hasDays = halves.count == 2
    var numbers: [Int] = []
    let clock = halves[halves.count - 1].split(separator: ":", omittingEmptySubsequences: false)
    for word in clock {
      guard let number = NodeAddress.number(word) else { return nil }
      numbers.append(number)
    }
    guard (1...3).contains(numbers.count) else { return nil }
    let units: [Int]
    switch (hasDays, numbers.count) {
    case (true, _), (false, 3): units = [3600, 60, 1]
    default: units = [60, 1]
    }
    let sum = zip(numbers, units).map { $0 * $1 }.reduce(0, +)
    guard hasDays else { return sum == 0 ? .max : sum }
    return NodeAddress.number(halves[0]).map { $0 * 86_400 + sum }
  }
}

/// Options of sbatch that a launch cannot pass on.
public enum SlurmOptions {
  /// Why an option is refused.
  ///
  /// - Parameter option: as the user typed it. sbatch takes the start of a long name for the whole, too.
  /// - Returns: the end of a sentence that begins with the option; nil if it is passed on.
  public static func refusal(of option: String) -> String? {
    let name = String(option.prefix { $0 != "=" })
    let isLong = name.hasPrefix("--")
    let refused: [(long: String, short: String?, startMin: Int, reason: String)] = [
      (
        "--wait", "-W", 5,
        "a launch does not wait for its jobs; groksweep status says how far they are"
      ),
      ("--test-only", nil, 6, "--dry-run shows the script and submits nothing"),
      ("--wrap", nil, 5, "the jobs run the script that a launch writes"),
      (
        "--clusters", "-M", 5,
        "jobs of other clusters are not followed; launch on a login node of that cluster"
      ),
      ("--array", "-a", 4, "--nodes says how many workers there are"),
      ("--nodes", "-N", 6, "--nodes of the launch says it, before the sweeps"),
      ("--ntasks", "-n", 8, "a job is one worker"),
      ("--cpus-per-task", "-c", 7, "--cpus says it"),
      ("--time", "-t", 6, "--time of the launch says it, before the sweeps"),
      ("--signal", nil, 5, "workers are warned a minute before their end"),
      ("--no-requeue", nil, 6, "jobs come back until the sweeps have ended"),
    ]
    for (long, short, startMin, reason) in refused {
      let isThis =
        isLong
        ? long.hasPrefix(name) && name.count >= startMin
        : short.map { name.hasPrefix($0) } ?? false
      if isThis { return reason }
    }
    return nil
  }
}
