// Sums of rows and LayerNorm, the first part of TransformerKernels.h, for one precision; included once with REAL = float and
// once with double.
//
// With x the normalised row of d numbers, r = 1/sqrt(variance + epsilon), y = gain x + shift, and the slopes g = dL/dy:
//
//     dL/d(what was normalised) = r (g gain - mean(g gain) - x mean(g gain x))
//
// because x has the mean 0 and (nearly) the mean square 1. Ba, Kiros and Hinton 2016 (arXiv 1607.06450).

CLONED void KERNEL(add_rows)(REAL *restrict sums, const REAL *restrict bias,
                             const REAL *restrict matrix, const int32_t *restrict places,
                             ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride) {
  for (ptrdiff_t n = 0; n < rows; n++) {
    REAL *s = sums + n * stride;
    if (!matrix) {
      for (ptrdiff_t j = 0; j < columns; j++) s[j] += bias[j];
      continue;
    }
    const REAL *m = matrix + places[n] * stride;
    for (ptrdiff_t j = 0; j < columns; j++) s[j] += bias[j] + m[j];
  }
}

CLONED void KERNEL(scatter_rows)(REAL *restrict sums, const int32_t *restrict places,
                                 const REAL *restrict matrix, ptrdiff_t rows, ptrdiff_t stride) {
  for (ptrdiff_t n = 0; n < rows; n++) {
    REAL *s = sums + places[n] * stride;
    for (ptrdiff_t j = 0; j < stride; j++) s[j] += matrix[n * stride + j];
  }
}

CLONED void KERNEL(add_column_sums)(const REAL *restrict matrix, ptrdiff_t rows,
                                    ptrdiff_t columns, ptrdiff_t stride, REAL *restrict sums) {
  // Four rows at a time: the sums are read and written once for all of them.
  ptrdiff_t n = 0;
  for (; n + 4 <= rows; n += 4) {
    const REAL *m = matrix + n * stride;
    for (ptrdiff_t j = 0; j < columns; j++)
      sums[j] += (m[j] + m[stride + j]) + (m[2 * stride + j] + m[3 * stride + j]);
  }
  for (; n < rows; n++)
    for (ptrdiff_t j = 0; j < columns; j++) sums[j] += matrix[n * stride + j];
}

CLONED void KERNEL(layer_norm)(REAL *restrict x, const REAL *restrict gain,
                               const REAL *restrict shift, REAL epsilon, ptrdiff_t rows,
                               ptrdiff_t columns, ptrdiff_t stride, REAL *restrict inverses,
                               REAL *restrict results) {
  for (ptrdiff_t n = 0; n < rows; n++) {
    REAL *row = x + n * stride, *y = results + n * stride;
    REAL sums[64 / sizeof(REAL)] = {0}, squares[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t j = 0; j < stride; j += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) sums[l] += row[j + l];
    const REAL mean = KERNEL(lane_sum)(sums) / (REAL)columns;
    for (ptrdiff_t j = 0; j < stride; j++) row[j] -= mean;
    for (ptrdiff_t j = columns; j < stride; j++) row[j] = 0;
    for (ptrdiff_t j = 0; j < stride; j += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) squares[l] += row[j + l] * row[j + l];
    const REAL variance = KERNEL(lane_sum)(squares) / (REAL)columns;
    const REAL inverse = 1 / __builtin_elementwise_sqrt(variance + epsilon);
    inverses[n] = inverse;
    for (ptrdiff_t j = 0; j < stride; j++) {
      row[j] *= inverse;
      y[j] = gain[j] * row[j] + shift[j];
    }
  }
}

CLONED void KERNEL(layer_norm_slopes)(REAL *restrict slopes, const REAL *restrict x,
                                      const REAL *restrict inverses, const REAL *restrict gain,
                                      ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,
                                      REAL *restrict gain_slopes, REAL *restrict shift_slopes) {
  for (ptrdiff_t n = 0; n < rows; n++) {
    REAL *g = slopes + n * stride;
    const REAL *row = x + n * stride;
    REAL sums[64 / sizeof(REAL)] = {0}, products[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t j = 0; j < stride; j += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        const REAL slope = g[j + l], inner = slope * gain[j + l];
        gain_slopes[j + l] += slope * row[j + l];
        shift_slopes[j + l] += slope;
        sums[l] += inner;
        products[l] += inner * row[j + l];
      }
    const REAL mean = KERNEL(lane_sum)(sums) / (REAL)columns;
    const REAL product = KERNEL(lane_sum)(products) / (REAL)columns, inverse = inverses[n];
    for (ptrdiff_t j = 0; j < stride; j++)
      g[j] = inverse * (g[j] * gain[j] - mean - row[j] * product);
    for (ptrdiff_t j = columns; j < stride; j++) g[j] = 0;
  }
}
