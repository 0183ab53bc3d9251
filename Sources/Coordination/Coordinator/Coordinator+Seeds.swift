import Experiments

// The seeds of sweeps that have several: the user is told when all runs of one have ended.
extension Coordinator {
  /// Counts anew what a sweep has to compute of each of its seeds.
  mutating func countOpenRuns(of sweep: Int) {
    guard sweeps[sweep].seedRanks.count > 1 else { return }
    var open = sweeps[sweep].seedRanks.mapValues { _ in 0 }
    let request = sweeps[sweep].request
    for run in sweeps[sweep].wantedRuns.lazy.map(Int.init)
    where runs.isOpen(run) && !isAnswered(run, request) {
      if let seed = runs.seed(of: run) { open[seed, default: 0] += 1 }
    }
    sweeps[sweep].openBySeed = open
  }

  /// A run that has ended for good may have been the last of its seed.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - counting: the sweeps that have counted it as open.
  mutating func countEnd(of run: Int, for counting: [Int]) {
    for sweep in counting {
      guard let seed = runs.seed(of: run), let open = sweeps[sweep].openBySeed[seed] else {
        continue
      }
      sweeps[sweep].openBySeed[seed] = open - 1
      // The end of the last seed is the end of the sweep, which is told otherwise.
      guard open == 1, sweeps[sweep].openBySeed.values.contains(where: { $0 > 0 }) else { continue }
      journal.pending.notices.append(.seedCompleted(sweep: sweeps[sweep].name, seed: seed))
    }
  }

  /// A run that has not ended is no longer wanted from now on.
  mutating func countGivenUp(_ run: Int) {
    for sweep in sweepsCounting(run) {
      if let seed = runs.seed(of: run) { sweeps[sweep].openBySeed[seed]? -= 1 }
    }
  }

  /// A run that had ended is to be computed.
  mutating func countOpening(of run: Int) {
    for sweep in sweepsCounting(run) {
      if let seed = runs.seed(of: run) { sweeps[sweep].openBySeed[seed]? += 1 }
    }
  }

  /// The sweeps that have several seeds and want more of a run than is known; one that is being submitted is counted once it is
  /// known.
  func sweepsCounting(_ run: Int) -> [Int] {
    sweeps.indices.filter { place in
      !sweeps[place].openBySeed.isEmpty && sweeps[place].wants(run)
        && !isAnswered(run, sweeps[place].request)
    }
  }
}
