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
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *u = table + first[e] * stride, *v = table + second[e] * stride;
    const REAL *s = slopes + e * stride;
    // Two tokens of a pair are never the same row: the second number has rows of its own.
    REAL *restrict du = gradient + first[e] * stride, *restrict dv = gradient + second[e] * stride;
    for (ptrdiff_t j = 0; j < stride; j++) {
      const REAL x = (u[j] + v[j]) * s[j];
      du[j] += x;
      dv[j] += x;
    }
  }
}

CLONED double KERNEL(one_hot_residuals)(REAL *restrict outputs, const int32_t *restrict labels,
                                        ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,
                                        ptrdiff_t *restrict correct) {
  double squares = 0;
  ptrdiff_t right = 0;
  for (ptrdiff_t e = 0; e < rows; e++) {
    REAL *f = outputs + e * stride;
    const ptrdiff_t label = labels[e];
    const REAL own = f[label];
    REAL sums[64 / sizeof(REAL)] = {0};
    // Outputs that are not below the label's, itself included; what is not a number is below nothing.
    REAL rivals[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t c = 0; c < stride; c += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        const REAL output = f[c + l], residual = output - (c + l == label);
        rivals[l] += !(output < own);
        sums[l] += residual * residual;
        f[c + l] = residual;
      }
    REAL sum = 0, count = 0;
    for (ptrdiff_t l = 0; l < LANES; l++) {
      sum += sums[l];
      count += rivals[l];
    }
    squares += (double)sum;
    // The padding is zeros, which were counted where the label's output is not above zero.
    right += count == 1 + (own > 0 ? 0 : (REAL)(stride - columns));
  }
  *correct += right;
  return squares;
}
