import ClusterRuntime
import Testing

@Suite struct PrivateFileTests {
  private static let me: UInt32 = 1000

  private func problem(
    _ mode: UInt32, owner: UInt32 = me, user: UInt32 = me, for purpose: PrivateFile.Purpose
  ) -> String? {
    PrivateFile.problem(mode: mode, owner: owner, user: user, purpose: purpose)
  }

  @Test(arguments: [0o600, 0o400, 0o700] as [UInt32])
  func `a secret that its owner alone can read is taken`(mode: UInt32) {
    #expect(problem(mode, for: .secret) == nil)
  }

  @Test(arguments: [0o604, 0o644, 0o601, 0o640, 0o440, 0o410] as [UInt32])
  func `a secret that others or the group can read is refused`(mode: UInt32) {
    #expect(problem(mode, for: .secret)?.contains("chmod 600") == true)
  }

  @Test(arguments: [0o440, 0o640, 0o400, 0o600] as [UInt32], [0, 1000] as [UInt32])
  func `a secret of root's that the group can read is taken, as Kubernetes lays it down`(
    mode: UInt32, user: UInt32
  ) {
    #expect(problem(mode, owner: 0, user: user, for: .secret) == nil)
  }

  @Test(arguments: [0o644, 0o444, 0o660, 0o602] as [UInt32])
  func `a secret of root's that others can read or the group can write is refused`(mode: UInt32) {
    #expect(problem(mode, owner: 0, for: .secret) != nil)
  }

  @Test(arguments: [PrivateFile.Purpose.secret, .list])
  func `a file of another user is refused`(purpose: PrivateFile.Purpose) {
    #expect(problem(0o600, owner: 1001, for: purpose)?.contains("another user") == true)
    #expect(problem(0o600, owner: 1001, user: 0, for: purpose) != nil)
  }

  @Test func `a list may be read by all and written by its owner alone`() {
    #expect(problem(0o644, for: .list) == nil)
    #expect(problem(0o664, for: .list)?.contains("chmod go-w") == true)
    #expect(problem(0o646, for: .list)?.contains("chmod go-w") == true)
    #expect(problem(0o644, owner: 0, for: .list) == nil)
  }
}
