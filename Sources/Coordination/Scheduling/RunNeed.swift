/// What a worker must have to compute a run, and some have not got.
enum RunNeed: Hashable, Sendable {
  /// An input file, by its SHA-256.
  case input(String)
  /// Room for the checkpoint that the run goes on from.
  case continuation
}

/// Why a worker cannot be given runs with a need.
struct Lack: Hashable, Sendable {
  /// What the worker said.
  var reason: String
  /// When it is tried again; nil if somebody has to say so.
  var ends: MonotonicInstant?
}
