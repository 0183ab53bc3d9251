import Coordination
import Testing

/// What a user sees while a sweep runs.
@Suite struct ProgressTests {
  private let progress = Progress(
    done: 49, reused: 9, running: 4, failed: 1, total: 100, rate: 2.5, timeLeft: .seconds(75),
    workers: [Progress.WorkerProgress(host: "n1", busy: 4, slots: 4)])

  @Test func `a wide terminal shows everything`() {
    #expect(
      progress.line(width: 120)
        == "[############.............] 49/100 done (9 known before), 4 running, 1 failed"
        + "  2.5 runs/s  about 1 min 15 s left  n1 4/4")
  }

  @Test(arguments: [0, 1, 20, 60, 80])
  func `a narrow terminal is never overrun`(width: Int) {
    #expect(progress.line(width: width).count <= width)
  }

  @Test func `a log line has everything`() {
    #expect(
      progress.logLine
        == "49/100 done (9 known before), 4 running, 1 failed, 2.5 runs/s, "
        + "about 1 min 15 s left, n1 4/4")
  }

  @Test(
    arguments: zip(
      [0, 59, 60, 7500, 277_200], ["0 s", "59 s", "1 min 0 s", "2 h 5 min", "3 d 5 h"]))
  func `durations are said as people say them`(seconds: Int, text: String) {
    #expect(Progress.text(.seconds(seconds)) == text)
  }
}
