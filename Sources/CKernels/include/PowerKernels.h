#ifndef POWERKERNELS_H
#define POWERKERNELS_H

#include <stddef.h>

// The memory is as CKernels.h says.
#define GS_DECLARE_POWERS(REAL, SUFFIX)                                                            \
  /* the sum over i, j and k from 1 to 4 of left[k - 1][i] right[k - 1][j] gram[i][j]^k; left has */ \
  /* rows left_stride apart, right and gram rows stride apart */                                   \
  double gs_power_sums_##SUFFIX(const REAL *gram, ptrdiff_t rows, ptrdiff_t stride,                \
                                const REAL *left, ptrdiff_t left_stride, const REAL *right);

GS_DECLARE_POWERS(float, f32)
GS_DECLARE_POWERS(double, f64)

#undef GS_DECLARE_POWERS

#endif
