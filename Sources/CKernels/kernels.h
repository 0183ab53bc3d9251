// The loops of CKernels.h for one precision; included once with REAL = float and once with double.
//
// Sums run in one register of 64 bytes, lane by lane: without licence to reorder, a compiler turns a
// plain sum into a chain of single additions.

#define LANES ((ptrdiff_t)(64 / sizeof(REAL)))
#define JOIN_(name, suffix) gs_##name##_##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#define KERNEL(name) JOIN(name, SUFFIX)

// A register of numbers. Where several sums run side by side the compiler may take loops over their lanes apart, into narrow
// registers and single numbers; arithmetic on these it does not.
typedef REAL KERNEL(register) __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));
#define REGISTER KERNEL(register)
#define LOAD(pointer) (*(const REGISTER *)(pointer))
#define STORE(pointer) (*(REGISTER *)(pointer))

// So many in whole registers; what is beyond a triangle's border is overwritten or zero.
#define WHOLE(n) (((n) + LANES - 1) / LANES * LANES)
#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

#if defined(__x86_64__)
#define CLONED __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define CLONED
#endif

CLONED void KERNEL(combine)(const REAL *left, const REAL *right, REAL factor, REAL *result,
                            ptrdiff_t count) {
  // An operand is the result itself or does not overlap it, which the compiler cannot know.
  if (left)
    ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) result[n] = left[n] + factor * right[n];
  else
    ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) result[n] = factor * right[n];
}

CLONED void KERNEL(transpose)(const REAL *restrict matrix, ptrdiff_t rows, ptrdiff_t columns,
                              ptrdiff_t stride, REAL *restrict result, ptrdiff_t result_stride) {
  for (ptrdiff_t j = 0; j < columns; j++)
    for (ptrdiff_t i = 0; i < rows; i++) result[j * result_stride + i] = matrix[i * stride + j];
}

CLONED double KERNEL(hidden_pass)(REAL *restrict hidden, ptrdiff_t rows, ptrdiff_t columns,
                                  ptrdiff_t stride, REAL epsilon, REAL scale,
                                  const REAL *restrict offsets, REAL *restrict residuals,
                                  int makes_slopes) {
  const REAL half = epsilon / 2;
  double squares = 0;
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride;
    // Two registers of sums: one would wait for its own last addition.
    REAL lanes[2 * 64 / sizeof(REAL)] = {0};
    ptrdiff_t n = 0;
    for (; n + 2 * LANES <= stride; n += 2 * LANES)
      for (ptrdiff_t l = 0; l < 2 * LANES; l++) lanes[l] += h[n + l] + half * h[n + l] * h[n + l];
    for (; n < stride; n += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) lanes[l] += h[n + l] + half * h[n + l] * h[n + l];
    REAL sum = 0;
    for (ptrdiff_t l = 0; l < 2 * LANES; l++) sum += lanes[l];
    const REAL r = scale * sum - offsets[p], re = r * epsilon;
    residuals[p] = r;
    squares += (double)r * (double)r;
    if (makes_slopes)
      for (ptrdiff_t m = 0; m < columns; m++) h[m] = r + re * h[m];
  }
  return squares;
}

CLONED double KERNEL(polynomial_pass)(REAL *restrict hidden, ptrdiff_t rows, ptrdiff_t columns,
                                      ptrdiff_t stride, const REAL *restrict coefficients,
                                      const REAL *restrict readouts, REAL scale,
                                      const REAL *restrict offsets, REAL *restrict residuals,
                                      int makes_slopes, REAL *restrict readout_sums) {
  const REAL c0 = coefficients[0], c1 = coefficients[1], c2 = coefficients[2],
             c3 = coefficients[3], c4 = coefficients[4];
  double squares = 0;
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride;
    REAL lanes[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t n = 0; n < stride; n += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        const REAL z = h[n + l];
        // Beyond the last unit the readout is zero, whatever phi(0) is.
        lanes[l] += readouts[n + l] * (c0 + z * (c1 + z * (c2 + z * (c3 + z * c4))));
      }
    REAL sum = 0;
    for (ptrdiff_t l = 0; l < LANES; l++) sum += lanes[l];
    const REAL r = scale * sum - offsets[p];
    residuals[p] = r;
    squares += (double)r * (double)r;
    if (makes_slopes)
      for (ptrdiff_t n = 0; n < columns; n++) {
        const REAL z = h[n];
        readout_sums[n] += r * (c0 + z * (c1 + z * (c2 + z * (c3 + z * c4))));
        h[n] = r * readouts[n] * (c1 + z * (2 * c2 + z * (3 * c3 + z * (4 * c4))));
      }
  }
  return squares;
}

