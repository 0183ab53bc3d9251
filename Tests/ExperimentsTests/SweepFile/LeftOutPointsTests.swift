import Experiments
import OrderedCollections
import Testing

@Suite struct LeftOutPointsTests {
  static func sweep(_ except: String, _ overrides: String...) throws -> Sweep {
    try SweepFile.read(
      yaml: """
        experiment: noop
        axes: {x: [1, 2, 3], seed: [0, 1]}
        together: {y: [10, 20], steps: [7, 8]}
        except: \(except)
        """, file: "a.yaml", overrides: try overrides.map { try SweepOverride($0) })
  }

  static func positions(_ sweep: Sweep) -> [Int] { Array(GridShape(sweep).positions()) }

  @Test func `a point leaves out every run that has its values, and moves no other`() throws {
    #expect(Self.positions(try Self.sweep("[]")) == Array(0..<12))
    let sweep = try Self.sweep("[{x: 2, y: 10}, {x: 3, steps: 8, seed: 1}]")
    #expect(Self.positions(sweep) == [0, 1, 4, 5, 6, 7, 8, 9, 10])
    #expect(sweep.runCount == 9)
    let shape = GridShape(sweep)
    #expect(shape.positionCount == 12)
    #expect(!shape.hasRun(at: 2) && shape.hasRun(at: 4))
    #expect(shape.point(at: 4) == ["y": 10, "steps": 7, "x": 3, "seed": 0])
    #expect(Array(shape.positions(in: 1..<6)) == [1, 4, 5])
    #expect(try SweepGrid(sweep).count == 9)
  }

  @Test func `points may overlap, and name linked parameters both`() throws {
    let sweep = try Self.sweep("[{x: 2}, {seed: 1}, {y: 20, steps: 8}]")
    #expect(Self.positions(sweep) == [0, 4])
  }

  @Test func `values are compared exactly, however they are written`() throws {
    #expect(try Self.sweep("[{x: 2.0}]").runCount == 8)
  }

  @Test func `a point beside what an override leaves is dropped`() throws {
    let file = "[{x: 2, seed: 1}, {y: 20}, {x: 3, y: 10}]"
    #expect(try Self.sweep(file, "x=1").except == [["y": 20]])
    #expect(try Self.sweep(file, "x=1").runCount == 2)
    #expect(try Self.sweep(file, "steps=7", "x=2,4").except == [["x": 2, "seed": 1]])
    #expect(try Self.sweep(file, "steps=7").except == [["x": 2, "seed": 1], ["x": 3, "y": 10]])
  }

  @Test func `linked values that an override has parted leave nothing out`() throws {
    let sweep = try Self.sweep("[{y: 20, steps: 8, x: 1}]", "y=10")
    #expect(sweep.except.isEmpty)
    #expect(sweep.runCount == 6)
  }

  @Test func `an override that leaves left-out points only is refused`() {
    let error = #expect(throws: SweepFileError.self) { try Self.sweep("[{x: 2}]", "x=2") }
    #expect(
      error?.description
        == "a.yaml:4:9: except: expected at least one run that is not left out, found none")
  }

  @Test func `a million points are left out of two million without a list of them`() throws {
    let count = (0..<1000).map { ParameterValue.number(ExactDecimal($0)) }
    let sweep = Sweep(
      name: "s", experiment: "noop", axes: ["x": count, "y": count, "seed": [0, 1]],
      except: [["seed": 1], ["x": 7]], request: Request(maxSteps: 7, thresholds: Thresholds()),
      grokked: GrokkedRule(measure: .loss, train: 0.1, test: 0.1),
      map: MapDefinition(x: "x", y: "y"))
    let grid = try SweepGrid(sweep)
    #expect(grid.count == 999_000)
    #expect(grid.shape.hasRun(at: 1_999_998))
    #expect(!grid.shape.hasRun(at: 1_999_999) && !grid.shape.hasRun(at: 15_000))
    #expect(grid.value(of: "y", at: 1_999_998) == 999)
    #expect(grid.configuration(at: 1_999_998).parameters["x"] == 999)
  }
}
