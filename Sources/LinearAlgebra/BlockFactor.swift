/// A matrix B that many blocks of rows are multiplied by before it changes.
///
/// Where both the processor and OpenBLAS's kernels have AVX-512, products run on kernels of our own, which read B as `prepare`
/// lays it out once; elsewhere they go to BLAS.
public struct BlockFactor<Scalar: BLASScalar>: Sendable {
  /// Where B lies in the matrix that holds it, `[k × n]`, or `[n × k]` when read transposed.
  let region: MatrixRegion
  let isTransposed: Bool
  /// What products run on.
  public let kernels: BlockKernels
  /// B as the kernels of AVX-512 read it, and in parts as the matrix unit does; empty where they do not.
  fileprivate var panels: Matrix<Scalar>
  fileprivate var tiles: AlignedStorage<UInt16>

  /// - Parameters:
  ///   - region: where B lies in the matrix that holds it.
  ///   - transposed: whether it is read transposed.
  ///   - kernels: what products run on.
  /// - Precondition: this machine has these kernels; rows of a B that those of AVX-512 read start at cache lines' boundaries.
  public init(
    _ region: MatrixRegion, transposed: Bool = false,
    on kernels: BlockKernels = .used(in: Scalar.self)
  ) {
    precondition(kernels.areAvailable(in: Scalar.self), "\(Scalar.self) on \(kernels)")
    self.region = region
    isTransposed = transposed
    self.kernels = kernels
    let isPanels = kernels == .avx512
    panels = Matrix(
      rows: isPanels ? Matrix<Scalar>.lineStride(region.rows) : 0,
      columns: isPanels ? region.columns : 0)
    let (depth, columns) =
      transposed ? (region.columns, region.rows) : (region.rows, region.columns)
    tiles = AlignedStorage(
      count: kernels == .amx ? Scalar.tileCount(depth: depth, columns: columns) : 0)
  }

  /// k, how many columns the rows have that are multiplied by B.
  var depth: Int { isTransposed ? region.columns : region.rows }
  /// n.
  var columns: Int { isTransposed ? region.rows : region.columns }

  /// Takes B's present elements.
  ///
  /// - Parameter holder: the matrix that holds B.
  public mutating func prepare(from holder: Matrix<Scalar>) {
    holder.check(region)
    let (depth, columns) = (depth, columns)
    holder.withPointer { from in
      switch kernels {
      case .library: break
      case .avx512:
        panels.withMutablePointer {
          Scalar.setPanels(
            of: from + region.offset, depth: depth, columns: columns, stride: region.stride,
            transposed: isTransposed, into: $0)
        }
      case .amx:
        tiles.withMutablePointer {
          Scalar.setTiles(
            of: from + region.offset, depth: depth, columns: columns, stride: region.stride,
            transposed: isTransposed, into: $0)
        }
      }
    }
  }
}

