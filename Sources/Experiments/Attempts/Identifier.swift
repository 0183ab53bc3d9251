/// An id that says by its type what it identifies.
public struct Identifier<Subject, RawValue: Hashable & Sendable & Comparable>: RawRepresentable,
  Hashable, Comparable, Sendable, CustomStringConvertible
{
  public let rawValue: RawValue

  public init(rawValue: RawValue) { self.rawValue = rawValue }
  public init(_ rawValue: RawValue) { self.rawValue = rawValue }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  public var description: String { "\(rawValue)" }
}

/// Says that an identifier names a worker; there are no values of it.
public enum WorkerSubject {}
/// Says that an identifier names a lease; there are no values of it.
public enum LeaseSubject {}

/// The UUID of a worker: per host, kept over restarts.
public typealias WorkerID = Identifier<WorkerSubject, String>
/// A lease's number, unique in a store and rising; also the fence of a grant.
public typealias LeaseID = Identifier<LeaseSubject, Int>
