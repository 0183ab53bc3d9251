import Experiments
import OrderedCollections

extension WireCodec {
  /// Records column by column, NaN for what is not there.
  static func wire(_ records: [RunRecord]) -> Groksweep_Wire_Records {
    func column(_ value: (Measurement) -> Double?) -> [Double] {
      let values = records.map { value($0.measurement) ?? .nan }
      // A column without values is left out: many experiments have no accuracies.
      return values.allSatisfy(\.isNaN) ? [] : values
    }
    var wire = Groksweep_Wire_Records()
    wire.steps = records.map { UInt64(clamping: $0.step) }
    wire.trainLoss = column(\.trainLoss)
    wire.testLoss = column(\.testLoss)
    wire.trainAccuracy = column(\.trainAccuracy)
    wire.testAccuracy = column(\.testAccuracy)
    var columns: OrderedDictionary<String, Groksweep_Wire_ObservableColumn> = [:]
    for (row, record) in records.enumerated() {
      for (name, value) in record.observables {
        columns[name, default: Groksweep_Wire_ObservableColumn()].rows.append(UInt32(row))
        columns[name]?.values.append(value ?? .nan)
      }
    }
    wire.observables = columns.map { name, column in
      var named = column
      named.name = name
      return named
    }
    return wire
  }

  static func records(_ wire: Groksweep_Wire_Records) throws(WireError) -> [RunRecord] {
    let count = wire.steps.count
    for column in [wire.trainLoss, wire.testLoss, wire.trainAccuracy, wire.testAccuracy] {
      guard column.isEmpty || column.count == count else {
        throw WireError("a column of \(column.count) values for \(count) records")
      }
    }
    func value(_ column: [Double], _ row: Int) -> Double? {
      guard !column.isEmpty, column[row].isFinite else { return nil }
      return column[row]
    }
    var records: [RunRecord] = []
    records.reserveCapacity(count)
    for (row, step) in wire.steps.enumerated() {
      let measurement = Measurement(
        trainLoss: value(wire.trainLoss, row), testLoss: value(wire.testLoss, row),
        trainAccuracy: value(wire.trainAccuracy, row), testAccuracy: value(wire.testAccuracy, row))
      records.append(RunRecord(step: try number(step, "a step"), measurement: measurement))
    }
    for column in wire.observables {
      guard column.rows.count == column.values.count, !column.name.isEmpty else {
        throw WireError("an observable of \(column.rows.count) rows, \(column.values.count) values")
      }
      for (row, value) in zip(column.rows, column.values) {
        guard Int(row) < count else { throw WireError("row \(row) of \(count) records") }
        records[Int(row)].observables.updateValue(
          value.isFinite ? value : nil, forKey: try text(column.name))
      }
    }
    return records
  }
}
