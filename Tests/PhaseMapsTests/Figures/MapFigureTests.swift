import Experiments
import OrderedCollections
import PhaseMaps
import Testing

@Suite struct MapFigureTests {
  static func flagship(_ runs: [RunResult], baseName: String) throws -> MapFigure {
    let definition = try #require(Catalogue.experiment(named: "polynomial-regression"))
    return MapFigure(
      map: try SyntheticSweep.map(runs), sweep: "alpha-epsilon", experiment: definition.name,
      parameters: try definition.configuration([:]).parameters, baseName: baseName)
  }

  @Test func `the flagship map says all that a reader needs`() throws {
    let figure = try Self.flagship(SyntheticSweep.alphaEpsilon(), baseName: "map")
    try FigureFolder.write(figure)
    for text in [
      "'Time to grok: polynomial-regression'", "14 × 14 grid, seeds 0–4 (n = 5), 980 runs",
      "train loss < 0.1", "test loss < 0.1 (population loss)", "limit 110\u{2009}000 steps",
      "'kernel alignment ε'", "'output scale α (laziness)'", "'median time to grok (steps)'",
      "median not reached", "converged above the test threshold", "αε = 0.", "'5.6' 13",
      "'0.28' 13",
      "map.svg", "map.png", "map.pdf", "set logscale cb", "with vectors nohead",
    ] {
      #expect(figure.script.contains(text), "\(text)")
    }
  }
}
