// Attention over rows of projections, the second part of TransformerKernels.h, for one precision; included once with REAL =
// float and once with double, and with EXP, a function of one number that is not above 0.
//
// A head's scores s_j = scale (q . k_j), weights w = softmax(s), result z = sum of w_j v_j. With g = dL/dz, t_j = g . v_j:
//
//     dL/dv_j = w_j g,  dL/ds_j = w_j (t_j - sum of w_i t_i),  dL/dq = scale sum of dL/ds_j k_j,  dL/dk_j = scale dL/ds_j q
//
// Vaswani et al. 2017 (arXiv 1706.03762), eq. 1.

static inline __attribute__((always_inline)) REAL KERNEL(dot)(const REAL *restrict a,
                                                              const REAL *restrict b,
                                                              ptrdiff_t count) {
  REAL lanes[64 / sizeof(REAL)] = {0};
  ptrdiff_t n = 0;
  for (; n + LANES <= count; n += LANES)
    for (ptrdiff_t l = 0; l < LANES; l++) lanes[l] += a[n + l] * b[n + l];
  for (ptrdiff_t l = 0; n + l < count; l++) lanes[l] += a[n + l] * b[n + l];
  return KERNEL(lane_sum)(lanes);
}

static inline __attribute__((always_inline)) void KERNEL(axpy)(REAL factor, const REAL *restrict x,
                                                               REAL *restrict y, ptrdiff_t count) {
  ptrdiff_t n = 0;
  for (; n + LANES <= count; n += LANES)
    for (ptrdiff_t l = 0; l < LANES; l++) y[n + l] += factor * x[n + l];
  for (; n < count; n++) y[n] += factor * x[n];
}

CLONED void KERNEL(row_attention)(const REAL *restrict queries, const REAL *restrict matrix,
                                  const gs_attention_shape *shape, REAL scale,
                                  const int32_t *restrict places,
                                  const int32_t *restrict examples, ptrdiff_t rows,
                                  REAL *restrict weights, REAL *restrict results) {
  const gs_attention_shape s = *shape;
  const ptrdiff_t all = rows * s.heads * s.keys;
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const ptrdiff_t row = s.position < 0 ? n : place[s.position * s.capacity];
    const REAL *query = queries + row * s.query_stride;
    REAL *w = weights + n * s.heads * s.keys;
    for (ptrdiff_t j = 0; j < s.keys; j++) {
      const REAL *key = matrix + place[j * s.capacity] * s.stride + s.key;
      for (ptrdiff_t h = 0; h < s.heads; h++)
        w[h * s.keys + j] = scale * KERNEL(dot)(query + h * s.size, key + h * s.step, s.size);
    }
  }
  for (REAL *w = weights; w < weights + all; w += s.keys) {
    REAL largest = w[0];
    for (ptrdiff_t j = 1; j < s.keys; j++) largest = w[j] > largest ? w[j] : largest;
    for (ptrdiff_t j = 0; j < s.keys; j++) w[j] -= largest;
  }
  for (ptrdiff_t n = 0; n < all; n++) weights[n] = EXP(weights[n]);
  for (REAL *w = weights; w < weights + all; w += s.keys) {
    REAL sum = 0;
    for (ptrdiff_t j = 0; j < s.keys; j++) sum += w[j];
    const REAL share = 1 / sum;
    for (ptrdiff_t j = 0; j < s.keys; j++) w[j] *= share;
  }
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const REAL *w = weights + n * s.heads * s.keys;
    REAL *z = results + n * s.result_stride;
    for (ptrdiff_t c = 0; c < s.heads * s.size; c++) z[c] = 0;
    for (ptrdiff_t j = 0; j < s.keys; j++) {
      const REAL *value = matrix + place[j * s.capacity] * s.stride + s.value;
      for (ptrdiff_t h = 0; h < s.heads; h++)
        KERNEL(axpy)(w[h * s.keys + j], value + h * s.step, z + h * s.size, s.size);
    }
  }
}

// Not restrict: the slopes of queries and of rows may be one matrix.
CLONED void KERNEL(row_attention_slopes)(
    const REAL *queries, const REAL *matrix, const gs_attention_shape *shape, REAL scale,
    const int32_t *places, const int32_t *examples, ptrdiff_t rows, const REAL *weights,
    const REAL *slopes, REAL *query_slopes, REAL *matrix_slopes) {
  const gs_attention_shape s = *shape;
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const ptrdiff_t row = s.position < 0 ? n : place[s.position * s.capacity];
    for (ptrdiff_t h = 0; h < s.heads; h++) {
      const REAL *w = weights + (n * s.heads + h) * s.keys;
      const REAL *g = slopes + n * s.result_stride + h * s.size;
      const REAL *q = queries + row * s.query_stride + h * s.size;
      REAL *dq = query_slopes + row * s.query_stride + h * s.size;
      REAL mean = 0, products[GS_POSITIONS];
      for (ptrdiff_t j = 0; j < s.keys; j++) {
        const ptrdiff_t value = place[j * s.capacity] * s.stride + s.value + h * s.step;
        products[j] = KERNEL(dot)(g, matrix + value, s.size);
        mean += w[j] * products[j];
        KERNEL(axpy)(w[j], g, matrix_slopes + value, s.size);
      }
      for (ptrdiff_t j = 0; j < s.keys; j++) {
        const ptrdiff_t key = place[j * s.capacity] * s.stride + s.key + h * s.step;
        const REAL slope = scale * w[j] * (products[j] - mean);
        KERNEL(axpy)(slope, matrix + key, dq, s.size);
        KERNEL(axpy)(slope, q, matrix_slopes + key, s.size);
      }
    }
  }
}
