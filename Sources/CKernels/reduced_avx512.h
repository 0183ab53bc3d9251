// The reduced step of one precision in AVX-512; included once with REAL = float and once with double.
//
// Three products make up the step: the forms xᵀ U x with U upper triangular, A = Xᵀ diag(r) X and B M B, both
// symmetric, of which the lower triangle is enough. A library's product knows neither, and is slow for matrices
// this small. The forms run with one example a lane, so that the triangle costs nothing beyond its border; for
// them the examples also lie column by column, in panels of GS_REDUCED_PANEL registers. Tiles of eight by three
// or four by six registers keep 24 sums, their factors and a broadcast in the 32 registers. All sizes: `width`
// is the dimension rounded up to whole registers, rows are padded to eight.

#define LANES ((ptrdiff_t)(64 / sizeof(REAL)))
#define JOIN_(name, suffix) gs_##name##_##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#define KERNEL(name) JOIN(name, SUFFIX)
#define VECTOR KERNEL(vector)
#define TARGET __attribute__((target("avx512f")))
#define INLINED TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

typedef REAL VECTOR __attribute__((vector_size(64), aligned(64), may_alias));
#define AT(pointer) (*(VECTOR *)(pointer))
#define SPREAD(scalar) ((scalar) - (VECTOR){0})

// c[rows 0..high][columns] (+)= sum over k of a[k][row] b[k][columns], for `wide` registers of columns.
INLINED void KERNEL(tile)(const int high, const int wide, ptrdiff_t count, const REAL *a,
                          const REAL *b, REAL *c, ptrdiff_t width, int adds) {
  VECTOR sums[8][4];
  UNROLLED for (int row = 0; row < high; row++)
    UNROLLED for (int v = 0; v < wide; v++)
      sums[row][v] = adds ? AT(c + row * width + v * LANES) : (VECTOR){0};
  for (ptrdiff_t k = 0; k < count; k++, a += width, b += width) {
    VECTOR columns[4];
    UNROLLED for (int v = 0; v < wide; v++) columns[v] = AT(b + v * LANES);
    UNROLLED for (int row = 0; row < high; row++) {
      const VECTOR factor = SPREAD(a[row]);
      UNROLLED for (int v = 0; v < wide; v++) sums[row][v] += factor * columns[v];
    }
  }
  UNROLLED for (int row = 0; row < high; row++)
    UNROLLED for (int v = 0; v < wide; v++) AT(c + row * width + v * LANES) = sums[row][v];
}

// Eight rows of c, or the last four, and up to three registers of columns.
TARGET static void KERNEL(any_tile)(ptrdiff_t rows, ptrdiff_t wide, ptrdiff_t count, const REAL *a,
                                    const REAL *b, REAL *c, ptrdiff_t width, int adds) {
#define TILE(high, wide) KERNEL(tile)(high, wide, count, a, b, c, width, adds)
  if (rows <= 4) {
    if (wide == 3) TILE(4, 3);
    else if (wide == 2) TILE(4, 2);
    else TILE(4, 1);
  } else {
    if (wide == 3) TILE(8, 3);
    else if (wide == 2) TILE(8, 2);
    else TILE(8, 1);
  }
#undef TILE
}

// c (+)= aᵀ b, a and b [count × size]; of a lower triangle what is below its registers' diagonal. The columns go
// slowest: what three registers of them hold of b stays in the nearest cache, and a has a third of its lines. Four
// registers left are two pairs, not three and one.
TARGET static void KERNEL(product)(ptrdiff_t size, ptrdiff_t count, const REAL *a, const REAL *b,
                                   REAL *c, ptrdiff_t width, int adds, int isLower) {
  for (ptrdiff_t v = 0, wide; v < width / LANES; v += wide) {
    const ptrdiff_t left = width / LANES - v;
    wide = left == 1 ? 1 : left == 2 || left == 4 ? 2 : 3;
    for (ptrdiff_t row = isLower ? v * LANES : 0; row < size; row += 8) {
      const ptrdiff_t below = (row + 7) / LANES + 1 - v;
      KERNEL(any_tile)(size - row, isLower && below < wide ? below : wide, count, a + row,
                       b + v * LANES, c + row * width + v * LANES, width, adds);
    }
  }
}

