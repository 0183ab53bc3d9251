import Foundation

/// Whether a store lies on a disk of this machine or on a file system that several machines share.
public enum StorageKind: Hashable, Sendable {
  case local
  /// Shared memory does not reach across machines, so that SQLite's write-ahead log needs the file
  /// for one process alone.
  case network(String)

  private static let networkTypes: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs",
    "9p", "gfs2", "ocfs2", "panfs", "pvfs2", "wekafs", "coda", "virtiofs", "fuse",
  ]

  /// The kind of the file system that holds a file's folder; local when the kernel does not say.
  ///
  /// Read from the kernel's table of mounts, which names the types that statfs(2) only numbers.
  init(folderOf path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      .resolvingSymlinksInPath().path
    guard let table = FileManager.default.contents(atPath: "/proc/self/mountinfo") else {
      self = .local
      return
    }
    self.init(folder: folder, mounts: String(decoding: table, as: UTF8.self))
  }

  /// The kind of a folder by the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
  public init(folder: String, mounts: String) {
    var deepest = (mountPoint: "", type: "")
    for line in mounts.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 6, let separator = fields.firstIndex(of: "-"),
        separator + 1 < fields.count
      else { continue }
      let mountPoint = fields[4].replacingOccurrences(of: "\\040", with: " ")
      let prefix = mountPoint.hasSuffix("/") ? mountPoint : mountPoint + "/"
      // Later mounts hide earlier ones on the same point.
      if (folder + "/").hasPrefix(prefix), mountPoint.count >= deepest.mountPoint.count {
        deepest = (mountPoint, String(fields[separator + 1]))
      }
    }
    let isNetwork = Self.networkTypes.contains(deepest.type) || deepest.type.hasPrefix("fuse.")
    self = isNetwork ? .network(deepest.type) : .local
  }

  /// What a user must know about a store here, if anything.
  public var sentence: String? {
    switch self {
    case .local: nil
    case .network(let name):
      "the results lie on a network file system (\(name)): while a coordinator runs, other commands "
        + "cannot read them; put them on a local disk to look at them meanwhile"
    }
  }
}

extension StoreError {
  /// This error with the reason that the file system gives it: a coordinator elsewhere holds the file.
  func explained(on storage: StorageKind) -> StoreError {
    guard case .unavailable(let path, _) = self, let sentence = storage.sentence else {
      return self
    }
    return .unavailable(path: path, detail: sentence)
  }
}
