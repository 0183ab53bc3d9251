/// What a trainer process can be told when it starts.
public struct TrainerOptions: Sendable {
  /// The folder for checkpoints; nil for a private one in the system's temporary folder.
  public var checkpointFolder: String?
  /// How often a running run is saved without being asked; nil for what the environment says.
  public var checkpointInterval: Duration?
  /// Whether the end of input ends the process at once, whatever it is computing; otherwise `serve`
  /// returns after the slice in hand.
  public var exitsAtEndOfInput: Bool
  /// The memory that a run may take, in bytes; nil for what is free when the run is ordered.
  public var memoryBytes: Int?

  /// The environment variable that names the folder for checkpoints.
  public static let checkpointFolderVariable = "GROKSWEEP_CHECKPOINTS"
  /// The environment variable that says how many seconds lie between two checkpoints of a run.
  public static let checkpointSecondsVariable = "GROKSWEEP_CHECKPOINT_SECONDS"
  /// How often a run is saved if nobody says otherwise.
  public static let defaultCheckpointInterval = Duration.seconds(60)

  public init(
    checkpointFolder: String? = nil, checkpointInterval: Duration? = nil,
    exitsAtEndOfInput: Bool = true, memoryBytes: Int? = nil
  ) {
    self.checkpointFolder = checkpointFolder
    self.checkpointInterval = checkpointInterval
    self.exitsAtEndOfInput = exitsAtEndOfInput
    self.memoryBytes = memoryBytes
  }
}
