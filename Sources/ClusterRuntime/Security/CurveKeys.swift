import CZeroMQ
import Foundation

/// The public half of a CURVE key pair, as libzmq writes it: 40 characters of Z85.
public struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  public let text: String
  public var description: String { text }

  /// Takes a key that somebody wrote down.
  ///
  /// - Parameter text: 40 characters; nil is returned for anything that is no Z85 of 32 bytes.
  public init?(_ text: some StringProtocol) {
    guard Z85.isKey(String(text)) else { return nil }
    self.text = String(text)
  }

  /// Takes a key as it travels: nil unless these are 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Z85.bytes else { return nil }
    var text = [CChar](repeating: 0, count: Z85.characters + 1)
    guard zmq_z85_encode(&text, bytes, bytes.count) != nil else { return nil }
    self.text = Z85.string(text)
  }
}

extension PublicKey {
  /// The key as it travels: 32 bytes.
  public var bytes: [UInt8] {
    var decoded = [UInt8](repeating: 0, count: Z85.bytes)
    precondition(zmq_z85_decode(&decoded, text) != nil, "\(text) is no key")
    return decoded
  }
}

/// The secret half of a key pair; it is written to its file and handed to libzmq, and shown
/// nowhere.
public struct SecretKey: Sendable, CustomStringConvertible, CustomReflectable {
  let text: String
  public var description: String { "(secret)" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  init?(_ text: some StringProtocol) {
    guard Z85.isKey(String(text)) else { return nil }
    self.text = String(text)
  }

  /// Whether what was given as the name of a file is a secret instead, or all of a key's file, which no sentence may
  /// repeat: a variable was given what is in the file.
  ///
  /// - Parameter path: forty characters of it may be a secret as well as a path, which is then there, or ends like one.
  /// - Returns: false for whatever is there.
  public static func isMeant(by path: String) -> Bool {
    guard access(path, F_OK) != 0 else { return false }
    let words = path.split { $0.isWhitespace || $0 == "\"" || $0 == "'" }
    return words.contains { SecretKey($0) != nil && !$0.hasSuffix(".key") }
  }

  /// The public half that belongs to it.
  var publicKey: PublicKey? {
    var text = [CChar](repeating: 0, count: Z85.characters + 1)
    guard zmq_curve_public(&text, self.text) == 0 else { return nil }
    return PublicKey(Z85.string(text))
  }
}

/// What proves who somebody is.
public struct KeyPair: Sendable {
  public let publicKey: PublicKey
  public let secretKey: SecretKey

  init(publicKey: PublicKey, secretKey: SecretKey) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  /// Draws a new pair from the system's randomness.
  static func draw() throws(RuntimeFailure) -> KeyPair {
    var publicText = [CChar](repeating: 0, count: Z85.characters + 1)
    var secretText = publicText
    guard zmq_curve_keypair(&publicText, &secretText) == 0,
      let publicKey = PublicKey(Z85.string(publicText)),
      let secretKey = SecretKey(Z85.string(secretText))
    else {
      throw RuntimeFailure(
        .surroundings, "cannot make keys: this machine's libzmq is built without CURVE")
    }
    return KeyPair(publicKey: publicKey, secretKey: secretKey)
  }
}

/// Text for binary keys (ZeroMQ RFC 32), without blanks, quotes and backslashes.
private enum Z85 {
  static let characters = 40
  static let bytes = 32

  static func isKey(_ text: String) -> Bool {
    guard text.utf8.count == characters else { return false }
    var decoded = [UInt8](repeating: 0, count: bytes)
    return zmq_z85_decode(&decoded, text) != nil
  }

  static func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
