#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

// Short loops over rows of scalars, each in two precisions (suffix f32, f64).
//
// Matrices are row-major; rows are `stride` scalars apart, `stride` is a multiple of 64 bytes, rows start
// at multiples of 64 bytes, and what lies between the columns and the stride is zero and stays zero.
// Pointers do not overlap unless a comment says so.

#define GS_DECLARE(REAL, SUFFIX)                                                                   \
  /* sums[p] = sum over n of h + (epsilon/2) h^2, h = hidden[p][n] */                              \
  void gs_activation_sums_##SUFFIX(const REAL *hidden, ptrdiff_t rows, ptrdiff_t stride,           \
                                   REAL epsilon, REAL *sums);                                      \
  /* hidden[p][n] = residuals[p] (1 + epsilon hidden[p][n]) for n < columns, in place */           \
  void gs_slopes_##SUFFIX(REAL *hidden, const REAL *residuals, ptrdiff_t rows,                     \
                          ptrdiff_t columns, ptrdiff_t stride, REAL epsilon);                      \
  /* residuals[p] = scale outputs[p] - offsets[p]; returns the sum of their squares */             \
  double gs_residuals_##SUFFIX(const REAL *outputs, REAL scale, const REAL *offsets,               \
                               REAL *residuals, ptrdiff_t count);                                  \
  /* forms[p] = sum over j of x[p][j] (linear[j] + quadratic y[p][j]) */                           \
  void gs_quadratic_forms_##SUFFIX(const REAL *x, const REAL *y, ptrdiff_t rows,                   \
                                   ptrdiff_t stride, const REAL *linear, REAL quadratic,           \
                                   REAL *forms);                                                   \
  /* weighted[p][j] = weights[p] x[p][j]; sums[j] += the column sums of weighted */                \
  void gs_weighted_rows_##SUFFIX(const REAL *x, const REAL *weights, ptrdiff_t rows,               \
                                 ptrdiff_t stride, REAL *weighted, REAL *sums);                    \
  /* result = I - scale S, where S is symmetric and given by its lower triangle */                 \
  void gs_identity_minus_##SUFFIX(const REAL *lower, REAL scale, ptrdiff_t size,                   \
                                  ptrdiff_t stride, REAL *result);                                 \
  /* result = S - u v^T - v u^T, symmetric, where S is given by its lower triangle */              \
  void gs_minus_rank_two_##SUFFIX(const REAL *lower, const REAL *u, const REAL *v,                 \
                                  ptrdiff_t size, ptrdiff_t stride, REAL *result);                 \
  /* S = scale (moment - initial) - target target^T by its lower triangle: returns the squared */  \
  /* Frobenius norm of S and stores its trace */                                                   \
  double gs_deviation_##SUFFIX(const REAL *moment, const REAL *initial, const REAL *target,        \
                               REAL scale, ptrdiff_t size, ptrdiff_t stride, double *trace);

GS_DECLARE(float, f32)
GS_DECLARE(double, f64)

#undef GS_DECLARE

#endif
