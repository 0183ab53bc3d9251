/// The batch script of an array of workers on a Slurm cluster, one job a node, or of their coordinator.
///
/// Slurm starts, places and requeues, and tells the worker by variables how many cores and how much memory it
/// got and when its time ends; the script hands on the warning that comes before, and has the job queued again if
/// the time ended before the sweep did.
public struct SlurmBatch: Hashable, Sendable {
  /// What the job runs.
  public enum Role: Hashable, Sendable {
    /// A worker a node, with so many cores each; further options of `groksweep work`. They find the
    /// coordinator by a file and are let in by another, absolute paths that every node sees.
    case workers(nodes: Int, cpus: Int, joinFile: String, keyFile: String, options: [String])
    /// What follows `groksweep coordinate`.
    case coordinator([String])
  }

  public var role: Role
  /// The time limit as Slurm takes it.
  public var time: String
  /// What the user wants of sbatch beside: `--partition=long`, or an option and its value.
  public var options: [String]
  /// What the user wants for the coordinator's job alone.
  public var coordinatorOptions: [String]
  /// The program and the folder of the logs: absolute paths that every node sees.
  public var program: String
  public var logFolder: String
  /// The mark that a coordinator leaves once its sweeps have ended, an absolute path that every node sees.
  public var endedFile: String

  /// How long a worker has to save its runs and hand them back.
  static let graceSeconds = 30
  /// When Slurm warns a worker's job; it may do so up to a minute earlier.
  static let warningSeconds = 60
  /// When it warns the coordinator's, to which workers that end at the same time hand back their runs before.
  static let coordinatorWarningSeconds = 10
  /// How long a job waits for a coordinator that has not begun, before it makes room for others.
  static let patienceSeconds = 600
  /// Options of the user's that a coordinator's job has to have as well: who pays for it, and where it runs.
  private static let placement = [
    "--account", "-A", "--partition", "-p", "--qos", "-q", "--reservation", "--constraint", "-C",
    "--exclude", "-x",
  ]

  public init(
    role: Role, time: String, options: [String], coordinatorOptions: [String] = [],
    program: String, logFolder: String, endedFile: String
  ) {
    self.role = role
    self.time = time
    self.options = options
    self.coordinatorOptions = coordinatorOptions
    self.program = program
    self.logFolder = logFolder
    self.endedFile = endedFile
  }

  /// The options of sbatch, in the order in which they count: what the user wants comes last.
  public var directives: [String] {
    let common = [
      "--nodes=1", "--ntasks=1", "--time=\(time)", "--requeue", "--open-mode=append",
      "--signal=B:USR1@\(warningSeconds)",
    ]
    let wanted = Self.joined(options)
    switch role {
    case .workers(let nodes, let cpus, _, _, _):
      return ["--job-name=groksweep", "--array=1-\(nodes)", "--cpus-per-task=\(cpus)"] + common
        + ["--output=\(logPattern)/slurm-%A_%a.log"] + wanted
    case .coordinator:
      return ["--job-name=groksweep-coordinator", "--cpus-per-task=1"] + common
        + ["--output=\(logPattern)/slurm-coordinator.log"]
        + wanted.filter { option in
          Self.placement.contains {
            let isShort = !$0.hasPrefix("--")
            return option == $0 || option.hasPrefix(isShort ? $0 : "\($0)=")
          }
        } + Self.joined(coordinatorOptions)
    }
  }

  private var warningSeconds: Int {
    switch role {
    case .workers: Self.warningSeconds
    case .coordinator: Self.coordinatorWarningSeconds
    }
  }

  /// The folder as sbatch reads it: a percent sign begins a pattern.
  private var logPattern: String {
    logFolder.map { $0 == "%" ? "%%" : String($0) }.joined()
  }

  /// The whole script.
  public var text: String {
    """
    #!/bin/bash
    \(directives.map { "#SBATCH \(Self.directive($0))\n" }.joined())
    # Written by groksweep launch slurm: \(purpose), and ends with the sweeps.
    set -u
    say() { echo "$(date +%FT%T) $*"; }
    job=\(job)
    ended=\(ShellText.quoted(endedFile))
    launched=\(ShellText.quoted(launchedFile))
    warned= stopped= process=
    # Slurm tells the shell alone: of the time by the first, by the second when the job is cancelled, preempted or requeued. Where
    # it tells the job's other processes as well, they are told twice, which is once to them.
    tell() { [ -z "$process" ] || kill -TERM "$process" 2>/dev/null; }
    trap 'warned=yes; tell' USR1
    trap 'stopped=yes; tell' TERM
    say "$job on ${SLURMD_NODENAME:-?}, start $((${SLURM_RESTART_COUNT:-0} + 1))"
    # What Slurm says of the job.
    state() { scontrol show job "$job" 2>/dev/null | grep -q "$1"; }
    # A job that makes room for a better one, and ends before it must, is not queued again by Slurm. It may have done so at an
    # earlier start as well.
    moment() { scontrol show job "$job" 2>/dev/null | grep -o "$1=[0-9][^ ]*" | cut -d= -f2; }
    makes_room() { told=$(moment PreemptTime) && [ -n "$told" ] && [[ ! $told < $(moment StartTime) ]]; }
    # Slurm tells a job to end in the same way when its time is over. While the script still runs it calls a cancelled job no more
    # than COMPLETING, but one whose time is over has a reason.
    is_cancelled() { [ -n "$stopped" ] && state = && ! state Reason=TimeLimit && ! makes_room; }
    # The job waits in the queue again, unless there is nothing to come back for.
    requeue() {
      [ ! -e "$ended" ] || return 0
      [ -e "$launched" ] || return 0
      # It may have been warned of its time before.
      if is_cancelled; then return 0; fi
      say "$job is queued again"
      scontrol requeue "$job"
    }
    # sbatch hands on the variables of whoever submits: those that stand for options are not meant for this program.
    unset ${!GROKSWEEP_@}
    if [ ! -e "$launched" ]; then
      say "its launch has been stopped, or has failed: $launched is gone"
      exit 0
    fi
    \(preparation)
    \(command) &
    process=$!
    # A warning may have come before there was anybody to hand it on to.
    [ -z "$warned$stopped" ] || tell
    while :; do
      wait "$process"
      code=$?
      # A signal ends the wait, not the process.
      kill -0 "$process" 2>/dev/null || break
    done
    # Where it ended while a signal was looked at, its own code is still to be had.
    wait "$process" 2>/dev/null
    last=$?
    [ "$last" = 127 ] || code=$last
    \(ending)
    if [ -n "$stopped" ] && makes_room; then warned=yes; fi
    # The time is over.
    [ -z "$warned" ] || requeue
    exit "$code"

    """
  }

