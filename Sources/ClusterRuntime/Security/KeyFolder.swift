import Foundation

/// The folder of a coordinator's keys: `head.key`, `NAME.key` for each key that it made, and the
/// list `allowed`.
public struct KeyFolder: Sendable {
  public let path: String

  /// The list of the keys that are let in.
  public var listFile: String { "\(path)/allowed" }
  public var coordinatorFile: String { file(of: .coordinator) }

  public init(path: String) { self.path = path }

  /// Where the key of a name lies.
  public func file(of name: KeyName) -> String { "\(path)/\(name).key" }

  /// Whether a coordinator has keys here.
  public var hasCoordinator: Bool { access(coordinatorFile, F_OK) == 0 }

  /// The coordinator's own pair.
  ///
  /// - Returns: its key file.
  /// - Throws: `RuntimeFailure` if there is none, or others can get at it.
  public func coordinator() throws(RuntimeFailure) -> KeyFile {
    guard try Folders.isThere(coordinatorFile) else {
      throw RuntimeFailure(
        .wrongInput, "\(path): there are no keys; groksweep keys make NAME makes them")
    }
    let key = try KeyFile(path: coordinatorFile)
    guard key.isCoordinators else {
      throw RuntimeFailure(.wrongInput, "\(coordinatorFile): this key belongs to \(key.name)")
    }
    return key
  }

  /// Who is let in.
  ///
  /// - Returns: the list; an empty one where no file is.
  /// - Throws: `RuntimeFailure` if it cannot be read, or others can change it.
  public func list() throws(RuntimeFailure) -> AllowList {
    guard access(listFile, F_OK) == 0 || errno != ENOENT else { return AllowList() }
    let text = try PrivateFile.read(listFile, for: .list)
    do throws(RuntimeFailure) {
      return try AllowList(parsing: text)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(listFile), \(error.sentence)")
    }
  }

  /// Makes the coordinator's pair unless it is there.
  ///
  /// - Returns: whether it was made now.
  /// - Throws: `RuntimeFailure` if it cannot be.
  public func makeCoordinator() throws(RuntimeFailure) -> Bool {
    try changing { () throws(RuntimeFailure) in try makeCoordinatorUnlocked() }
  }

  /// Makes a key, and the coordinator's pair if need be; what is there stays as it is.
  ///
  /// - Parameters:
  ///   - name: of a worker, a group of workers or a person.
  ///   - isAdmin: whether its holder may give control commands.
  /// - Returns: whether it was made now.
  /// - Throws: `RuntimeFailure` if it cannot be made, or is there with another standing.
  public func make(_ name: KeyName, isAdmin: Bool) throws(RuntimeFailure) -> Bool {
    precondition(name != .coordinator, "the coordinator's own pair is in no list")
    let standing = isAdmin ? AllowList.Standing.admin : .worker
    return try changing { () throws(RuntimeFailure) in
      _ = try makeCoordinatorUnlocked()
      let list = try list()
      if let entry = list[name] {
        guard entry.standing == standing else {
          throw RuntimeFailure(
            .wrongInput,
            "\(name): there is such a key \(isAdmin ? "without" : "with") the admin flag; "
              + "groksweep keys revoke \(name) ends it, then it can be made anew")
        }
        guard access(file(of: name), F_OK) == 0 else {
          throw RuntimeFailure(
            .wrongInput,
            "\(name): this key is let in, but \(file(of: name)) is gone; "
              + "groksweep keys revoke \(name) ends it, then it can be made anew")
        }
        return false
      }
      try add(name, standing: standing, to: list)
      return true
    }
  }

  /// Makes a worker's key that no other has been called like, and the coordinator's pair if need be.
  ///
  /// - Parameter stem: what its name begins with: `ssh` for `ssh-1`, `ssh-2` and so on.
  /// - Returns: the name.
  /// - Throws: `RuntimeFailure` if it cannot be made.
  public func makeNext(_ stem: String) throws(RuntimeFailure) -> KeyName {
    try changing { () throws(RuntimeFailure) in
      _ = try makeCoordinatorUnlocked()
      let list = try list()
      let name = list.next(stem)
      try add(name, standing: .worker, to: list)
      return name
    }
  }

