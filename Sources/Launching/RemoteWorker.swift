/// A worker on another machine, started and ended by a shell there.
///
/// The scripts travel over the standard input of `/bin/sh -s`: no secret stands on a command line, the
/// user's own shell need not understand them, and nothing has to be quoted twice. They answer with
/// lines that `RemoteAnswer` reads. Home folders that several machines share are taken into account:
/// each worker has a folder of its own, named after its machine.
public struct RemoteWorker: Hashable, Sendable {
  /// Tells this launch from others in the home folder there: coordinator and name.
  public var launch: String
  public var join: JoinLine
  /// The contents of the worker's key file.
  public var key: String
  /// The public keys of all launches that are let in, of which a worker that runs there may have one.
  public var letIn: [String]
  /// What `groksweep --version` must say.
  public var version: String
  /// Where to look for the program, the best first: names to be found in PATH, or absolute paths.
  public var programs: [String]
  /// Further options of `groksweep work`.
  public var options: [String]

  public init(
    launch: String, join: JoinLine, key: String, letIn: [String], version: String,
    programs: [String], options: [String]
  ) {
    self.launch = launch
    self.join = join
    self.key = key
    self.letIn = letIn
    self.version = version
    self.programs = programs
    self.options = options
  }

  /// What stands for a connection over which a worker may be started.
  static let begun = "begun"
  /// What says the same on this machine, as soon as ssh has connected.
  public static let begunCommand = "echo \(mark) \(begun)"

  /// What the scripts' answers begin with; whatever else a login shell prints is passed over.
  public static let mark = "groksweep-launch"

  /// Starts the worker unless it runs, so that it outlives the connection.
  public var startScript: String {
    """
    \(Self.preamble(launch))
    found= other= answer=started
    for program in \(ShellText.command(programs)); do
      path=$(command -v "$program" 2>/dev/null) && [ -x "$path" ] || continue
      version=$("$path" --version 2>&1 </dev/null | head -n 1)
      if [ "$version" = \(ShellText.quoted(version)) ]; then found=$path; break; fi
      other="$path: $version"
    done
    if [ -z "$found" ]; then
      if [ -n "$other" ]; then say version "$other"; else say missing; fi
      exit 0
    fi
    # Should the connection end from here on, a worker may have been started that nobody hears of.
    say \(Self.begun)
    mkdir -p "$dir" || { say failed "cannot make the folder $dir"; exit 0; }
    \(Self.lock)
    cat >"$dir/coordinator.join" <<'END_OF_FILE' || { say failed "cannot write to $dir"; exit 0; }
    \(join.fileText)END_OF_FILE
    # An older file may be readable by others.
    rm -f "$dir/new.key"
    cat >"$dir/new.key" <<'END_OF_FILE' || { say failed "cannot write to $dir"; exit 0; }
    \(key)END_OF_FILE
    if alive; then
      own=$(sed -n 's/^public //p' "$dir/worker.key" 2>/dev/null)
      for public in \(ShellText.command(letIn)); do
        [ "$own" = "$public" ] || continue
        rm -f "$dir/new.key"
        say running "$pid"
        exit 0
      done
      # It was out of reach when its launch was stopped, and its key is let in no more.
      end
      answer=replaced
    fi
    mv -f "$dir/new.key" "$dir/worker.key"
    before=$(wc -l 2>/dev/null <"$dir/worker.log" || echo 0)
    # A session of its own: no hangup reaches it when the connection ends.
    setsid "$found" work --join "$dir/coordinator.join" --key "$dir/worker.key" \\
      \(ShellText.command(options)) >>"$dir/worker.log" 2>&1 </dev/null 9>&- &
    pid=$!
    echo "$pid $(started "$pid")" >"$dir/worker.pid"
    exec 9>&-
    said() { tail -n "+$((before + 1))" "$dir/worker.log"; }
    for _ in $(seq 150); do
      line=$(said | grep -m 1 ', BLAS kernels ') && { say "$answer" "$pid" "$line"; exit 0; }
      alive || break
      sleep 0.1
    done
    if alive; then
      say "$answer" "$pid"
    else
      rm -f "$dir/worker.key" "$dir/worker.pid"
      say failed "$(said | tail -n 1)"
    fi

    """
  }

