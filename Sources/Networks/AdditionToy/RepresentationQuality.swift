import LinearAlgebra

/// How nearly embeddings of numbers are in line: the representation quality index, RQI.
///
/// The share of the parallelograms (i, j, m, n), i < j ≤ m < n < p with i + n = j + m, whose embeddings satisfy
/// ‖Êᵢ + Êₙ − Êⱼ − Êₘ‖²/d < 0.01, Ê the embeddings divided by their standard deviation (with p − 1) in each of the d dimensions.
/// Liu et al. 2022 (arXiv 2205.10343), Sec. 3.1; norm, scale and threshold as in the authors' code, toy/train_add.py.
enum RepresentationQuality {
  private static let threshold = 0.01

  /// - Parameter embeddings: `[p × d]`.
  /// - Returns: a share; not a number with fewer than three numbers, which make no parallelogram.
  static func index(of embeddings: Matrix<some BLASScalar>) -> Double {
    let (numbers, width) = (embeddings.rows, embeddings.columns)
    let values = normalised(embeddings.elements.map { Double($0) }, numbers, width)
    var (all, near) = (0, 0)
    for first in 0..<numbers {
      for second in first + 1..<numbers {
        for third in second..<numbers where second + third - first < numbers {
          let fourth = second + third - first
          var squares = 0.0
          for column in 0..<width {
            func value(_ number: Int) -> Double { values[number * width + column] }
            let miss = value(first) + value(fourth) - value(second) - value(third)
            squares += miss * miss
          }
          all += 1
          if squares < threshold * Double(width) { near += 1 }
        }
      }
    }
    return Double(near) / Double(all)
  }

  /// Each dimension divided by its standard deviation; a shift would cancel.
  private static func normalised(_ values: [Double], _ numbers: Int, _ width: Int) -> [Double] {
    var values = values
    for column in 0..<width {
      let places = stride(from: column, to: numbers * width, by: width)
      let mean = places.reduce(0) { $0 + values[$1] } / Double(numbers)
      let squares = places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) }
      let deviation = (squares / Double(numbers - 1)).squareRoot()
      for place in places { values[place] /= deviation }
    }
    return values
  }
}
