import Experiments

/// Waiting runs of one group, the one that is expected to take longest on top; those that take as long in the order of
/// the grid.
///
/// What is expected changes whenever the model has learned. A thousand entries are then looked at again at once. Of more,
/// a few are at every question, and the topmost until one is up to date: it matters little which of very many runs
/// comes first, while every worker would feel the pause in which a million are looked at.
struct ExpectedRuns: Sendable {
  /// One run that waits, unless it has been taken or put back since: then its ticket is an old one.
  struct Entry: Sendable {
    var run: Int32
    var ticket: Int32
    var seconds: Double
    /// The version of the model that expected this.
    var version: Int32

    /// What is expected, to four digits: in 4096 steps between a number and its double.
    ///
    /// Where thousands of runs take equally long, each new version of the model would otherwise order them anew by its
    /// last digits.
    private var rank: Float { Float(bitPattern: Float(seconds).bitPattern & 0xFFFF_F800) }

    /// Whether it is granted before another.
    fileprivate func precedes(_ other: Entry) -> Bool {
      (rank, -run) > (other.rank, -other.run)
    }
  }

  /// So many are looked at again at once.
  private static let wholeMax = 1024
  /// So many of the topmost at every question where there are more.
  private static let topMax = 32

  /// A binary heap of our own: entries change in place.
  private var entries: [Entry] = []
  /// The version that the model had at the last look.
  private var version: Int32 = 0
  /// The next entry to look at again in turn; none from the end on.
  private var turn = 0
  /// The expected seconds of those that the model has been asked for, added up.
  private(set) var seconds = 0.0
  /// How many have only been guessed, because nothing had been observed yet.
  private(set) var guesses = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func insert(_ entry: Entry) {
    if entries.isEmpty { version = entry.version }
    entries.append(entry)
    count(entry)
    rise(from: entries.count - 1)
  }

  /// The entry to grant next, which stays.
  ///
  /// - Parameters:
  ///   - runs: says which entries still wait.
  ///   - model: says what is expected now.
  /// - Returns: nil when nothing waits.
  mutating func top(_ runs: borrowing RunTable, _ model: borrowing CostModel) -> Entry? {
    if version != model.version { noteNewVersion(runs, model) }
    // While the topmost are being looked at, the others wait their turn.
    if turn < entries.count, entries[0].version == model.version {
      look(at: turn, runs, model)
      turn += 1
    }
    var looks = 0
    while let first = entries.first {
      if !runs.isWaiting(Int(first.run), Int(first.ticket)) {
        removeTop()
      } else if first.version != model.version, looks < Self.topMax {
        looks += 1
        look(at: 0, runs, model)
      } else {
        return first
      }
    }
    return nil
  }

  /// Takes out the run that `top` has shown.
  mutating func remove(_ run: Int) {
    let first = entries.first?.run ?? -1
    precondition(first == run, "run \(run) is not the first, \(first) is")
    removeTop()
  }

  private mutating func removeTop() {
    discount(entries[0])
    let last = entries.removeLast()
    guard !entries.isEmpty else { return seconds = 0 }
    entries[0] = last
    sink(from: 0)
  }

  private mutating func count(_ entry: Entry) {
    if entry.version == 0 { guesses += 1 } else { seconds += entry.seconds }
  }

  private mutating func discount(_ entry: Entry) {
    if entry.version == 0 { guesses -= 1 } else { seconds -= entry.seconds }
  }

  private mutating func noteNewVersion(_ runs: borrowing RunTable, _ model: borrowing CostModel) {
    version = Int32(model.version)
    guard entries.count <= Self.wholeMax else { return turn = 0 }
    entries.removeAll { !runs.isWaiting(Int($0.run), Int($0.ticket)) }
    (seconds, guesses) = (0, 0)
    for place in entries.indices {
      entries[place].seconds = model.expectedSeconds(of: Int(entries[place].run), runs)
      entries[place].version = version
      count(entries[place])
    }
    // From the longest down they are a heap.
    entries.sort { $0.precedes($1) }
    turn = entries.count
  }

  private mutating func look(
    at place: Int, _ runs: borrowing RunTable, _ model: borrowing CostModel
  ) {
    guard entries[place].version != model.version else { return }
    let before = entries[place].seconds
    let now = model.expectedSeconds(of: Int(entries[place].run), runs)
    discount(entries[place])
    entries[place].seconds = now
    entries[place].version = Int32(model.version)
    count(entries[place])
    if now > before { rise(from: place) } else { sink(from: place) }
  }

  private mutating func rise(from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 2
      guard entries[place].precedes(entries[parent]) else { return }
      entries.swapAt(place, parent)
      place = parent
    }
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var first = place
      for child in 2 * place + 1...2 * place + 2
      where child < entries.count && entries[child].precedes(entries[first]) {
        first = child
      }
      guard first != place else { return }
      entries.swapAt(place, first)
      place = first
    }
  }
}

extension CostModel {
  /// Whether runs much like this one of a table have been observed.
  func resemblesObserved(_ run: Int, _ runs: borrowing RunTable) -> Bool {
    resemblesObserved(runs.point(of: run), maxSteps: runs.request(of: run).maxSteps)
  }

  /// The seconds that a run of a table is expected to take for what is asked of it.
  func expectedSeconds(of run: Int, _ runs: borrowing RunTable) -> Double {
    let maxSteps = runs.request(of: run).maxSteps
    guard observed > 0 else { return Self.guess(maxSteps: maxSteps) }
    return expectedSeconds(runs.point(of: run), maxSteps: maxSteps)
  }
}
