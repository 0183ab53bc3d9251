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

CLONED void KERNEL(row_attention)(const REAL *restrict projections, ptrdiff_t stride,
                                  ptrdiff_t width, ptrdiff_t heads, REAL scale,
                                  const int32_t *restrict places, ptrdiff_t capacity,
                                  const int32_t *restrict examples, ptrdiff_t rows,
                                  ptrdiff_t position, ptrdiff_t keys, REAL *restrict weights,
                                  REAL *restrict results, ptrdiff_t result_stride) {
  const ptrdiff_t size = width / heads, all = rows * heads * keys;
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const REAL *query = projections + place[position * capacity] * stride;
    REAL *w = weights + n * heads * keys;
    for (ptrdiff_t j = 0; j < keys; j++) {
      const REAL *key = projections + place[j * capacity] * stride + width;
      for (ptrdiff_t h = 0; h < heads; h++)
        w[h * keys + j] = scale * KERNEL(dot)(query + h * size, key + h * size, size);
    }
  }
  for (REAL *w = weights; w < weights + all; w += keys) {
    REAL largest = w[0];
    for (ptrdiff_t j = 1; j < keys; j++) largest = w[j] > largest ? w[j] : largest;
    for (ptrdiff_t j = 0; j < keys; j++) w[j] -= largest;
  }
  for (ptrdiff_t n = 0; n < all; n++) weights[n] = EXP(weights[n]);
  for (REAL *w = weights; w < weights + all; w += keys) {
    REAL sum = 0;
    for (ptrdiff_t j = 0; j < keys; j++) sum += w[j];
    const REAL share = 1 / sum;
    for (ptrdiff_t j = 0; j < keys; j++) w[j] *= share;
  }
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const REAL *w = weights + n * heads * keys;
    REAL *z = results + n * result_stride;
    for (ptrdiff_t c = 0; c < width; c++) z[c] = 0;
    for (ptrdiff_t j = 0; j < keys; j++) {
      const REAL *value = projections + place[j * capacity] * stride + 2 * width;
      for (ptrdiff_t h = 0; h < heads; h++)
        KERNEL(axpy)(w[h * keys + j], value + h * size, z + h * size, size);
    }
  }
}

CLONED void KERNEL(row_attention_slopes)(
    const REAL *restrict projections, ptrdiff_t stride, ptrdiff_t width, ptrdiff_t heads,
    REAL scale, const int32_t *restrict places, ptrdiff_t capacity,
    const int32_t *restrict examples, ptrdiff_t rows, ptrdiff_t position, ptrdiff_t keys,
    const REAL *restrict weights, const REAL *restrict slopes, ptrdiff_t slope_stride,
    REAL *restrict projection_slopes) {
  const ptrdiff_t size = width / heads;
  for (ptrdiff_t n = 0; n < rows; n++) {
    const int32_t *place = places + examples[n];
    const REAL *g = slopes + n * slope_stride;
    const ptrdiff_t query = place[position * capacity] * stride;
    for (ptrdiff_t h = 0; h < heads; h++) {
      const REAL *w = weights + (n * heads + h) * keys, *gh = g + h * size;
      const REAL *q = projections + query + h * size;
      REAL *dq = projection_slopes + query + h * size;
      REAL mean = 0, products[GS_POSITIONS];
      for (ptrdiff_t j = 0; j < keys; j++) {
        const ptrdiff_t value = place[j * capacity] * stride + 2 * width + h * size;
        products[j] = KERNEL(dot)(gh, projections + value, size);
        mean += w[j] * products[j];
        KERNEL(axpy)(w[j], gh, projection_slopes + value, size);
      }
      for (ptrdiff_t j = 0; j < keys; j++) {
        const ptrdiff_t key = place[j * capacity] * stride + width + h * size;
        const REAL slope = scale * w[j] * (products[j] - mean);
        KERNEL(axpy)(slope, projections + key, dq, size);
        KERNEL(axpy)(slope, q, projection_slopes + key, size);
      }
    }
  }
}
