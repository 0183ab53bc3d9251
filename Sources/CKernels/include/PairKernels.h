#ifndef PAIRKERNELS_H
#define PAIRKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Loops over examples that are pairs of tokens, in two precisions. A product of a pair of one-hot vectors with a
// matrix of weights is a sum of two of its rows: `table` holds one row a token, and `first` and `second` say which.
// Layout of matrices and pointers as in CKernels.h.

#define GS_DECLARE_PAIRS(REAL, SUFFIX)                                                             \
  /* squares[e] = (table[first[e]] + table[second[e]])^2, element by element */                    \
  void gs_pair_squares_##SUFFIX(const REAL *table, const int32_t *first, const int32_t *second,    \
                                ptrdiff_t rows, ptrdiff_t stride, REAL *squares);                  \
  /* gradient[t] += the sum of (table[first[e]] + table[second[e]]) slopes[e] over all examples e */ \
  /* that have the token t */                                                                      \
  void gs_add_pair_gradient_##SUFFIX(const REAL *table, const int32_t *first,                      \
                                     const int32_t *second, ptrdiff_t rows, ptrdiff_t stride,      \
                                     const REAL *slopes, REAL *gradient);                          \
  /* sums[e] = table[first[e]] + table[second[e]], element by element */                           \
  void gs_pair_sums_##SUFFIX(const REAL *table, const int32_t *first, const int32_t *second,       \
                             ptrdiff_t rows, ptrdiff_t stride, REAL *sums);                        \
  /* sums[e] = max(table[first[e]] + table[second[e]] + bias, 0), element by element; what is not a */ \
  /* number stays so */                                                                            \
  void gs_rectified_pair_sums_##SUFFIX(const REAL *table, const REAL *bias, const int32_t *first,  \
                                       const int32_t *second, ptrdiff_t rows, ptrdiff_t stride,    \
                                       REAL *sums);                                                \
  /* gradient[t] += the sum of slopes[e] over all examples e that have the token t, once for each */ \
  /* time that they have it */                                                                     \
  void gs_add_pair_slopes_##SUFFIX(const int32_t *first, const int32_t *second, ptrdiff_t rows,    \
                                   ptrdiff_t stride, const REAL *slopes, REAL *gradient);          \
  /* outputs[e][labels[e]] -= 1; returns the sum of the squares of all outputs then, and adds to */ \
  /* correct the number of rows in which, before, the label's output was above every other */      \
  double gs_one_hot_residuals_##SUFFIX(REAL *outputs, const int32_t *labels, ptrdiff_t rows,       \
                                       ptrdiff_t columns, ptrdiff_t stride, ptrdiff_t *correct);

GS_DECLARE_PAIRS(float, f32)
GS_DECLARE_PAIRS(double, f64)

#undef GS_DECLARE_PAIRS

#endif
