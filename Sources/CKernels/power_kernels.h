// Sums over powers of the elements of a matrix, one row at a time; see PowerKernels.h.

CLONED double KERNEL(power_sums)(const REAL *restrict gram, ptrdiff_t rows, ptrdiff_t stride,
                                 const REAL *restrict left, ptrdiff_t left_stride,
                                 const REAL *restrict right) {
  double total = 0;
  for (ptrdiff_t i = 0; i < rows; i++) {
    const REAL *g = gram + i * stride;
    const REAL l1 = left[i], l2 = left[left_stride + i], l3 = left[2 * left_stride + i],
               l4 = left[3 * left_stride + i];
    const REAL *r1 = right, *r2 = right + stride, *r3 = right + 2 * stride, *r4 = right + 3 * stride;
    REAL lanes[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t n = 0; n < stride; n += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        const REAL s = g[n + l];
        lanes[l] += s * (l1 * r1[n + l]
                         + s * (l2 * r2[n + l] + s * (l3 * r3[n + l] + s * (l4 * r4[n + l]))));
      }
    for (ptrdiff_t l = 0; l < LANES; l++) total += (double)lanes[l];
  }
  return total;
}
