/// The batch script of an array of workers on a Slurm cluster, one job a node.
///
/// Slurm starts, places and requeues; the script tells the worker how many cores it got and when its
/// time ends, hands on the warning that comes before, and has the job queued again if the time
/// ended before the sweep did.
public struct SlurmBatch: Hashable, Sendable {
  /// The job's name in squeue.
  public var name: String
  /// Workers, each a job of the array.
  public var nodes: Int
  /// Cores of each; a worker has as many trainers.
  public var cpus: Int
  /// The time limit as Slurm takes it.
  public var time: String
  /// What the user wants of sbatch beside: `--partition=long`, or an option and its value.
  public var options: [String]
  /// Absolute paths that every node sees.
  public var program: String
  public var joinFile: String
  public var keyFile: String
  public var logFolder: String
  /// Further options of `groksweep work`.
  public var workerOptions: [String]

  /// How long a worker has to save its runs and hand them back.
  static let graceSeconds = 30
  /// When Slurm warns the job; it may do so up to a minute earlier.
  static let warningSeconds = 60

  public init(
    name: String, nodes: Int, cpus: Int, time: String, options: [String], program: String,
    joinFile: String, keyFile: String, logFolder: String, workerOptions: [String]
  ) {
    self.name = name
    self.nodes = nodes
    self.cpus = cpus
    self.time = time
    self.options = options
    self.program = program
    self.joinFile = joinFile
    self.keyFile = keyFile
    self.logFolder = logFolder
    self.workerOptions = workerOptions
  }

  /// The options of sbatch, in the order in which they count: what the user wants comes last.
  public var directives: [String] {
    [
      "--job-name=\(name)", "--array=1-\(nodes)", "--nodes=1", "--ntasks=1",
      "--cpus-per-task=\(cpus)", "--time=\(time)", "--requeue", "--open-mode=append",
      "--signal=B:USR1@\(Self.warningSeconds)", "--output=\(logFolder)/slurm-%a.log",
    ] + Self.joined(options)
  }

  /// The whole script.
  public var text: String {
    """
    #!/bin/bash
    \(directives.map { "#SBATCH \(Self.directive($0))\n" }.joined())
    # Written by groksweep launch slurm: each job of the array is a worker, and ends with the sweeps.
    set -u
    job=${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}
    # Not every version of Slurm tells a job when it ends; the worker leaves in time by itself, too.
    if [ -z "${SLURM_JOB_END_TIME:-}" ]; then
      end=$(squeue --noheader --jobs "$job" --format %e) && end=$(date --date "$end" +%s 2>/dev/null) &&
        export SLURM_JOB_END_TIME=$end
    fi
    echo "$(date +%FT%T) $job on ${SLURMD_NODENAME:-?}, start $((${SLURM_RESTART_COUNT:-0} + 1))"
    export GROKSWEEP_JOIN=\(ShellText.quoted(joinFile)) GROKSWEEP_KEY=\(ShellText.quoted(keyFile))
    \(ShellText.quoted(program)) work --slots "${SLURM_CPUS_PER_TASK:-\(cpus)}" \\
      --grace \(Self.graceSeconds) \(ShellText.command(workerOptions)) &
    worker=$!
    warned=
    # Slurm warns the shell alone, but ends all of the job's processes: those need not be told twice.
    trap 'warned=yes; kill -TERM "$worker" 2>/dev/null' USR1
    trap : TERM
    while :; do
      wait "$worker"
      code=$?
      # A signal ends the wait, not the worker.
      kill -0 "$worker" 2>/dev/null || break
    done
    # Where the worker ended while a signal was looked at, its own code is still to be had.
    wait "$worker" 2>/dev/null
    last=$?
    [ "$last" = 127 ] || code=$last
    now=$(date +%s)
    if [ "$code" = 0 ] && [ $((${SLURM_JOB_END_TIME:-$((now + 86400))} - now)) -le \(2 * Self.graceSeconds) ]; then
      warned=yes
    fi
    if [ -n "$warned" ]; then
      # The time is over and the sweep is not: the job waits in the queue again.
      echo "$(date +%FT%T) $job is queued again"
      scontrol requeue "$job"
    fi
    exit "$code"

    """
  }

  /// An option and the value that follows it are one line of the script.
  private static func joined(_ options: [String]) -> [String] {
    var joined: [String] = []
    for option in options {
      if !option.hasPrefix("-"), let last = joined.last, last.hasPrefix("-"), !last.contains("=") {
        joined[joined.count - 1] = last + (last.hasPrefix("--") ? "=" : " ") + option
      } else {
        joined.append(option)
      }
    }
    return joined
  }

  /// An option as sbatch reads it from a script: in quotes where it has blanks.
  private static func directive(_ option: String) -> String {
    guard option.contains(where: { $0 == " " || $0 == "#" || $0 == "'" || $0 == "\"" }),
      !(option.hasPrefix("-") && !option.hasPrefix("--"))
    else { return option }
    let escaped = option.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(escaped)\""
  }
}

/// What Slurm's commands answer.
public enum SlurmAnswer {
  /// The number of a job from what `sbatch --parsable` prints: `123`, or `123;cluster`.
  ///
  /// - Parameter output: all that it printed.
  /// - Returns: nil where there is no number.
  public static func job(in output: String) -> Int? {
    output.split(whereSeparator: \.isNewline).compactMap { line in
      NodeAddress.number(line.prefix { $0 != ";" })
    }.last
  }

  /// Whether Slurm itself did not answer, so that the same may succeed later.
  public static func isUnreachable(_ output: String) -> Bool {
    let sentences = [
      "Unable to contact slurm controller", "Socket timed out", "Connection refused",
    ]
    return sentences.contains { output.contains($0) }
  }

  /// What Slurm said, without the program's name before each line and with the last line in front of
  /// all that led to it.
  ///
  /// - Parameter output: all that a command printed.
  /// - Returns: its words in one line.
  public static func words(of output: String) -> String {
    let lines = output.split(whereSeparator: \.isNewline).map(String.init)
    return lines.isEmpty ? "it said nothing" : lines.joined(separator: "; ")
  }

  /// How many jobs are in each state, from lines of `squeue --noheader --format %T`.
  ///
  /// - Parameter output: the lines.
  /// - Returns: `3 running, 2 pending`; nil where there is none.
  public static func states(in output: String) -> String? {
    let states = output.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
    guard !states.isEmpty else { return nil }
    let counts = Dictionary(grouping: states, by: \.self).mapValues(\.count)
    let order = ["running", "completing", "pending"]
    let names =
      order.filter { counts[$0] != nil } + counts.keys.filter { !order.contains($0) }.sorted()
    return names.map { "\(counts[$0] ?? 0) \($0)" }.joined(separator: ", ")
  }
}
