import Experiments
import Foundation
import OrderedCollections
import PhaseMaps
import Testing

@Suite struct TableTests {
  static func runs() throws -> [RunResult] {
    let definition = try #require(Catalogue.experiment(named: "polynomial-regression"))
    let summaries: [RunSummary?] = [
      SyntheticSweep.run(train: 169, test: 1045, steps: 6016, stopped: .converged),
      SyntheticSweep.run(train: 1000, test: nil, steps: 110_000, stopped: .stepLimit),
      nil,
    ]
    return try summaries.enumerated().map { index, summary in
      let point: OrderedDictionary<String, ParameterValue> = [
        "alpha": 0.4, "epsilon": 0.02, "seed": .number(ExactDecimal(index)),
      ]
      let configuration = try definition.configuration(point)
      return RunResult(
        point: point, summary: summary, key: configuration.key, configuration: configuration)
    }
  }

  @Test func `a run has its key, its parameters, its outcome and its crossings`() throws {
    let table = try Table(
      runs: Self.runs(), request: SyntheticSweep.request, rule: SyntheticSweep.rule)
    #expect(table.columns.prefix(4) == ["key", "alpha", "epsilon", "seed"])
    func row(_ index: Int) -> OrderedDictionary<String, Table.Field> {
      OrderedDictionary(uniqueKeysWithValues: zip(table.columns, table.rows[index]))
    }
    #expect(row(0)["alpha"] == .decimal(0.4))
    #expect(row(0)["hidden_units"] == .decimal(500))
    #expect(row(0)["outcome"] == .text("grokked"))
    #expect(row(0)["phase"] == .text("comprehension"))
    #expect(row(0)["delay"] == .integer(876))
    #expect(row(0)["censored"] == .flag(false))
    #expect(row(0)["train_loss_below_0.1"] == .integer(169))
    #expect(row(0)["test_loss_below_0.1"] == .integer(1045))
    #expect(row(0)["final_test_loss"] == .real(0.05))
    #expect(row(1)["outcome"] == .text("censored"))
    #expect(row(1)["delay"] == .integer(109_000))
    #expect(row(1)["censored"] == .flag(true))
    #expect(row(1)["test_loss_below_0.1"] == Table.Field.none)
    #expect(row(2)["outcome"] == .text("missing"))
    #expect(row(2)["steps"] == Table.Field.none)
  }

  @Test func `a parameter with the name of another column has a column of its own`() throws {
    let point: OrderedDictionary<String, ParameterValue> = ["steps": 7, "runs": 2, "y": 0]
    let summary = SyntheticSweep.run(train: 1, test: 2, steps: 30, stopped: .converged)
    let runs = [RunResult(point: point, summary: summary)]
    let table = try Table(runs: runs, request: SyntheticSweep.request, rule: SyntheticSweep.rule)
    #expect(Set(table.columns).count == table.columns.count)
    #expect(table.columns.prefix(4) == ["key", "parameter_steps", "runs", "y"])
    #expect(table.rows[0][1] == .decimal(7))
    let cells = Table(
      cellsOf: try SyntheticSweep.map(runs, MapDefinition(x: "runs", y: "steps")))
    #expect(cells.columns.prefix(3) == ["parameter_runs", "steps", "runs"])
  }

  @Test func `CSV follows RFC 4180`() throws {
    let point: OrderedDictionary<String, ParameterValue> = ["x": "a,\"b\"\r\nc", "y": 2.50]
    let table = try Table(
      runs: [RunResult(point: point, summary: nil)], request: SyntheticSweep.request,
      rule: SyntheticSweep.rule)
    let csv = table.csv
    #expect(csv.hasPrefix("key,x,y,outcome,phase,delay,censored,"))
    #expect(csv.contains("\r\n,\"a,\"\"b\"\"\r\nc\",2.5,missing,,,,,"))
    #expect(csv.hasSuffix("\r\n"))
  }

  @Test func `JSON can be read back and keeps texts and gaps`() throws {
    let point: OrderedDictionary<String, ParameterValue> = ["x": "a\t\"\\\u{1}ε", "y": 2.50]
    let table = try Table(
      runs: [RunResult(point: point, summary: nil)], request: SyntheticSweep.request,
      rule: SyntheticSweep.rule)
    let objects = try #require(
      try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [[String: Any]])
    #expect(objects.count == 1)
    #expect(objects[0]["x"] as? String == "a\t\"\\\u{1}ε")
    #expect(objects[0]["y"] as? Double == 2.5)
    #expect(objects[0]["delay"] is NSNull)
  }

  @Test func `a left-out cell has a row that says so, and linked axes a column each`() throws {
    let table = Table(cellsOf: try SyntheticSweep.map(PhaseMapTests.linked()))
    let lines = table.csv.components(separatedBy: "\r\n")
    #expect(lines[16] == "0.08,1.6,0,0,0,0,0,0,0,0,0,left_out,,,,,,,,,")
    let runs = try Table(
      runs: PhaseMapTests.linked(), request: SyntheticSweep.request, rule: SyntheticSweep.rule)
    #expect(runs.columns.prefix(5) == ["key", "alpha", "epsilon", "seed", "sigma"])
    #expect(runs.rows.count == 71)
  }

  @Test func `cells have counts, median, interval and share`() throws {
    let map = try SyntheticSweep.map(SyntheticSweep.alphaEpsilon())
    let table = Table(cellsOf: map)
    #expect(table.rows.count == 196)
    let lines = table.csv.components(separatedBy: "\r\n")
    #expect(
      lines[0]
        == "epsilon,alpha,runs,finished,grokked,censored,converged_above,diverged,never_fitted,"
        + "diverged_unfitted,missing,state,median,lower,upper,bound,share_grokked,share_lower,share_upper,"
        + "final_test_loss,phase")
    #expect(lines[1].hasPrefix("0.02,0.4,5,5,5,0,0,0,0,0,0,value,"))
    #expect(lines[196].hasPrefix("0.28,5.6,5,5,0,0,5,0,0,0,0,not_reached,,,,,0.0,0.0,0.434"))
    let objects = try JSONSerialization.jsonObject(with: Data(table.json.utf8)) as? [[String: Any]]
    #expect(objects?.count == 196)
  }
}