  /// Has the worker save and hand back its runs and end; ends it by force where it does not.
  ///
  /// - Parameter launch: which.
  /// - Returns: the script.
  public static func stopScript(launch: String) -> String {
    """
    \(preamble(launch))
    if [ -d "$dir" ]; then
      \(lock)
    fi
    if alive; then
      if end; then answer=stopped; else answer=killed; fi
    else
      answer=gone
    fi
    rm -f "$dir/worker.key" "$dir/worker.pid"
    say "$answer"

    """
  }

  /// One script at a time: a machine may stand in a list under two names.
  ///
  /// The lock ends with its process,
  /// and the worker does not inherit it. 75 is said for a lock that others hold; where locks cannot be had
  /// the script goes on without.
  private static let lock = """
    if true >>"$dir/lock"; then
      exec 9>>"$dir/lock"
      flock -E 75 -w 40 9 2>/dev/null
      [ $? != 75 ] || { say failed "another launch is at work in $dir"; exit 0; }
    fi
    """

  /// What both have in common: where the files are, whether the worker runs, and how it is ended.
  ///
  /// A number alone does not name a process: after a restart of the machine it is another's. The time at
  /// which it began goes with it.
  private static func preamble(_ launch: String) -> String {
    """
    umask 077
    say() { printf '\(mark) %s\\n' "$*"; }
    case ${XDG_STATE_HOME:-} in /*) state=$XDG_STATE_HOME ;; *) state=$HOME/.local/state ;; esac
    dir=$state/groksweep/launch/\(ShellText.quoted(launch))-$(uname -n)
    started() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f1,20 | sed 's/^[^Z] //; s/^Z.*//'; }
    alive() {
      [ -r "$dir/worker.pid" ] && read -r pid began <"$dir/worker.pid" &&
        [ -n "$began" ] && [ "$(started "$pid")" = "$began" ]
    }
    end() {
      kill -TERM "$pid"
      for _ in $(seq 200); do
        alive || return 0
        sleep 0.1
      done
      kill -KILL "$pid"
      return 1
    }
    """
  }
}

/// What a script of `RemoteWorker` says at its end.
public enum RemoteAnswer: Hashable, Sendable {
  /// A worker has been started, perhaps in place of one that is let in no more; what it said of itself, if it did within some
  /// seconds.
  case started(process: Int, detail: String, isReplacement: Bool)
  /// The worker of an earlier start goes on.
  case running(process: Int)
  /// There is no program.
  case missing
  /// There is one that calls itself differently: its path, and what it says.
  case otherVersion(String)
  case failed(String)
  case stopped
  case killed
  /// There was no worker to end.
  case gone

  /// Whether a connection came to the point from which a worker may have been started.
  ///
  /// - Parameter output: all that ssh and the machine printed.
  /// - Returns: whether one of them says so.
  public static func hasBegun(in output: String) -> Bool {
    output.split(whereSeparator: \.isNewline)
      .contains("\(RemoteWorker.mark) \(RemoteWorker.begun)")
  }

  /// Reads what a machine printed.
  ///
  /// - Parameter output: all of it; nil is returned where no script has answered.
  public init?(output: String) {
    let lines = output.split(whereSeparator: \.isNewline)
    guard let line = lines.last(where: { $0.hasPrefix("\(RemoteWorker.mark) ") }) else {
      return nil
    }
    let words = line.split(separator: " ", maxSplits: 2)
    guard words.count > 1 else { return nil }
    let rest = words.count > 2 ? String(words[2]) : ""
    switch words[1] {
    case "started", "replaced", "running":
      let parts = rest.split(separator: " ", maxSplits: 1)
      guard let process = parts.first.flatMap({ NodeAddress.number($0) }) else { return nil }
      let detail = parts.count > 1 ? String(parts[1]) : ""
      self =
        words[1] == "running"
        ? .running(process: process)
        : .started(process: process, detail: detail, isReplacement: words[1] == "replaced")
    case "missing": self = .missing
    case "version": self = .otherVersion(rest)
    case "failed": self = .failed(rest)
    case "stopped": self = .stopped
    case "killed": self = .killed
    case "gone": self = .gone
    default: return nil
    }
  }
}
