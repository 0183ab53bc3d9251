import Experiments
import Testing

/// Short texts that stand for huge documents are refused before they are built.
@Suite struct AliasLimitsTests {
  private func message(_ yaml: String) -> String? { WrongSweepFileTests.message(yaml) }

  @Test func `aliases of aliases do not explode`() {
    var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      yaml += "a\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(message(yaml) == "sweeps/a.yaml:2: expected at most 64 aliases, found 72")
  }

  @Test func `aliases that multiply within their number are counted as values`() {
    var yaml = "axes:\n  x: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for level in 1...4 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 15).joined(separator: ", ")
      yaml += "  x\(level): &a\(level) [\(aliases)]\n"
    }
    #expect(
      message(yaml) == "sweeps/a.yaml:2:23: expected at most 300,000 values, found more")
  }

  @Test(arguments: ["? *a\n: 1", "*a : 1", "[*a]: 1", "{*a: 1}", "? [*a, *a]\n: 1"])
  func `a key cannot be an alias`(key: String) {
    #expect(
      message("x: &a [1]\n\(key)\n")
        == "sweeps/a.yaml:2: expected a name as the key, found a list, a mapping or an alias")
  }

  @Test func `a long file has no aliases`() {
    let yaml = "x: &a 1\ny: *a\n" + String(repeating: "# padding\n", count: 2000)
    #expect(
      message(yaml)
        == "sweeps/a.yaml:2: expected no alias in a file of more than 16 KiB, found one")
  }

  @Test func `anchors nested in anchors do not exhaust the stack`() {
    var yaml = "a0: &a0 1\n"
    for level in 1...50 {
      let open = String(repeating: "[", count: 130)
      let close = String(repeating: "]", count: 130)
      yaml += "a\(level): &a\(level) \(open)*a\(level - 1)\(close)\n"
    }
    #expect(
      message(yaml)
        == "sweeps/a.yaml:2:16: expected at most 8 levels of lists and mappings, found more")
  }
}
