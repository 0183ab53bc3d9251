/// A file `NAME.key`: a key pair and the coordinator that it is for.
///
/// Lines of a word and its value: `name`, `public`, `secret`, `coordinator` (its public key;
/// `head.key` has no such line). Lines that begin with `#` and empty lines say nothing.
public struct KeyFile: Sendable {
  public let name: KeyName
  public let pair: KeyPair
  /// The public key of the coordinator that lets this key in.
  public let coordinator: PublicKey

  init(name: KeyName, pair: KeyPair, coordinator: PublicKey) {
    self.name = name
    self.pair = pair
    self.coordinator = coordinator
  }

  /// Reads a key that others cannot read.
  ///
  /// - Parameter path: the file, or a link to it.
  /// - Throws: `RuntimeFailure` with one sentence, which never quotes the file.
  public init(path: String) throws(RuntimeFailure) {
    guard !SecretKey.isMeant(by: path) else {
      throw RuntimeFailure(
        .wrongInput, "expected the name of a key's file, found what looks like its contents")
    }
    let text = try PrivateFile.read(path, for: .secret)
    do throws(RuntimeFailure) {
      try self.init(parsing: text)
    } catch {
      throw RuntimeFailure(.wrongInput, "\(path): \(error.sentence)")
    }
  }

  /// Reads the text of a key file.
  ///
  /// - Parameter text: the file's contents.
  /// - Throws: `RuntimeFailure` that never quotes the text, which may be another's secret.
  public init(parsing text: String) throws(RuntimeFailure) {
    var values: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.isEmpty { continue }
      guard words.count == 2, values.updateValue(words[1], forKey: words[0]) == nil else {
        throw Self.unreadable
      }
    }
    guard let name = values["name"].flatMap({ KeyName($0) }),
      let publicKey = values["public"].flatMap({ PublicKey($0) }),
      let secretKey = values["secret"].flatMap({ SecretKey($0) })
    else { throw Self.unreadable }
    guard secretKey.publicKey == publicKey else {
      throw RuntimeFailure(.wrongInput, "the public key is not that of the secret key")
    }
    self.name = name
    pair = KeyPair(publicKey: publicKey, secretKey: secretKey)
    guard let written = values["coordinator"] else {
      // The coordinator's own.
      coordinator = publicKey
      return
    }
    guard let coordinator = PublicKey(written) else { throw Self.unreadable }
    self.coordinator = coordinator
  }

  private static let unreadable = RuntimeFailure(
    .wrongInput, "expected a key as groksweep keys makes it: name, public, secret, coordinator")

  /// Whether it is the coordinator's own, which opens every door.
  public var isCoordinators: Bool { coordinator == pair.publicKey }

  /// The file's contents, the secret among them.
  public var text: String {
    var text = """
      # A secret of groksweep: whoever can read this file can act as \(name).
      name \(name)
      public \(pair.publicKey)
      secret \(pair.secretKey.text)

      """
    if !isCoordinators { text += "coordinator \(coordinator)\n" }
    return text
  }
}
