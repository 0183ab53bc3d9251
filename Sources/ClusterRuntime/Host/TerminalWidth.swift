import CProcess
import Foundation

/// How wide the terminal is.
public enum TerminalWidth {
  /// The columns of the terminal behind standard error, or 80 where there is none.
  public static var columns: Int {
    let columns = Int(process_terminal_columns(STDERR_FILENO))
    return columns > 0 ? columns : 80
  }
}
