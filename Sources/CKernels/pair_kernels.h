// The loops of PairKernels.h for one precision; included once with REAL = float and once with double.

CLONED void KERNEL(pair_squares)(const REAL *restrict table, const int32_t *restrict first,
                                 const int32_t *restrict second, ptrdiff_t rows, ptrdiff_t stride,
                                 REAL *restrict squares) {
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *u = table + first[e] * stride, *v = table + second[e] * stride;
    REAL *q = squares + e * stride;
    for (ptrdiff_t j = 0; j < stride; j++) {
      const REAL h = u[j] + v[j];
      q[j] = h * h;
    }
  }
}

CLONED void KERNEL(add_pair_gradient)(const REAL *restrict table, const int32_t *restrict first,
                                      const int32_t *restrict second, ptrdiff_t rows,
                                      ptrdiff_t stride, const REAL *restrict slopes,
                                      REAL *restrict gradient) {
  // Neighbours that share their first token: its row is read once, and its sum stays in a register.
  for (ptrdiff_t start = 0, end; start < rows; start = end) {
    const ptrdiff_t token = first[start];
    for (end = start + 1; end < rows && first[end] == token;) end++;
    for (ptrdiff_t j = 0; j < stride; j += LANES) {
      const REAL *u = table + token * stride + j;
      REAL sums[64 / sizeof(REAL)] = {0};
      for (ptrdiff_t e = start; e < end; e++) {
        const REAL *v = table + second[e] * stride + j, *s = slopes + e * stride + j;
        REAL *dv = gradient + second[e] * stride + j;
        for (ptrdiff_t l = 0; l < LANES; l++) {
          const REAL x = (u[l] + v[l]) * s[l];
          sums[l] += x;
          dv[l] += x;
        }
      }
      for (ptrdiff_t l = 0; l < LANES; l++) gradient[token * stride + j + l] += sums[l];
    }
  }
}

CLONED void KERNEL(pair_sums)(const REAL *restrict table, const int32_t *restrict first,
                              const int32_t *restrict second, ptrdiff_t rows, ptrdiff_t stride,
                              REAL *restrict sums) {
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *u = table + first[e] * stride, *v = table + second[e] * stride;
    for (ptrdiff_t j = 0; j < stride; j++) sums[e * stride + j] = u[j] + v[j];
  }
}

CLONED void KERNEL(rectified_pair_sums)(const REAL *restrict table, const REAL *restrict bias,
                                        const int32_t *restrict first,
                                        const int32_t *restrict second, ptrdiff_t rows,
                                        ptrdiff_t stride, REAL *restrict sums) {
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *u = table + first[e] * stride, *v = table + second[e] * stride;
    for (ptrdiff_t j = 0; j < stride; j++) {
      const REAL sum = u[j] + v[j] + bias[j];
      sums[e * stride + j] = sum < 0 ? 0 : sum;
    }
  }
}

CLONED void KERNEL(add_pair_slopes)(const int32_t *restrict first, const int32_t *restrict second,
                                    ptrdiff_t rows, ptrdiff_t stride, const REAL *restrict slopes,
                                    REAL *restrict gradient) {
  // Neighbours that share their first token: its sum stays in a register.
  for (ptrdiff_t start = 0, end; start < rows; start = end) {
    const ptrdiff_t token = first[start];
    for (end = start + 1; end < rows && first[end] == token;) end++;
    for (ptrdiff_t j = 0; j < stride; j += LANES) {
      REAL sums[64 / sizeof(REAL)] = {0};
      for (ptrdiff_t e = start; e < end; e++) {
        const REAL *s = slopes + e * stride + j;
        REAL *dv = gradient + second[e] * stride + j;
        for (ptrdiff_t l = 0; l < LANES; l++) {
          sums[l] += s[l];
          dv[l] += s[l];
        }
      }
      for (ptrdiff_t l = 0; l < LANES; l++) gradient[token * stride + j + l] += sums[l];
    }
  }
}

// The sum of a register's lanes, by halves: one after the other would be a chain of additions.
static inline __attribute__((always_inline)) REAL KERNEL(lane_sum)(REAL *lanes) {
  for (ptrdiff_t half = LANES / 2; half > 0; half /= 2)
    for (ptrdiff_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
  return lanes[0];
}

CLONED double KERNEL(one_hot_residuals)(REAL *restrict outputs, const int32_t *restrict labels,
                                        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,
                                        ptrdiff_t *restrict correct) {
  double squares = 0;
  ptrdiff_t right = 0;
  for (ptrdiff_t start = 0; start < rows; start += 16) {
    const ptrdiff_t end = start + 16 < rows ? start + 16 : rows;
    REAL sums[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t e = start; e < end; e++) {
      REAL *f = outputs + e * stride;
      const int32_t label = labels[e];
      const REAL own = f[label];
      // Outputs that are not below the label's, itself included; what is not a number is below nothing.
      REAL rivals[64 / sizeof(REAL)] = {0};
      for (int32_t c = 0; c < (int32_t)stride; c += (int32_t)LANES)
        for (int32_t l = 0; l < (int32_t)LANES; l++) {
          const REAL output = f[c + l], residual = output - (c + l == label ? 1 : 0);
          rivals[l] += output < own ? 0 : 1;
          sums[l] += residual * residual;
          f[c + l] = residual;
        }
      // The padding is zeros, which are rivals where the label's output is not above zero.
      right += KERNEL(lane_sum)(rivals) == 1 + (own > 0 ? 0 : (REAL)(stride - columns));
    }
    squares += (double)KERNEL(lane_sum)(sums);
  }
  *correct += right;
  return squares;
}