extension Matrix {
  /// self[p] = scale · (left[p] B + start) in the first rows.
  ///
  /// - Parameters:
  ///   - count: how many rows.
  ///   - left: `[at least count × k]`.
  ///   - factor: B, `[k × n]`, prepared; n are this matrix's columns.
  ///   - holder: the matrix that holds B.
  ///   - bias: start, one row for all, `[1 × n]`.
  ///   - adding: whether start is what this matrix is; without it and a bias, start is zero.
  ///   - scale: the factor of the sum.
  ///   - rectified: max(x, 0), of this matrix's shape, where the result is to be a gradient by x: zero where this is.
  public mutating func setBlock(
    rows count: Int, of left: Matrix, times factor: BlockFactor<Scalar>, in holder: Matrix,
    bias: Matrix? = nil, adding: Bool = false, scale: Scalar = 1,
    whereRectified rectified: Matrix? = nil
  ) {
    precondition(
      count <= rows && count <= left.rows && left.columns == factor.depth
        && columns == factor.columns && (bias == nil || !adding),
      "\(count) rows of \(left.shape) times \(factor.region.shape) into \(shape)")
    if let bias { checkVector(bias) }
    if let rectified {
      precondition(
        rectified.columns == columns && count <= rectified.rows,
        "\(count) rows of \(rectified.shape) for \(shape)")
    }
    guard factor.kernels != .library else {
      if let bias { fill(bias, rows: count) }
      setProduct(
        in: region.rows(0..<count), of: left, left.region.rows(0..<count), holder, factor.region,
        transposed: factor.isTransposed ? .right : .neither, scale: scale,
        keep: bias != nil || adding ? scale : 0)
      if let rectified { multiplyByRectifierSlopes(of: rectified, rows: count) }
      return
    }
    let stride = stride
    left.withPointer { a in
      bias.withOptionalPointer { start in
        rectified.withOptionalPointer { mask in
          withMutablePointer { c in
            let start = adding ? UnsafePointer(c) : start
            let startStride = adding ? stride : 0
            if factor.kernels == .amx {
              factor.tiles.withPointer {
                Scalar.tileProduct(
                  a, rows: count, depth: factor.depth, leftStride: left.stride, tiles: $0,
                  columns: factor.columns, start: start, startStride: startStride, scale: scale,
                  mask: mask, into: c, stride: stride)
              }
            } else {
              factor.panels.withPointer {
                Scalar.panelProduct(
                  a, rows: count, depth: factor.depth, leftStride: left.stride, panels: $0,
                  columns: factor.columns, start: start, startStride: startStride, scale: scale,
                  mask: mask, into: c, stride: stride)
              }
            }
          }
        }
      }
    }
  }

  /// A region of this matrix becomes scale · Aᵀ B of the first rows of two blocks, added to what it was if asked for.
  ///
  /// - Parameters:
  ///   - region: `[m × n]`, its rows at cache lines' boundaries and between them nothing but padding.
  ///   - count: how many rows of both blocks.
  ///   - left: A, `[at least count × m]`.
  ///   - right: B, `[at least count × n]`.
  ///   - scale: the factor of the product.
  ///   - adding: whether it is added to what the region was.
  ///   - kernels: what does it.
  /// - Precondition: this machine has these kernels.
  public mutating func setGradient(
    in region: MatrixRegion, rows count: Int, of left: Matrix, _ right: Matrix, scale: Scalar = 1,
    adding: Bool, on kernels: BlockKernels = .used(in: Scalar.self)
  ) {
    guard kernels != .library else {
      setProduct(
        in: region, of: left, left.region.rows(0..<count), right, right.region.rows(0..<count),
        transposed: .left, scale: scale, keep: adding ? 1 : 0)
      return
    }
    precondition(
      kernels.areAvailable(in: Scalar.self) && count <= left.rows && count <= right.rows
        && region.rows == left.columns && region.columns == right.columns
        && region.stride >= right.stride && isAligned(region)
        && region.offset + region.rows * region.stride <= storage.count,
      "\(count) rows of \(left.shape) and \(right.shape) into \(region.shape) on \(kernels)")
    left.withPointer { a in
      right.withPointer { b in
        withMutablePointer { c in
          if kernels == .amx {
            Scalar.tileGradient(
              a, depth: count, rows: region.rows, leftStride: left.stride, b,
              columns: region.columns, rightStride: right.stride, scale: scale, adds: adding,
              into: c + region.offset, stride: region.stride)
          } else {
            Scalar.rowGradient(
              a, depth: count, rows: region.rows, leftStride: left.stride, b,
              columns: region.columns, rightStride: right.stride, scale: scale, adds: adding,
              into: c + region.offset, stride: region.stride)
          }
        }
      }
    }
  }

  /// Whether the rows of a region start at cache lines' boundaries.
  private func isAligned(_ region: MatrixRegion) -> Bool {
    let line = AlignedStorage<Scalar>.scalarsPerLine
    return region.offset.isMultiple(of: line) && region.stride.isMultiple(of: line)
  }
}

extension Optional {
  /// Calls `body` with the address of the matrix's first element, if there is one.
  fileprivate func withOptionalPointer<Scalar>(
    _ body: (UnsafePointer<Scalar>?) -> Void
  ) where Wrapped == Matrix<Scalar> {
    guard let self else { return body(nil) }
    self.withPointer { body($0) }
  }
}
