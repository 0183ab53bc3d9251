public import Coordination

extension CoordinatorLoop {
  /// What the loop needs to know beside the coordinator's own settings.
  public struct Options {
    public var listen: Endpoint
    /// The keys that connections are encrypted with and let in by; nil for plain text.
    public var keys: KeyFolder?
    /// How long a failing store is waited for; nil: for ever.
    public var storePatience: Duration?
    /// How often `onProgress` is called.
    public var progressInterval: Duration = .milliseconds(250)
    /// Starts the worker of a local run, given the address to connect to.
    public var localWorker: LocalWorker?
    /// Programs that the observer starts on the way.
    public var background: BackgroundCommands?

    public init(listen: Endpoint) { self.listen = listen }
  }

  /// What the user is shown on the way; called on the loop's thread.
  public struct Observer {
    public var onListening: (String) -> Void = { _ in }
    public var onNotice: (Coordinator.Notice) -> Void = { _ in }
    /// Sentences about who is let in and what is turned away.
    public var onAccess: (String) -> Void = { _ in }
    /// What was done because somebody asked for it.
    public var onCommand: (String) -> Void = { _ in }
    public var onProgress: (Coordination.Progress) -> Void = { _ in }

    public init() {}
  }
}
