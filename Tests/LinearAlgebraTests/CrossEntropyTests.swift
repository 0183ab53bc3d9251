import Foundation
import LinearAlgebra
import Testing

/// The cross-entropy of logits and its slopes, beside the formula in double precision.
@Suite struct CrossEntropyTests {
  /// Logits of as many examples as labels, about `gap` above the others at the label.
  private func logits<Scalar: BLASScalar>(
    _: Scalar.Type, labels: [Int], columns: Int, gap: Double, seed: UInt64
  ) -> Matrix<Scalar> {
    var matrix: Matrix<Scalar> = MatrixTests.random(labels.count, columns, seed: seed)
    for (row, label) in labels.enumerated() { matrix[row, label] += Scalar(gap) }
    return matrix
  }

  private func pairs(_ labels: [Int], below numbers: Int) -> TokenPairs {
    TokenPairs(labels.map { (a: 0, b: 0, label: $0) }, below: numbers)
  }

  /// log Σ exp z − z_label with the others' part apart, and softmax − one-hot.
  private func expected(_ z: [Double], _ label: Int) -> (loss: Double, slopes: [Double]) {
    let others = z.indices.filter { $0 != label }.reduce(0) { $0 + exp(z[$1] - z[label]) }
    let slopes = z.indices.map { place in
      place == label ? -others / (1 + others) : exp(z[place] - z[label]) / (1 + others)
    }
    return (log1p(others), slopes)
  }

  /// The largest relative misses of the loss and of any slope.
  private func misses<Scalar: BLASScalar>(
    _: Scalar.Type, columns: Int, gap: Double, scale: Double, isOffset: Bool
  ) -> (loss: Double, slope: Double, smallest: Double) {
    let numbers = columns - 1
    let labels = (0..<11).map { $0 * 7 % numbers }
    let pairs = pairs(labels, below: numbers)
    var matrix = logits(Scalar.self, labels: labels, columns: columns, gap: gap, seed: 5)
    let start = matrix
    let offsets: Matrix<Scalar>? =
      isOffset ? MatrixTests.random(labels.count, columns, seed: 6) : nil
    var correct = 0
    // Two parts, of which the second begins inside the offsets.
    let loss = matrix.setCrossEntropySlopes(
      pairs, 0..<11, offsets: offsets, scale: Scalar(scale), factor: 0.5, correct: &correct)
    var (sum, worst) = (0.0, 0.0)
    for (row, label) in labels.enumerated() {
      let z = (0..<columns).map { column in
        let offset = offsets.map { $0[row, column] } ?? 0
        return Double(Scalar(scale) * (start[row, column] - offset))
      }
      let (loss, slopes) = expected(z, label)
      sum += loss
      for (column, slope) in slopes.enumerated() where slope.magnitude > 1e-30 {
        worst = max(worst, (Double(matrix[row, column]) / (0.5 * slope) - 1).magnitude)
      }
    }
    return ((loss / sum - 1).magnitude, worst, sum / 11)
  }

  @Test(
    arguments: [2, 8, 15, 16, 17, 114],
    [(0.0, 1.0, false), (3, 1, true), (6, 2.5, false), (25, 1, false), (-40, 1, true)])
  func `loss and slopes are those of the formula`(
    columns: Int, kind: (gap: Double, scale: Double, isOffset: Bool)
  ) {
    let single = misses(
      Float.self, columns: columns, gap: kind.gap, scale: kind.scale, isOffset: kind.isOffset)
    #expect(single.loss < 2e-6 && single.slope < 2e-5)
    let double = misses(
      Double.self, columns: columns, gap: kind.gap, scale: kind.scale, isOffset: kind.isOffset)
    #expect(double.loss < 1e-12 && double.slope < 1e-12)
  }

  @Test(arguments: [12.0, 16, 20, 24, 28])
  func `in single precision no loss is too small, down to a hundred-millionth and below`(
    gap: Double
  ) {
    let found = misses(Float.self, columns: 114, gap: gap, scale: 1, isOffset: false)
    #expect(found.smallest < 2e-3)
    // 1 − softmax as a difference would be 0 from 6e-8 on.
    #expect(gap < 28 || found.smallest < 1e-8)
    #expect(found.loss < 2e-6 && found.slope < 2e-5)
  }

  @Test func `an example is right if its label's logit is above every other`() {
    func count(_ rows: [[Float]], _ labels: [Int]) -> Int {
      var matrix = Matrix<Float>(rows: rows.count, columns: 3, elements: rows.flatMap(\.self))
      var correct = 0
      _ = matrix.setCrossEntropySlopes(
        pairs(labels, below: 2), 0..<rows.count, offsets: nil, scale: 1, factor: 1,
        correct: &correct)
      return correct
    }
    #expect(count([[2, 1, 0], [1, 2, 0], [1, 1, 0], [-3, -2, -1]], [0, 0, 1, 1]) == 1)
    // The padding's zeros are no rivals of logits below zero.
    #expect(count([[-2, -3, -4], [-3, -2, -9]], [0, 1]) == 2)
    #expect(count([[.nan, 1, 0], [1, .nan, 0], [2, 1, .nan]], [1, 1, 0]) == 0)
  }

  @Test func `what is not finite makes a loss that is not finite`() {
    for bad in [Float.nan, .infinity] {
      for place in 0..<3 {
        var matrix = Matrix<Float>(rows: 1, columns: 3, elements: [1.0, 2, 3])
        matrix[0, place] = bad
        var correct = 0
        let loss = matrix.setCrossEntropySlopes(
          pairs([1], below: 2), 0..<1, offsets: nil, scale: 1, factor: 1, correct: &correct)
        #expect(!loss.isFinite)
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4, 5], [0.5, 30, 200])
  func `the attention's weights are a softmax over both tokens and a score of zero`(
    heads: Int, size: Double
  ) {
    let pairs = TokenPairs([(a: 0, b: 1, label: 0), (a: 1, b: 0, label: 1)], below: 2)
    var scores: Matrix<Float> = MatrixTests.random(4, heads, seed: 8)
    scores.multiply(by: Float(size))
    // One row of the table is all ones, the other zeros: the sum is the weight.
    for token in 0..<4 {
      let width = Matrix<Float>.lineStride(1)
      var attention = PairAttention<Float>(
        heads: heads, width: 2 * width, rectifiedWidth: width, rows: 2)
      for head in 0..<heads {
        var table = Matrix<Float>(rows: 4, columns: heads * 2 * width)
        table[token, head * 2 * width] = 1
        table[token, head * 2 * width + width] = -1
        let constant = Matrix<Float>(rows: 1, columns: 2 * width)
        var (high, low) = (
          Matrix<Float>(rows: 2, columns: width), Matrix<Float>(rows: 2, columns: width)
        )
        attention.mix(
          pairs, 0..<2, scores: scores, table: table, constant: constant, rectified: &high,
          linear: &low)
        for example in 0..<2 {
          let tokens = [pairs[example].a, 2 + pairs[example].b]
          let z = tokens.map { Double(scores[$0, head]) }
          let largest = max(z[0], z[1], 0)
          let total = z.reduce(exp(-largest)) { $0 + exp($1 - largest) }
          let weight =
            tokens.firstIndex(of: token).map { exp(z[$0] - largest) / total } ?? 0
          #expect((Double(high[example, 0]) - weight).magnitude < 1e-6)
          #expect((Double(low[example, 0]) + weight).magnitude < 1e-6)
        }
      }
    }
  }
}
