import Glibc

/// What this process has in memory.
enum ResidentMemory {
  /// Bytes; nil where the system does not say.
  static var bytes: Int? {
    let pages = (ControlGroups.contents("/proc/self/statm") ?? "").split(separator: " ")
    guard pages.count > 1, let resident = Int(pages[1]) else { return nil }
    return resident * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
