#ifndef PERCEPTRONKERNELS_H
#define PERCEPTRONKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Loops of networks with biases, and of their optimisers, in two precisions. Layout of matrices and pointers as in
// CKernels.h; a bias is a vector of `stride` scalars, zero beyond the columns.

#define GS_DECLARE_PERCEPTRON(REAL, SUFFIX)                                                        \
  /* hidden[p] = tanh(hidden[p] + bias), element by element */                                     \
  void gs_tanh_rows_##SUFFIX(REAL *hidden, const REAL *bias, ptrdiff_t rows, ptrdiff_t stride);    \
  /* slopes = slopes (1 - hidden^2), element by element */                                         \
  void gs_tanh_slopes_##SUFFIX(REAL *slopes, const REAL *hidden, ptrdiff_t count);                 \
  /* hidden[p] = max(hidden[p] + bias, 0), element by element; what is not a number stays so */     \
  void gs_relu_rows_##SUFFIX(REAL *hidden, const REAL *bias, ptrdiff_t rows, ptrdiff_t stride);    \
  /* slopes = slopes where hidden > 0, else 0, element by element */                               \
  void gs_relu_slopes_##SUFFIX(REAL *slopes, const REAL *hidden, ptrdiff_t count);                 \
  /* hidden[p] = (hidden[p] + bias)^2, slopes[p] = 2 (hidden[p] + bias), element by element */     \
  void gs_square_rows_##SUFFIX(REAL *hidden, const REAL *bias, ptrdiff_t rows, ptrdiff_t stride,   \
                               REAL *slopes);                                                      \
  /* product = product factor, element by element */                                               \
  void gs_multiply_##SUFFIX(REAL *product, const REAL *factor, ptrdiff_t count);                   \
  /* matrix[p] = row */                                                                            \
  void gs_fill_rows_##SUFFIX(const REAL *row, ptrdiff_t rows, ptrdiff_t stride, REAL *matrix);     \
  /* the number of rows whose largest residual + target stands where the largest target does; */   \
  /* the first one where several are equal */                                                      \
  ptrdiff_t gs_right_rows_##SUFFIX(const REAL *residuals, const REAL *targets, ptrdiff_t rows,     \
                                   ptrdiff_t columns, ptrdiff_t stride);                           \
  /* f is the first output of a row, y is 1 where its label is not 0, else -1; returns the sum over rows */ \
  /* of (f - y)^2, or with hinge of max(1 - y f, 0); f becomes factor times the slope by it, at the */ \
  /* hinge's edge -factor y; adds the number of rows with y f > 0 to correct */                    \
  double gs_sign_losses_##SUFFIX(REAL *outputs, const int32_t *labels, ptrdiff_t rows,             \
                                 ptrdiff_t stride, int hinge, REAL factor, ptrdiff_t *correct);    \
  /* outputs[p] = scale (outputs[p] + bias) - targets[p]; returns the sum of their squares, and adds */ \
  /* to within[t] the number of rows whose mean square is below tolerances[t] */                   \
  double gs_output_residuals_##SUFFIX(REAL *outputs, const REAL *bias, REAL scale,                 \
                                      const REAL *targets, ptrdiff_t rows, ptrdiff_t columns,      \
                                      ptrdiff_t stride, const double *tolerances,                  \
                                      ptrdiff_t tolerance_count, ptrdiff_t *within);               \
  /* sums = factor times the sum of all rows */                                                    \
  void gs_column_sums_##SUFFIX(const REAL *matrix, REAL factor, ptrdiff_t rows, ptrdiff_t stride,  \
                               REAL *sums);                                                        \
  /* g = gradient + coupled w; m = beta1 m + rest1 g; v = beta2 v + rest2 g^2; rest is 1 - beta, */ \
  /* which single precision would round once more: 1 - 0.999 is off by 5e-5 of itself; */          \
  /* w = keep w - rate m / (sqrt(v) root + epsilon), element by element */                         \
  void gs_adam_##SUFFIX(REAL *weights, const REAL *gradient, REAL *first, REAL *second,            \
                        ptrdiff_t count, REAL coupled, REAL keep, REAL beta1, REAL rest1,          \
                        REAL beta2, REAL rest2, REAL rate, REAL root, REAL epsilon);

GS_DECLARE_PERCEPTRON(float, f32)
GS_DECLARE_PERCEPTRON(double, f64)

#undef GS_DECLARE_PERCEPTRON

#endif
