import Experiments
import OrderedCollections

/// Every run of every sweep, some three hundred bytes each.
struct RunTable: Sendable {
  /// Where a run stands.
  enum Phase: Hashable, Sendable {
    case waiting
    case leased(LeaseID)
    case finished
    case failed
    /// No sweep wants it any more; a result that comes late is still one.
    case cancelled
  }

  /// What the coordinator keeps of a run.
  struct State: Sendable {
    /// Of a run that no sweep has brought.
    static let noSweep = -1

    let key: RunKey
    var phase: Phase
    var group: Schedule.Group
    /// The number of its entry in the schedule that counts.
    var ticket = 0
    /// The sweep that it is computed for: the last one that brought it, as long as that wants it.
    var sweep: Int
    var request: Int
    var lastAttempt = 0
    var failures = 0
    var losses = 0
    /// How many sweeps want it.
    var wanted: Int32 = 0
    /// Whether its result was in the store before it came to the coordinator; no longer once more is asked of it.
    var isReused = false
    var checkpoint: Continuation?
  }

  /// An attempt whose reports still count.
  struct KnownAttempt: Hashable, Sendable {
    var number: Int
    var lease: LeaseID
    var worker: WorkerID
    var startStep: Int
    /// What it was asked for; nil when that was before a restart.
    var request: Int?
  }

  private var states: [State] = []
  private var indices: [RunKey: Int] = [:]
  private var configurations = ConfigurationTable()
  /// The attempts of runs that are open, by run.
  private var attempts: [Int: [KnownAttempt]] = [:]
  private var requests: OrderedSet<Request> = []
  private(set) var waitingCount = 0
  private(set) var finishedCount = 0
  private(set) var failedCount = 0
  private(set) var cancelledCount = 0
  private(set) var reusedCount = 0
  /// Of the runs that some sweep wants: all, those that have a result, of these those that had one before, and those that
  /// were given up.
  private(set) var wanted = (all: 0, finished: 0, reused: 0, failed: 0)

  var count: Int { states.count }

  func index(of key: RunKey) -> Int? { indices[key] }

  subscript(run: Int) -> State { states[run] }

  func configuration(of run: Int) -> Configuration { configurations[run] }
  /// The SHA-256 of the run's input files, by parameter.
  func inputs(of run: Int) -> OrderedDictionary<String, String> {
    configurations.inputs(of: run)
  }
  /// What a worker must have for a run beside its trainer.
  func needs(of run: Int) -> [RunNeed] {
    inputs(of: run).values.map(RunNeed.input)
      + (states[run].checkpoint == nil ? [] : [.continuation])
  }
  func seed(of run: Int) -> ParameterValue? { configurations.seed(of: run) }
  func point(of run: Int) -> CostModel.Point { configurations.point(of: run) }
  func request(of run: Int) -> Request { requests[states[run].request] }
  func request(numbered index: Int) -> Request { requests[index] }

  func isWaiting(_ run: Int, _ ticket: Int) -> Bool {
    states[run].phase == .waiting && states[run].ticket == ticket
  }

  /// Whether the run is still to be computed.
  func isOpen(_ run: Int) -> Bool {
    switch states[run].phase {
    case .waiting, .leased: true
    case .finished, .failed, .cancelled: false
    }
  }

  /// The runs whose keys begin with these digits.
  func indices(withPrefix digits: String) -> [Int] {
    if let key = RunKey(hexadecimal: digits) { return indices[key].map { [$0] } ?? [] }
    let head = digits.prefix(16)
    guard head.allSatisfy(\.isHexDigit), let number = UInt64(head, radix: 16) else { return [] }
    let shift = 64 - 4 * head.count
    return states.indices.filter { run in
      let key = states[run].key
      // Text of every key would take a second for some thousand prefixes.
      return key.leadingBits >> shift == number
        && (digits.count <= 16 || key.hexadecimal.hasPrefix(digits))
    }
  }

  /// Makes room for so many more.
  mutating func reserve(_ count: Int) {
    states.reserveCapacity(states.count + count)
    indices.reserveCapacity(indices.count + count)
    configurations.reserve(count)
  }

  /// Keeps a grid, whose points may be appended from now on, and returns its number.
  mutating func append(_ grid: SweepGrid) -> Int { configurations.append(grid) }

  /// Appends a run.
  ///
  /// - Parameters:
  ///   - state: where it stands.
  ///   - source: its configuration, or the position of that in a grid.
  ///   - grid: the number of the grid.
  /// - Returns: the number of the run.
  mutating func append(_ state: State, _ source: RestoredRun.Source, of grid: Int?) -> Int {
    let index = states.count
    configurations.append(source, of: grid)
    states.append(state)
    indices[state.key] = index
    count(state, by: 1)
    return index
  }

  mutating func setPhase(_ phase: Phase, of run: Int) {
    count(states[run], by: -1)
    states[run].phase = phase
    states[run].isReused = false
    count(states[run], by: 1)
    if phase == .waiting { states[run].ticket += 1 }
  }

  private mutating func count(_ state: State, by change: Int) {
    switch state.phase {
    case .waiting: waitingCount += change
    case .finished: finishedCount += change
    case .failed: failedCount += change
    case .cancelled: cancelledCount += change
    case .leased: break
    }
    if state.isReused { reusedCount += change }
    if state.wanted > 0 { countWanted(state, by: change) }
  }

  private mutating func countWanted(_ state: State, by change: Int) {
    wanted.all += change
    switch state.phase {
    case .finished: wanted.finished += change
    case .failed: wanted.failed += change
    case .waiting, .leased, .cancelled: break
    }
    if state.isReused { wanted.reused += change }
  }

  mutating func update(_ run: Int, _ change: (inout State) -> Void) {
    let before = (phase: states[run].phase, isReused: states[run].isReused)
    let wasWanted = states[run].wanted > 0
    change(&states[run])
    precondition(
      states[run].phase == before.phase && states[run].isReused == before.isReused,
      "phases change through setPhase")
    let isWanted = states[run].wanted > 0
    if isWanted != wasWanted { countWanted(states[run], by: isWanted ? 1 : -1) }
  }

  /// The number under which a request is kept; equal requests have one.
  mutating func number(of request: Request) -> Int {
    requests.append(request).index
  }

  mutating func remember(_ attempt: KnownAttempt, of run: Int) {
    attempts[run, default: []].append(attempt)
  }

  func attempt(_ number: Int, of run: Int) -> KnownAttempt? {
    attempts[run]?.first { $0.number == number }
  }

  mutating func forgetAttempts(of run: Int) { attempts[run] = nil }
}
