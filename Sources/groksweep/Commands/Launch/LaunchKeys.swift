import ClusterRuntime

/// The keys of an engine's launches: `ssh-1`, `ssh-2` and so on.
///
/// Each launch has one, which all its workers share, so that they can be shut out together and those of other
/// launches go on; `--stop` revokes all that there are. The names alone say which these are, and a name is
/// never used twice.
struct LaunchKeys {
  /// The engines, whose names begin those of the keys.
  static let engines = ["ssh", "slurm"]

  let engine: String
  let folder: KeyFolder

  /// What the next key is called, should no other launch be faster.
  func nextName() throws(RuntimeFailure) -> KeyName { try folder.list().next(engine) }

  /// Makes the key of a launch.
  func make() throws(RuntimeFailure) -> KeyName { try folder.makeNext(engine) }

  /// Takes back the key of a launch that has started no worker.
  func withdraw(_ name: KeyName) throws(RuntimeFailure) { try folder.withdraw(name) }

  /// The public keys of launches that are let in.
  func letIn() throws(RuntimeFailure) -> [PublicKey] { try entries().map(\.key) }

  /// Ends the keys of all launches, once their workers have handed back their runs: messages of a revoked key are dropped.
  func revokeAll() throws(RuntimeFailure) {
    let names = try entries().map(\.name)
    for name in names { _ = try folder.revoke(name) }
    guard let last = names.last else { return }
    let others = names.dropLast().map(\.description).joined(separator: ", ")
    Console.note(
      others.isEmpty
        ? "the key \(last) is let in no more" : "the keys \(others) and \(last) are let in no more")
  }

  private func entries() throws(RuntimeFailure) -> [AllowList.Entry] {
    try folder.list().entries.filter {
      $0.standing != .revoked && $0.name.number(after: engine) != nil
    }
  }
}