  private var purpose: String {
    switch role {
    case .workers: "each job of the array is a worker"
    case .coordinator: "the coordinator, which may move to another node"
    }
  }

  private var job: String {
    switch role {
    case .workers: "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    case .coordinator: "$SLURM_JOB_ID"
    }
  }

  /// What goes with the launch: the key of workers, and of a coordinator its script.
  private var launchedFile: String {
    switch role {
    case .workers(_, _, _, let keyFile, _): keyFile
    case .coordinator: "\(logFolder)/slurm-coordinator.sh"
    }
  }

  private var preparation: String {
    switch role {
    case .coordinator: "# The coordinator takes the mark of an earlier end away."
    case .workers(_, _, let joinFile, let keyFile, _):
      """
      export GROKSWEEP_JOIN=\(ShellText.quoted(joinFile)) GROKSWEEP_KEY=\(ShellText.quoted(keyFile))
      # Whether the coordinator is a job, by the file of its number, that Slurm knows no more. A Slurm that does not answer says nothing.
      coordinator=\(ShellText.quoted("\(logFolder)/slurm-coordinator.job"))
      coordinator_is_gone() {
        [ -s "$coordinator" ] || return 1
        jobs=$(squeue --noheader --jobs "$(tr '\\n' , <"$coordinator" | sed 's/,$//')" 2>&1)
        case $jobs in '' | *'Invalid job id'*) return 0 ;; *) return 1 ;; esac
      }
      # A coordinator that is a job itself may start later than its workers, which then make room for others.
      waited=0
      while [ ! -s "$GROKSWEEP_JOIN" ] && [ ! -e "$ended" ] && [ -e "$launched" ] && [ -z "$warned$stopped" ] &&
        [ "$waited" -lt \(Self.patienceSeconds) ]; do
        sleep 2
        waited=$((waited + 2))
      done
      if [ -e "$ended" ]; then
        say "$(cat "$ended")"
        exit 0
      fi
      if [ ! -s "$GROKSWEEP_JOIN" ] || [ -n "$warned$stopped" ]; then
        if is_cancelled; then exit 143; fi
        [ -s "$GROKSWEEP_JOIN" ] || say "no coordinator has begun"
        if [ -z "$warned$stopped" ] && coordinator_is_gone; then
          say "and its job is in the queue no more: groksweep launch slurm --stop, then launch again"
          exit 1
        fi
        requeue
        exit 1
      fi
      # Not every version of Slurm tells a job when it ends; the worker leaves in time by itself, too.
      if [ -z "${SLURM_JOB_END_TIME:-}" ]; then
        end=$(squeue --noheader --jobs "$job" --format %e) && end=$(date --date "$end" +%s 2>/dev/null) &&
          export SLURM_JOB_END_TIME=$end
      fi
      """
    }
  }

  private var command: String {
    switch role {
    case .workers(_, _, _, _, let options):
      "\(ShellText.quoted(program)) work --grace \(Self.graceSeconds) \(ShellText.command(options))"
    case .coordinator(let words):
      "\(ShellText.quoted(program)) coordinate \(ShellText.command(words))"
    }
  }

  private var ending: String {
    switch role {
    case .coordinator:
      """
      [ "$code" != 0 ] || warned=
      # Its workers, which may have waited for it, need not any more.
      if [ "$code" != 0 ] && [ -z "$warned$stopped" ] && [ ! -e "$ended" ]; then
        echo "the coordinator has failed with exit code $code; slurm-coordinator.log says why." >"$ended"
      fi
      """
    case .workers:
      """
      # A worker that left because its time was over ends like one whose sweeps have.
      now=$(date +%s)
      if [ "$code" = 0 ] && [ $((${SLURM_JOB_END_TIME:-$((now + 86400))} - now)) -le \(2 * Self.graceSeconds) ]; then
        warned=yes
      fi
      # One that gave up comes back as long as a coordinator waits in the queue itself.
      if [ "$code" = 3 ] && [ -s "$coordinator" ] && ! coordinator_is_gone; then warned=yes; fi
      """
    }
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
      "Could not establish a configuration source",
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
