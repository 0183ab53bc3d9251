#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

#include "AttentionKernels.h"
#include "GELUKernels.h"
#include "PairKernels.h"
#include "PerceptronKernels.h"
#include "PowerKernels.h"
#include "ProductKernels.h"
#include "TransformerKernels.h"

// Short loops over rows of scalars, each in two precisions (suffix f32, f64).
//
// Matrices are row-major; rows are `stride` scalars apart, `stride` is a multiple of 64 bytes, rows start
// at multiples of 64 bytes, and what lies between the columns and the stride is zero and stays zero.
// Pointers do not overlap unless a comment says so.

#define GS_DECLARE(REAL, SUFFIX)                                                                   \
  /* result = left + factor right, element by element; left, NULL for zeros, and right may be the */\
  /* result */                                                                                     \
  void gs_combine_##SUFFIX(const REAL *left, const REAL *right, REAL factor, REAL *result,         \
                           ptrdiff_t count);                                                       \
  /* result[j][i] = matrix[i][j], matrix [rows × columns] */                                       \
  void gs_transpose_##SUFFIX(const REAL *matrix, ptrdiff_t rows, ptrdiff_t columns,                \
                             ptrdiff_t stride, REAL *result, ptrdiff_t result_stride);             \
  /* residuals[p] = scale (sum over n of h + (epsilon/2) h^2) - offsets[p], h = hidden[p][n]; then, */\
  /* if it makes slopes, hidden[p][n] = residuals[p] (1 + epsilon h) for n < columns, in place. */ \
  /* Returns the sum of the squared residuals */                                                   \
  double gs_hidden_pass_##SUFFIX(REAL *hidden, ptrdiff_t rows, ptrdiff_t columns,                  \
                                 ptrdiff_t stride, REAL epsilon, REAL scale,                       \
                                 const REAL *offsets, REAL *residuals, int makes_slopes);          \
  /* residuals[p] = scale (sum over n of readouts[n] phi(h)) - offsets[p], h = hidden[p][n], phi the */ \
  /* polynomial of coefficients[0] to coefficients[4]; then, if it makes slopes, readout_sums[n] += */ \
  /* residuals[p] phi(h) and hidden[p][n] = residuals[p] readouts[n] phi'(h) for n < columns, in */ \
  /* place. Returns the sum of the squared residuals */                                            \
  double gs_polynomial_pass_##SUFFIX(REAL *hidden, ptrdiff_t rows, ptrdiff_t columns,              \
                                     ptrdiff_t stride, const REAL *coefficients,                   \
                                     const REAL *readouts, REAL scale, const REAL *offsets,        \
                                     REAL *residuals, int makes_slopes, REAL *readout_sums);       \
  /* with K[i][j] = gram[i][j] factor[i][j] + addend[i][j], addend NULL for zeros, all [count x */   \
  /* count]: rows[i], products[i] and centred_products[i] are the sums over j of K[i][j], K[i][j] */\
  /* labels[j] and K[i][j] centred[j]; returns the sum of all K^2 */                               \
  double gs_kernel_sums_##SUFFIX(const REAL *gram, const REAL *factor, const REAL *addend,         \
                                 ptrdiff_t count, ptrdiff_t stride, const double *labels,          \
                                 const double *centred, double *rows, double *products,            \
                                 double *centred_products);                                        \
  /* result[i][j] = factors[j] matrix[i][j] */                                                     \
  void gs_scale_columns_##SUFFIX(const REAL *matrix, const REAL *factors, ptrdiff_t rows,          \
                                 ptrdiff_t stride, REAL *result);                                  \
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
  /* result = diagonal I - scale S, where S is symmetric and given by its lower triangle */        \
  void gs_identity_minus_##SUFFIX(REAL diagonal, const REAL *lower, REAL scale, ptrdiff_t size,    \
                                  ptrdiff_t stride, REAL *result);                                 \
  /* result = S - u v^T - v u^T, symmetric, where S is given by its lower triangle */              \
  void gs_minus_rank_two_##SUFFIX(const REAL *lower, const REAL *u, const REAL *v,                 \
                                  ptrdiff_t size, ptrdiff_t stride, REAL *result);                 \
  /* S = scale (moment - initial) - target target^T by its lower triangle: returns the squared */  \
  /* Frobenius norm of S and stores its trace */                                                   \
  double gs_deviation_##SUFFIX(const REAL *moment, const REAL *initial, const REAL *target,        \
                               REAL scale, ptrdiff_t size, ptrdiff_t stride, double *trace);    \
  /* the sum of (left - right)^2 over count elements, a multiple of eight */                       \
  double gs_squared_distance_##SUFFIX(const REAL *left, const REAL *right, ptrdiff_t count);

// From here on, this thread takes subnormal numbers for zero and makes none; returns what gs_restore_subnormals needs to
// end that.
unsigned long gs_flush_subnormals(void);
void gs_restore_subnormals(unsigned long before);

// The reduced step in AVX-512, where the processor has it. Sizes: x is [rows × width]; square matrices are [size rounded up to eight × width]; width is the stride. What lies beyond rows
// and columns is zero in all inputs.
int gs_has_avx512(void);
// Whether the environment pins OpenBLAS's kernels, as the library read it.
int gs_has_pinned_kernels(void);

// How many rows of x pass through both products together: with their weighted copies, the nearest cache.
#ifndef GS_REDUCED_BLOCK
#define GS_REDUCED_BLOCK 48
#endif

// Registers of examples that lie together in `panels`, which holds x column by column: for each group of so many
// examples [size rounded up to eight × GS_REDUCED_PANEL registers], zero where there is no example.
#define GS_REDUCED_PANEL 3

#define GS_DECLARE_REDUCED(REAL, SUFFIX)                                                           \
  /* residuals[p] = x_p . linear + x_p^T upper x_p - offsets[p]; curvature = X^T diag(residuals) X, */ \
  /* its lower triangle; slope = X^T residuals; returns the sum of their squares. block is */      \
  /* workspace, [GS_REDUCED_BLOCK x width] */                                                      \
  double gs_reduced_gradient_##SUFFIX(                                                             \
      const REAL *panels, const REAL *x, const REAL *offsets, ptrdiff_t rows, ptrdiff_t size,      \
      ptrdiff_t width, const REAL *upper, const REAL *linear, REAL *residuals, REAL *block,        \
      REAL *curvature, REAL *slope);                                                                                \
  /* product = moment propagator; square = propagator product, its lower triangle */               \
  void gs_reduced_products_##SUFFIX(const REAL *moment, const REAL *propagator, ptrdiff_t size,    \
                                    ptrdiff_t width, REAL *product, REAL *square);                 \
  /* upper = the upper triangular matrix with x^T upper x = (scale/2) x^T moment x */              \
  void gs_upper_form_##SUFFIX(const REAL *moment, REAL scale, ptrdiff_t size, ptrdiff_t width,     \
                              REAL *upper);                                                        \
  /* copies the lower triangle of a square matrix to the upper one */                              \
  void gs_mirror_registers_##SUFFIX(REAL *m, ptrdiff_t size, ptrdiff_t stride);

GS_DECLARE_REDUCED(float, f32)
GS_DECLARE_REDUCED(double, f64)

GS_DECLARE(float, f32)
GS_DECLARE(double, f64)

#undef GS_DECLARE
#undef GS_DECLARE_REDUCED

#endif
