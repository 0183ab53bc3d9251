// The loops of GELUKernels.h for one precision; included once with REAL = float and once with double, with EXP as in
// attention_kernels.h, and with NORMAL_TAIL(x, e^(-x^2/2)), 1 - Phi(x) for x >= 0.
//
// gelu(x) = x Phi(x), gelu'(x) = Phi(x) + x phi(x), phi(x) = e^(-x^2/2)/sqrt(2 pi): both from one power.

CLONED void KERNEL(gelu_rows)(REAL *restrict hidden, const REAL *restrict bias, ptrdiff_t rows,
                              ptrdiff_t columns, ptrdiff_t stride, REAL *restrict slopes) {
  for (ptrdiff_t p = 0; p < rows; p++) {
    REAL *h = hidden + p * stride, *s = slopes + p * stride;
    // Not the padding, where the slope would be a half.
    for (ptrdiff_t n = 0; n < columns; n++) {
      const REAL x = h[n] + bias[n];
      const REAL magnitude = x < 0 ? -x : x;
      const REAL power = EXP(x * x * (REAL)-0.5);
      const REAL tail = NORMAL_TAIL(magnitude, power);
      const REAL share = x < 0 ? tail : 1 - tail;
      h[n] = x * share;
      s[n] = share + x * power * (REAL)0.39894228040143267794;
    }
  }
}