// For `wide` registers of examples, one a lane, and columns i of x from `first` to `first + 8`:
// forms += x[i] (linear[i] + sum over j ≤ i of x[j] upper[j][i]).
INLINED void KERNEL(form_tile)(const int wide, ptrdiff_t first, const REAL *x, const REAL *upper,
                               const REAL *linear, ptrdiff_t width, VECTOR *forms) {
  const ptrdiff_t step = GS_REDUCED_PANEL * LANES;
  VECTOR sums[8][GS_REDUCED_PANEL];
  UNROLLED for (int i = 0; i < 8; i++)
    UNROLLED for (int v = 0; v < wide; v++) sums[i][v] = SPREAD(linear[first + i]);
  for (ptrdiff_t j = 0; j < first + 4; j++) {
    VECTOR examples[GS_REDUCED_PANEL];
    UNROLLED for (int v = 0; v < wide; v++) examples[v] = AT(x + j * step + v * LANES);
    UNROLLED for (int i = 0; i < 8; i++) {
      const VECTOR factor = SPREAD(upper[j * width + first + i]);
      UNROLLED for (int v = 0; v < wide; v++) sums[i][v] += factor * examples[v];
    }
  }
  UNROLLED for (int j = 4; j < 8; j++) {
    VECTOR examples[GS_REDUCED_PANEL];
    UNROLLED for (int v = 0; v < wide; v++) examples[v] = AT(x + (first + j) * step + v * LANES);
    UNROLLED for (int i = 4; i < 8; i++) {
      const VECTOR factor = SPREAD(upper[(first + j) * width + first + i]);
      UNROLLED for (int v = 0; v < wide; v++) sums[i][v] += factor * examples[v];
    }
  }
  UNROLLED for (int i = 0; i < 8; i++)
    UNROLLED for (int v = 0; v < wide; v++)
      forms[v] += sums[i][v] * AT(x + (first + i) * step + v * LANES);
}

// The residuals of one panel of examples.
INLINED void KERNEL(panel)(const int wide, ptrdiff_t size, const REAL *x, const REAL *offsets,
                           const REAL *upper, const REAL *linear, ptrdiff_t width,
                           REAL *residuals) {
  VECTOR forms[GS_REDUCED_PANEL];
  UNROLLED for (int v = 0; v < wide; v++) forms[v] = (VECTOR){0};
  for (ptrdiff_t first = 0; first < size; first += 8)
    KERNEL(form_tile)(wide, first, x, upper, linear, width, forms);
  UNROLLED for (int v = 0; v < wide; v++)
    AT(residuals + v * LANES) = forms[v] - AT(offsets + v * LANES);
}

TARGET static void KERNEL(forms)(const REAL *panels, const REAL *offsets, ptrdiff_t rows,
                                 ptrdiff_t size, ptrdiff_t width, const REAL *upper,
                                 const REAL *linear, REAL *residuals) {
  const ptrdiff_t examples = GS_REDUCED_PANEL * LANES, height = (size + 7) / 8 * 8;
#define PANEL(wide) KERNEL(panel)(wide, size, panels, offsets + p, upper, linear, width, residuals + p)
  for (ptrdiff_t p = 0; p < rows; p += examples, panels += height * examples) {
    const ptrdiff_t left = (rows - p + LANES - 1) / LANES;
    if (left >= 3) PANEL(3);
    else if (left == 2) PANEL(2);
    else PANEL(1);
  }
#undef PANEL
}

