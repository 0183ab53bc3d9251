#ifndef GELUKERNELS_H
#define GELUKERNELS_H

#include <stddef.h>

// The Gaussian error linear unit, x times the probability that a standard normal number is below x, in two precisions.
// Layout of matrices and pointers as in CKernels.h; a bias is a vector of `stride` scalars, zero beyond the columns.

#define GS_DECLARE_GELU(REAL, SUFFIX)                                                              \
  /* hidden[p] = gelu(hidden[p] + bias), slopes[p] = gelu'(hidden[p] + bias), element by element of */ \
  /* the columns */                                                                                \
  void gs_gelu_rows_##SUFFIX(REAL *hidden, const REAL *bias, ptrdiff_t rows, ptrdiff_t columns,    \
                             ptrdiff_t stride, REAL *slopes);

GS_DECLARE_GELU(float, f32)
GS_DECLARE_GELU(double, f64)

#undef GS_DECLARE_GELU

#endif
