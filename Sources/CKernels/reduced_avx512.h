// The reduced step of one precision in AVX-512; included once with REAL = float and once with double.
//
// Three products make up the step: the forms xᵀ U x with U upper triangular, A = Xᵀ diag(r) X and B M B, both
// symmetric, of which the lower triangle is enough. A library's product knows neither, and is slow for matrices
// this small. Tiles of eight rows by up to three registers keep 24 sums, three loads and a broadcast in the 32
// registers. All sizes: `width` is the dimension rounded up to whole registers, rows are padded to eight.

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

// c[rows 0..8][columns] (+)= sum over k of a[k][row] b[k][columns], for `wide` registers of columns.
INLINED void KERNEL(tile)(const int wide, ptrdiff_t count, const REAL *a, const REAL *b, REAL *c,
                          ptrdiff_t width, int adds) {
  VECTOR sums[8][3];
  UNROLLED for (int row = 0; row < 8; row++)
    UNROLLED for (int v = 0; v < wide; v++)
      sums[row][v] = adds ? AT(c + row * width + v * LANES) : (VECTOR){0};
  for (ptrdiff_t k = 0; k < count; k++, a += width, b += width) {
    VECTOR columns[3];
    UNROLLED for (int v = 0; v < wide; v++) columns[v] = AT(b + v * LANES);
    UNROLLED for (int row = 0; row < 8; row++) {
      const VECTOR factor = SPREAD(a[row]);
      UNROLLED for (int v = 0; v < wide; v++) sums[row][v] += factor * columns[v];
    }
  }
  UNROLLED for (int row = 0; row < 8; row++)
    UNROLLED for (int v = 0; v < wide; v++) AT(c + row * width + v * LANES) = sums[row][v];
}

// Eight rows of c from register 0 up to `registers`; the last four registers as two pairs, not three and one.
TARGET static void KERNEL(band)(ptrdiff_t registers, ptrdiff_t count, const REAL *a, const REAL *b,
                                REAL *c, ptrdiff_t width, int adds) {
  ptrdiff_t v = 0;
  while (v < registers) {
    const ptrdiff_t left = registers - v;
    const REAL *columns = b + v * LANES;
    REAL *place = c + v * LANES;
    if (left == 1) {
      KERNEL(tile)(1, count, a, columns, place, width, adds);
      v += 1;
    } else if (left == 2 || left == 4) {
      KERNEL(tile)(2, count, a, columns, place, width, adds);
      v += 2;
    } else {
      KERNEL(tile)(3, count, a, columns, place, width, adds);
      v += 3;
    }
  }
}

// The lower triangle (by registers) of c (+)= aᵀ b, a and b [count × size].
TARGET static void KERNEL(lower_product)(ptrdiff_t size, ptrdiff_t count, const REAL *a,
                                         const REAL *b, REAL *c, ptrdiff_t width, int adds) {
  for (ptrdiff_t row = 0; row < size; row += 8)
    KERNEL(band)((row + 7) / LANES + 1, count, a + row, b, c + row * width, width, adds);
}

// For eight rows of x, and registers `first` to `first + wide` of columns i:
// forms[row] += x[row][i] (linear[i] + sum over j ≤ i of x[row][j] upper[j][i]), lane by lane.
INLINED void KERNEL(form_tile)(const int wide, ptrdiff_t first, ptrdiff_t size, const REAL *x,
                               const REAL *upper, const REAL *linear, ptrdiff_t width,
                               VECTOR *forms) {
  VECTOR sums[8][3];
  UNROLLED for (int row = 0; row < 8; row++)
    UNROLLED for (int v = 0; v < wide; v++) sums[row][v] = AT(linear + (first + v) * LANES);
  ptrdiff_t j = 0;
  // Register first + v of `upper` is zero in rows beyond its own lanes: the tile narrows on the way.
  UNROLLED for (int start = 0; start < wide; start++) {
    ptrdiff_t end = (first + start + 1) * LANES;
    if (end > size) end = size;
    for (; j < end; j++) {
      VECTOR columns[3];
      UNROLLED for (int v = start; v < wide; v++)
        columns[v] = AT(upper + j * width + (first + v) * LANES);
      UNROLLED for (int row = 0; row < 8; row++) {
        const VECTOR factor = SPREAD(x[row * width + j]);
        UNROLLED for (int v = start; v < wide; v++) sums[row][v] += factor * columns[v];
      }
    }
  }
  UNROLLED for (int row = 0; row < 8; row++)
    UNROLLED for (int v = 0; v < wide; v++)
      forms[row] += sums[row][v] * AT(x + row * width + (first + v) * LANES);
}

TARGET double KERNEL(reduced_gradient)(const REAL *x, const REAL *offsets, ptrdiff_t rows,
                                       ptrdiff_t size, ptrdiff_t width, const REAL *upper,
                                       const REAL *linear, REAL *residuals, REAL *block,
                                       REAL *curvature, REAL *slope) {
  const ptrdiff_t registers = width / LANES;
  double squares = 0;
  for (ptrdiff_t v = 0; v < registers; v++) AT(slope + v * LANES) = (VECTOR){0};
  for (ptrdiff_t start = 0; start < rows; start += GS_REDUCED_BLOCK) {
    const ptrdiff_t count = rows - start < GS_REDUCED_BLOCK ? rows - start : GS_REDUCED_BLOCK;
    for (ptrdiff_t p = 0; p < count; p += 8) {
      const REAL *xp = x + (start + p) * width;
      VECTOR forms[8];
      UNROLLED for (int row = 0; row < 8; row++) forms[row] = (VECTOR){0};
      for (ptrdiff_t v = 0; v < registers;) {
        const ptrdiff_t left = registers - v;
        if (left == 1) {
          KERNEL(form_tile)(1, v, size, xp, upper, linear, width, forms);
          v += 1;
        } else if (left == 2 || left == 4) {
          KERNEL(form_tile)(2, v, size, xp, upper, linear, width, forms);
          v += 2;
        } else {
          KERNEL(form_tile)(3, v, size, xp, upper, linear, width, forms);
          v += 3;
        }
      }
      for (ptrdiff_t row = 0; row < 8; row++) {
        REAL sum = 0;
        for (ptrdiff_t l = 0; l < LANES; l++) sum += forms[row][l];
        const REAL residual = sum - offsets[start + p + row];
        residuals[start + p + row] = residual;
        squares += (double)residual * (double)residual;
        for (ptrdiff_t v = 0; v < registers; v++) {
          const VECTOR weighted = residual * AT(xp + row * width + v * LANES);
          AT(block + (p + row) * width + v * LANES) = weighted;
          AT(slope + v * LANES) += weighted;
        }
      }
    }
    KERNEL(lower_product)(size, count, block, x + start * width, curvature, width, start > 0);
  }
  return squares;
}

TARGET void KERNEL(reduced_products)(const REAL *moment, const REAL *propagator, ptrdiff_t size,
                                     ptrdiff_t width, REAL *product, REAL *square) {
  for (ptrdiff_t row = 0; row < size; row += 8)
    KERNEL(band)(width / LANES, size, moment + row, propagator, product + row * width, width, 0);
  KERNEL(lower_product)(size, size, propagator, product, square, width, 0);
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