TARGET double KERNEL(reduced_gradient)(const REAL *panels, const REAL *x, const REAL *offsets,
                                       ptrdiff_t rows, ptrdiff_t size, ptrdiff_t width,
                                       const REAL *upper, const REAL *linear, REAL *residuals,
                                       REAL *block, REAL *curvature, REAL *slope) {
  const ptrdiff_t registers = width / LANES;
  double squares = 0;
  KERNEL(forms)(panels, offsets, rows, size, width, upper, linear, residuals);
  for (ptrdiff_t p = 0; p < rows; p++) squares += (double)residuals[p] * (double)residuals[p];
  for (ptrdiff_t v = 0; v < registers; v++) AT(slope + v * LANES) = (VECTOR){0};
  for (ptrdiff_t start = 0; start < rows; start += GS_REDUCED_BLOCK) {
    const ptrdiff_t count = rows - start < GS_REDUCED_BLOCK ? rows - start : GS_REDUCED_BLOCK;
    const REAL *xs = x + start * width;
    for (ptrdiff_t v = 0; v < registers; v++) {
      // In a register: in memory, each addition would wait for the one before.
      VECTOR sum = AT(slope + v * LANES);
      for (ptrdiff_t p = 0; p < count; p++) {
        const VECTOR weighted = residuals[start + p] * AT(xs + p * width + v * LANES);
        AT(block + p * width + v * LANES) = weighted;
        sum += weighted;
      }
      AT(slope + v * LANES) = sum;
    }
    KERNEL(product)(size, count, block, xs, curvature, width, start > 0, 1);
  }
  return squares;
}

TARGET void KERNEL(reduced_products)(const REAL *moment, const REAL *propagator, ptrdiff_t size,
                                     ptrdiff_t width, REAL *product, REAL *square) {
  KERNEL(product)(size, size, moment, propagator, product, width, 0, 0);
  KERNEL(product)(size, size, propagator, product, square, width, 0, 1);
}

TARGET void KERNEL(upper_form)(const REAL *moment, REAL scale, ptrdiff_t size, ptrdiff_t width,
                               REAL *upper) {
  for (ptrdiff_t j = 0; j < size; j++) {
    const ptrdiff_t own = j / LANES * LANES;
    for (ptrdiff_t i = own; i < own + LANES; i++)
      upper[j * width + i] = i < j ? 0 : (i == j ? scale / 2 : scale) * moment[j * width + i];
    for (ptrdiff_t i = own + LANES; i < width; i += LANES)
      AT(upper + j * width + i) = scale * AT(moment + j * width + i);
  }
}

// Exchanges rows and columns of the square of registers r: first its quarters, then theirs, down to single lanes.
INLINED void KERNEL(transpose_square)(VECTOR *r) {
  UNROLLED for (int reach = (int)LANES / 2; reach > 0; reach /= 2) {
    INDICES low, high;
    UNROLLED for (int lane = 0; lane < (int)LANES; lane++) {
      const int own = lane & ~reach, isHigh = (lane & reach) != 0;
      low[lane] = isHigh ? own + (int)LANES : own;
      high[lane] = isHigh ? lane + (int)LANES : lane + reach;
    }
    UNROLLED for (int row = 0; row < (int)LANES; row++) {
      if (row & reach) continue;
      const VECTOR upper = r[row], lower = r[row + reach];
      r[row] = PERMUTED(upper, low, lower);
      r[row + reach] = PERMUTED(upper, high, lower);
    }
  }
}

TARGET void KERNEL(mirror_registers)(REAL *m, ptrdiff_t size, ptrdiff_t stride) {
  for (ptrdiff_t row = 0; row < size; row += LANES) {
    const ptrdiff_t rows = size - row < LANES ? size - row : LANES;
    for (ptrdiff_t column = 0; column <= row; column += LANES) {
      VECTOR square[64 / sizeof(REAL)];
      UNROLLED for (int i = 0; i < (int)LANES; i++)
        square[i] = i < rows ? AT(m + (row + i) * stride + column) : (VECTOR){0};
      KERNEL(transpose_square)(square);
      if (column < row) {
        UNROLLED for (int j = 0; j < (int)LANES; j++) AT(m + (column + j) * stride + row) = square[j];
        continue;
      }
      for (ptrdiff_t j = 0; j < rows; j++)
        for (ptrdiff_t i = j + 1; i < rows; i++) m[(row + j) * stride + row + i] = square[j][i];
    }
  }
}