  /// Takes back a key that nobody has got, as if it had never been made.
  ///
  /// - Parameter name: the key's; nothing happens where there is none.
  /// - Throws: `RuntimeFailure` if the list cannot be written.
  public func withdraw(_ name: KeyName) throws(RuntimeFailure) {
    try changing { () throws(RuntimeFailure) in
      var list = try list()
      guard list[name] != nil else { return }
      list.remove(name)
      try PrivateFile.write(list.text, to: listFile)
      try removeFile(of: name)
    }
  }

  /// Ends a key: whoever holds it is let in no more, and its file here goes.
  ///
  /// - Parameter name: the key's.
  /// - Returns: false if it was revoked before.
  /// - Throws: `RuntimeFailure` if there never was such a key, or the list cannot be written.
  public func revoke(_ name: KeyName) throws(RuntimeFailure) -> Bool {
    guard access(path, F_OK) == 0 else { throw unknown(name, in: AllowList()) }
    return try changing { () throws(RuntimeFailure) in
      var list = try list()
      guard list.entries.contains(where: { $0.name == name }) else {
        throw unknown(name, in: list)
      }
      let wasIn = list[name] != nil
      list.revoke(name)
      if wasIn { try PrivateFile.write(list.text, to: listFile) }
      try removeFile(of: name)
      return wasIn
    }
  }

  private func removeFile(of name: KeyName) throws(RuntimeFailure) {
    guard unlink(file(of: name)) == 0 || errno == ENOENT else {
      throw .system("remove \(file(of: name))", code: errno)
    }
  }

  /// Draws a key and writes it down.
  private func add(
    _ name: KeyName, standing: AllowList.Standing, to list: AllowList
  ) throws(RuntimeFailure) {
    // The file first: a key that is let in and that nobody has would be of no use.
    let pair = try KeyPair.draw()
    let key = KeyFile(name: name, pair: pair, coordinator: try coordinator().pair.publicKey)
    try PrivateFile.write(key.text, to: file(of: name))
    var list = list
    list.append(.init(name: name, key: pair.publicKey, standing: standing))
    try PrivateFile.write(list.text, to: listFile)
  }

  private func unknown(_ name: KeyName, in list: AllowList) -> RuntimeFailure {
    let names = list.entries.filter { $0.standing != .revoked }.map(\.name.description)
    let known = names.isEmpty ? "there are none" : "known are \(names.joined(separator: ", "))"
    return RuntimeFailure(.wrongInput, "\(name): \(path) has no such key; \(known)")
  }

  private func makeCoordinatorUnlocked() throws(RuntimeFailure) -> Bool {
    if hasCoordinator {
      _ = try coordinator()
      return false
    }
    let pair = try KeyPair.draw()
    let key = KeyFile(name: .coordinator, pair: pair, coordinator: pair.publicKey)
    try PrivateFile.write(key.text, to: coordinatorFile)
    return true
  }

  /// Makes the folder, for its owner alone, and lets one process at a time change it.
  private func changing<Value>(
    _ body: () throws(RuntimeFailure) -> Value
  ) throws(RuntimeFailure) -> Value {
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try Folders.make(parent)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw .system("make the folder \(path)", code: errno)
    }
    guard let lock = try LockedFile.waiting(for: "\(path)/.lock", within: .seconds(10)) else {
      throw RuntimeFailure(.surroundings, "\(path): another command is changing the keys")
    }
    defer { withExtendedLifetime(lock) {} }
    // A results folder is put under version control, or copied to a colleague; secrets must not go
    // along.
    let ignore = "\(path)/.gitignore"
    if access(ignore, F_OK) != 0 { try PrivateFile.write("*\n", to: ignore) }
    return try body()
  }
}
