import ClusterRuntime
import Foundation
import Testing

@Suite struct EndTimeTests {
  private let now = Date(timeIntervalSince1970: 1_795_255_200)  // 2026-11-21T10:00:00Z
  private let zone = TimeZone(secondsFromGMT: 3600)

  private func remaining(_ text: String) throws(RuntimeFailure) -> Duration {
    try EndTime.remaining(until: text, option: "--leave-at", now: now, zone: zone ?? .current)
  }

  @Test(arguments: [
    ("8h", 28_800), ("+90m", 5400), ("45s", 45), ("1d2h30m", 95_400), ("1.5h", 5400),
    ("2026-11-21T10:30:00Z", 1800), ("2026-11-21T10:30Z", 1800),
    ("2026-11-21T12:00:00+01:00", 3600), ("2026-11-21T12:00", 3600),
    ("2026-11-21T12:00:30", 3630),
  ])
  func `a time or a duration says how long it is until then`(text: String, seconds: Int) throws {
    #expect(try remaining(text) == .seconds(seconds))
  }

  @Test(arguments: [
    "", "+", "8", "h", "8x", "8h3", "-5m", "0s", "tomorrow", "2026-02-31T10:00", "1e9d",
  ])
  func `anything else is refused with what was expected`(text: String) {
    let failure = #expect(throws: RuntimeFailure.self) { try remaining(text) }
    #expect(failure?.kind == .wrongInput)
    #expect(
      failure?.sentence
        == "--leave-at: expected a time such as 2026-11-21T18:00 or a duration such as 8h or 1h30m, "
        + "found \"\(text)\"")
  }

  @Test func `a time that has passed is refused`() {
    let failure = #expect(throws: RuntimeFailure.self) { try remaining("2026-11-21T09:59Z") }
    #expect(failure?.sentence == "--leave-at: 2026-11-21T09:59Z has passed")
  }

  @Test(
    arguments: [
      ("1795255260", 60), ("1795255199", nil), ("", nil), ("soon", nil), ("nan", nil), ("inf", nil),
      (nil, nil),
    ] as [(String?, Int?)])
  func `a Slurm job's end is believed if it is one`(text: String?, seconds: Int?) {
    var environment = ["SLURM_JOB_ID": "7"]
    environment["SLURM_JOB_END_TIME"] = text
    #expect(EndTime.remaining(inJobOf: environment, now: now) == seconds.map { .seconds($0) })
  }
}
