// The loops of PerceptronKernels.h for one precision; included once with REAL = float and once with double, and with
// TANH, a function of one number without branches where many are wanted at once.

CLONED void KERNEL(tanh_rows)(REAL *restrict hidden, const REAL *restrict bias, ptrdiff_t rows,
                              ptrdiff_t stride) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride;
    for (ptrdiff_t n = 0; n < stride; n++) h[n] = TANH(h[n] + bias[n]);
  }
}

CLONED void KERNEL(tanh_slopes)(REAL *restrict slopes, const REAL *restrict hidden,
                                ptrdiff_t count) {
  ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) slopes[n] *= 1 - hidden[n] * hidden[n];
}

CLONED void KERNEL(relu_rows)(REAL *restrict hidden, const REAL *restrict bias, ptrdiff_t rows,
                              ptrdiff_t stride) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride;
    for (ptrdiff_t n = 0; n < stride; n++) {
      const REAL sum = h[n] + bias[n];
      h[n] = sum < 0 ? 0 : sum;
    }
  }
}

CLONED void KERNEL(relu_slopes)(REAL *restrict slopes, const REAL *restrict hidden,
                                ptrdiff_t count) {
  ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) slopes[n] = hidden[n] > 0 ? slopes[n] : 0;
}

CLONED void KERNEL(square_rows)(REAL *restrict hidden, const REAL *restrict bias, ptrdiff_t rows,
                                ptrdiff_t stride, REAL *restrict slopes) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride, *s = slopes + p * stride;
    for (ptrdiff_t n = 0; n < stride; n++) {
      const REAL sum = h[n] + bias[n];
      h[n] = sum * sum;
      s[n] = 2 * sum;
    }
  }
}

CLONED void KERNEL(multiply)(REAL *restrict product, const REAL *restrict factor,
                             ptrdiff_t count) {
  ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) product[n] *= factor[n];
}

CLONED void KERNEL(fill_rows)(const REAL *restrict row, ptrdiff_t rows, ptrdiff_t stride,
                              REAL *restrict matrix) {
  for (ptrdiff_t p = 0; p < rows; p++)
    for (ptrdiff_t n = 0; n < stride; n++) matrix[p * stride + n] = row[n];
}

ptrdiff_t KERNEL(right_rows)(const REAL *restrict residuals, const REAL *restrict targets,
                             ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride) {
  ptrdiff_t count = 0;
  for (ptrdiff_t p = 0; p < rows; p++) {
    const REAL *r = residuals + p * stride, *y = targets + p * stride;
    ptrdiff_t found = 0, expected = 0;
    for (ptrdiff_t k = 1; k < columns; k++) {
      if (r[k] + y[k] > r[found] + y[found]) found = k;
      if (y[k] > y[expected]) expected = k;
    }
    count += found == expected;
  }
  return count;
}

double KERNEL(sign_losses)(REAL *restrict outputs, const int32_t *restrict labels, ptrdiff_t rows,
                           ptrdiff_t stride, int hinge, REAL factor, ptrdiff_t *restrict correct) {
  double sum = 0;
  ptrdiff_t right = 0;
  for (ptrdiff_t p = 0; p < rows; p++) {
    const REAL f = outputs[p * stride], y = labels[p] ? 1 : -1, margin = 1 - y * f;
    right += y * f > 0;
    if (hinge) {
      // What is not a number must not become a loss of zero.
      sum += margin < 0 ? 0 : (double)margin;
      outputs[p * stride] = margin < 0 ? 0 : -factor * y;
    } else {
      sum += (double)(f - y) * (double)(f - y);
      outputs[p * stride] = 2 * factor * (f - y);
    }
  }
  *correct += right;
  return sum;
}

CLONED double KERNEL(output_residuals)(REAL *restrict outputs, const REAL *restrict bias,
                                       REAL scale, const REAL *restrict targets, ptrdiff_t rows,
                                       ptrdiff_t columns, ptrdiff_t stride,
                                       const double *restrict tolerances,
                                       ptrdiff_t tolerance_count, ptrdiff_t *restrict within) {
  double squares = 0;
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *f = outputs + p * stride;
    const REAL *y = targets + p * stride;
    double sum = 0;
    for (ptrdiff_t k = 0; k < columns; k++) {
      f[k] = scale * (f[k] + bias[k]) - y[k];
      sum += (double)f[k] * (double)f[k];
    }
    squares += sum;
    for (ptrdiff_t t = 0; t < tolerance_count; t++)
      within[t] += sum < tolerances[t] * (double)columns;
  }
  return squares;
}

CLONED void KERNEL(column_sums)(const REAL *restrict matrix, REAL factor, ptrdiff_t rows,
                                ptrdiff_t stride, REAL *restrict sums) {
  for (ptrdiff_t j = 0; j < stride; j += LANES) {
    REAL lanes[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t p = 0; p < rows; p++)
      for (ptrdiff_t l = 0; l < LANES; l++) lanes[l] += matrix[p * stride + j + l];
    for (ptrdiff_t l = 0; l < LANES; l++) sums[j + l] = factor * lanes[l];
  }
}

CLONED void KERNEL(adam)(REAL *restrict weights, const REAL *restrict gradient,
                         REAL *restrict first, REAL *restrict second, ptrdiff_t count,
                         REAL coupled, REAL keep, REAL beta1, REAL rest1, REAL beta2, REAL rest2,
                         REAL rate, REAL root, REAL epsilon) {
  ELEMENTWISE for (ptrdiff_t n = 0; n < count; n++) {
    const REAL g = gradient[n] + coupled * weights[n];
    const REAL m = beta1 * first[n] + rest1 * g;
    const REAL v = beta2 * second[n] + rest2 * g * g;
    first[n] = m;
    second[n] = v;
    weights[n] = keep * weights[n] - rate * m / (__builtin_elementwise_sqrt(v) * root + epsilon);
  }
}
