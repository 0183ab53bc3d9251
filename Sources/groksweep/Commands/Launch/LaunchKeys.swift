import ClusterRuntime

/// The keys of an engine's launches: `ssh-1`, `ssh-2` and so on.
///
/// Each launch has one, which all its workers share, so that they can be shut out together and those of other
/// launches go on; `--stop` revokes all that there are. The names alone say which these are; the name of a key
/// that a worker may have got is never used again.
struct LaunchKeys {
  /// The engines, whose names begin those of the keys.
  private static let engines = ["ssh", "slurm"]

  let engine: String
  let folder: KeyFolder

  /// Whose launches call their keys so; nil for a name that is free for others.
  static func engine(of name: KeyName) -> String? {
    engines.first { name.description == $0 || name.number(after: $0) != nil }
  }

  /// What the next key is called, should no other launch be faster.
  func nextName() throws(RuntimeFailure) -> KeyName { try folder.list().next(engine) }

  /// Makes the key of a launch.
  func make() throws(RuntimeFailure) -> KeyName { try folder.makeNext(engine) }

  /// Takes back the key of a launch that failed before any worker could have got it.
  func withdraw(_ name: KeyName) {
    tidyUp(name) { key throws(RuntimeFailure) in try folder.withdraw(key) }
  }

  /// Ends the key of a launch that failed, should some worker have got it all the same.
  func end(_ name: KeyName) {
    tidyUp(name) { key throws(RuntimeFailure) in _ = try folder.revoke(key) }
  }

  /// The keys of launches that are let in.
  func current() throws(RuntimeFailure) -> [AllowList.Entry] {
    try folder.list().entries.filter {
      $0.standing != .revoked && Self.engine(of: $0.name) == engine
    }
  }

  /// Ends keys of launches, once their workers have handed back their runs: messages of a revoked key are dropped.
  func revoke(_ keys: [AllowList.Entry]) throws(RuntimeFailure) {
    for key in keys { _ = try folder.revoke(key.name) }
    guard let last = keys.last?.name else { return }
    let others = keys.dropLast().map(\.name.description).joined(separator: ", ")
    Console.note(
      others.isEmpty
        ? "the key \(last) is let in no more" : "the keys \(others) and \(last) are let in no more")
  }

  /// What goes wrong here must not hide why the launch failed.
  private func tidyUp(_ name: KeyName, _ change: (KeyName) throws(RuntimeFailure) -> Void) {
    do throws(RuntimeFailure) {
      try change(name)
    } catch {
      Console.error("\(name): this key is let in still: \(error); --stop ends it")
    }
  }
}