CLONED double KERNEL(kernel_sums)(const REAL *restrict gram, const REAL *restrict factor,
                                  const REAL *restrict addend, ptrdiff_t count, ptrdiff_t stride,
                                  const double *restrict labels, const double *restrict centred,
                                  double *restrict rows, double *restrict products,
                                  double *restrict centred_products) {
  double squares = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    double lanes[4][8] = {{0}};
    for (ptrdiff_t start = 0; start < count; start += 8) {
      const ptrdiff_t wide = count - start < 8 ? count - start : 8;
      for (ptrdiff_t l = 0; l < wide; l++) {
        const ptrdiff_t j = start + l, place = i * stride + j;
        const double k =
            (double)gram[place] * (double)factor[place] + (addend ? (double)addend[place] : 0);
        lanes[0][l] += k * k;
        lanes[1][l] += k;
        lanes[2][l] += k * labels[j];
        lanes[3][l] += k * centred[j];
      }
    }
    rows[i] = products[i] = centred_products[i] = 0;
    for (ptrdiff_t l = 0; l < 8; l++) {
      squares += lanes[0][l];
      rows[i] += lanes[1][l];
      products[i] += lanes[2][l];
      centred_products[i] += lanes[3][l];
    }
  }
  return squares;
}

CLONED void KERNEL(scale_columns)(const REAL *restrict matrix, const REAL *restrict factors,
                                  ptrdiff_t rows, ptrdiff_t stride, REAL *restrict result) {
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t j = 0; j < stride; j++)
      result[i * stride + j] = factors[j] * matrix[i * stride + j];
}

CLONED double KERNEL(residuals)(const REAL *restrict outputs, REAL scale,
                                const REAL *restrict offsets, REAL *restrict residuals,
                                ptrdiff_t count) {
  double lanes[8] = {0};
  ptrdiff_t p = 0;
  for (; p + 8 <= count; p += 8)
    for (ptrdiff_t l = 0; l < 8; l++) {
      const REAL r = scale * outputs[p + l] - offsets[p + l];
      residuals[p + l] = r;
      lanes[l] += (double)r * (double)r;
    }
  for (; p < count; p++) {
    const REAL r = scale * outputs[p] - offsets[p];
    residuals[p] = r;
    lanes[0] += (double)r * (double)r;
  }
  double sum = 0;
  for (ptrdiff_t l = 0; l < 8; l++) sum += lanes[l];
  return sum;
}

CLONED void KERNEL(quadratic_forms)(const REAL *restrict x, const REAL *restrict y, ptrdiff_t rows,
                                    ptrdiff_t stride, const REAL *restrict linear, REAL quadratic,
                                    REAL *restrict forms) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    const REAL *xp = x + p * stride, *yp = y + p * stride;
    REAL lanes[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t j = 0; j < stride; j += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++)
        lanes[l] += xp[j + l] * (linear[j + l] + quadratic * yp[j + l]);
    REAL sum = 0;
    for (ptrdiff_t l = 0; l < LANES; l++) sum += lanes[l];
    forms[p] = sum;
  }
}

CLONED void KERNEL(weighted_rows)(const REAL *restrict x, const REAL *restrict weights,
                                  ptrdiff_t rows, ptrdiff_t stride, REAL *restrict weighted,
                                  REAL *restrict sums) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    const REAL weight = weights[p];
    for (ptrdiff_t j = 0; j < stride; j++) {
      const REAL z = weight * x[p * stride + j];
      weighted[p * stride + j] = z;
      sums[j] += z;
    }
  }
}

