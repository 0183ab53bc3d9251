import Experiments

extension Table {
  /// One row a cell of a map, the axis upwards slowest; the columns are described in docs/export.md.
  public init(cellsOf map: PhaseMap) {
    let results = [
      "runs", "finished", "grokked", "censored",
      "converged_above", "diverged", "never_fitted", "diverged_unfitted", "missing", "state",
      "median", "lower", "upper", "bound", "share_grokked", "share_lower", "share_upper",
      "final_test_loss", "phase",
    ]
    let rows: [[Field]] = map.cells.joined().map { cell in
      let counts = cell.counts
      let share = cell.shareGrokked
      return [
        Field(cell.x), Field(cell.y), .integer(counts.total), .integer(counts.finished),
        .integer(counts.grokked), .integer(counts.censored), .integer(counts.converged),
        .integer(counts.diverged), .integer(counts.neverFitted),
        .integer(counts.divergedUnfitted), .integer(counts.missing),
        .text(CellClass(cell.value(.timeToGrok)).rawValue), Field(cell.delay.value),
        Field(cell.delay.lower), Field(cell.delay.upper),
        Field(cell.delay.value == nil ? cell.delay.bound : nil), Field(share?.value),
        Field(share?.interval.lowerBound), Field(share?.interval.upperBound),
        Field(cell.finalTestLoss), cell.phase.map { .text($0.rawValue) } ?? .none,
      ]
    }
    let axes = Self.columns(
      ofParameters: [map.definition.x, map.definition.y], beside: results)
    self.init(columns: axes + results, rows: rows)
  }
}
