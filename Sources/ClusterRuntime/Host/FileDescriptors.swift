import Glibc

/// How many connections and files this process may have open.
public enum FileDescriptors {
  /// As many as any coordinator needs; systems without a limit of their own would give a thousand
  /// million.
  private static let enough: rlim_t = 65_536

  /// How many there may be now.
  static var limit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    return Int(min(enough, limit.rlim_cur))
  }

  /// Raises the soft limit as far as the hard one allows: the usual 1024 are fewer than a large
  /// cluster's nodes.
  ///
  /// A system that refuses leaves the limit as it is.
  public static func raiseLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let wanted = min(enough, limit.rlim_max)
    guard limit.rlim_cur < wanted else { return }
    limit.rlim_cur = wanted
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