// Copies the lower triangle to the upper one, square by square: a column of single elements would touch
// another cache line with every one of them.
static inline __attribute__((always_inline)) void KERNEL(mirror)(REAL *m, ptrdiff_t size,
                                                                  ptrdiff_t stride) {
  if (gs_has_avx512()) {
    KERNEL(mirror_registers)(m, size, stride);
    return;
  }
  for (ptrdiff_t row = 0; row < size; row += LANES) {
    const ptrdiff_t row_end = row + LANES < size ? row + LANES : size;
    for (ptrdiff_t column = 0; column <= row; column += LANES) {
      const ptrdiff_t column_end = column + LANES < size ? column + LANES : size;
      for (ptrdiff_t j = column; j < column_end; j++)
        for (ptrdiff_t i = row > j + 1 ? row : j + 1; i < row_end; i++)
          m[j * stride + i] = m[i * stride + j];
    }
  }
}

CLONED void KERNEL(identity_minus)(REAL diagonal, const REAL *restrict lower, REAL scale,
                                   ptrdiff_t size, ptrdiff_t stride, REAL *restrict result) {
  for (ptrdiff_t i = 0; i < size; i++) {
    for (ptrdiff_t j = 0; j < WHOLE(i + 1); j++)
      result[i * stride + j] = -scale * lower[i * stride + j];
    result[i * stride + i] += diagonal;
  }
  KERNEL(mirror)(result, size, stride);
}

CLONED void KERNEL(minus_rank_two)(const REAL *restrict lower, const REAL *restrict u,
                                   const REAL *restrict v, ptrdiff_t size, ptrdiff_t stride,
                                   REAL *restrict result) {
  for (ptrdiff_t i = 0; i < size; i++)
    for (ptrdiff_t j = 0; j < WHOLE(i + 1); j++)
      result[i * stride + j] = lower[i * stride + j] - u[i] * v[j] - v[i] * u[j];
  KERNEL(mirror)(result, size, stride);
}

CLONED double KERNEL(deviation)(const REAL *restrict moment, const REAL *restrict initial,
                                const REAL *restrict target, REAL scale, ptrdiff_t size,
                                ptrdiff_t stride, double *restrict trace) {
  REAL ones_and_zeros[2 * 64 / sizeof(REAL)] = {0};
  for (ptrdiff_t l = 0; l < LANES; l++) ones_and_zeros[l] = 1;
  double squares = 0, diagonal = 0;
  for (ptrdiff_t i = 0; i < size; i++) {
    const REAL *m = moment + i * stride, *m0 = initial + i * stride;
    const REAL b = target[i];
    REAL lanes[64 / sizeof(REAL)] = {0};
    const ptrdiff_t own = i / LANES * LANES;
    for (ptrdiff_t j = 0; j < own; j += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        const REAL s = scale * (m[j + l] - m0[j + l]) - b * target[j + l];
        lanes[l] += s * s;
      }
    const REAL *below = ones_and_zeros + LANES - (i - own);
    for (ptrdiff_t l = 0; l < LANES; l++) {
      const REAL s = scale * (m[own + l] - m0[own + l]) - b * target[own + l];
      lanes[l] += below[l] * s * s;
    }
    double sum = 0;
    for (ptrdiff_t l = 0; l < LANES; l++) sum += (double)lanes[l];
    const double d = (double)(scale * (m[i] - m0[i]) - b * b);
    squares += 2 * sum + d * d;
    diagonal += d;
  }
  *trace = diagonal;
  return squares;
}

CLONED double KERNEL(squared_distance)(const REAL *restrict left, const REAL *restrict right,
                                       ptrdiff_t count) {
  double lanes[8] = {0};
  for (ptrdiff_t n = 0; n < count; n += 8)
    for (ptrdiff_t l = 0; l < 8; l++) {
      const double difference = (double)left[n + l] - (double)right[n + l];
      lanes[l] += difference * difference;
    }
  double sum = 0;
  for (ptrdiff_t l = 0; l < 8; l++) sum += lanes[l];
  return sum;
}
