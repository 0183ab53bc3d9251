/// At which steps a run's losses are recorded: every one early on, then sixteen an octave.
///
/// Loss curves are read on logarithmic axes, so equal distances there are worth equal space. A run of
/// 110,000 steps has 221 records. Crossings do not depend on this: they are watched at every step.
public enum RecordSchedule {
  /// Whether a record is due after this many steps.
  public static func isDue(step: Int) -> Bool {
    guard step >= 16 else { return true }
    let octave = Int.bitWidth - 1 - step.leadingZeroBitCount
    return step.isMultiple(of: 1 << (octave - 4))
  }
}
