#ifndef TRANSFORMERKERNELS_H
#define TRANSFORMERKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Loops of a transformer's layers beside products, in two precisions. Layout of matrices and pointers as in CKernels.h; a
// bias, a gain and a shift are vectors of `stride` scalars, zero beyond the columns.
//
// Attention looks at rows in which examples may have a share: an example e has the row places[j capacity + e] at position j.
// The n-th row of results belongs to the example examples[n].

// The most positions that a sequence has.
#define GS_POSITIONS 8

// Where attention finds queries, keys and values, in scalars. Those of head h have `size` scalars and begin h `step` after
// the place that is said for the first.
typedef struct {
  ptrdiff_t heads;
  ptrdiff_t size;
  ptrdiff_t step;
  // Of the rows; where in a row the keys and the values begin.
  ptrdiff_t stride;
  ptrdiff_t key;
  ptrdiff_t value;
  // Heads of queries and results lie side by side. The query of the n-th result is in the row of the example's place at this
  // position; in the n-th one if it is negative.
  ptrdiff_t query_stride;
  ptrdiff_t position;
  ptrdiff_t result_stride;
  ptrdiff_t capacity;
  // How many positions are seen, from the first on.
  ptrdiff_t keys;
} gs_attention_shape;

#define GS_DECLARE_TRANSFORMER(REAL, SUFFIX)                                                       \
  /* sums[n] += bias + matrix[places[n]]; matrix NULL for zeros; both matrices have this stride */ \
  void gs_add_rows_##SUFFIX(REAL *sums, const REAL *bias, const REAL *matrix,                      \
                            const int32_t *places, ptrdiff_t rows, ptrdiff_t columns,              \
                            ptrdiff_t stride);                                                     \
  /* sums[places[n]] += matrix[n] */                                                               \
  void gs_scatter_rows_##SUFFIX(REAL *sums, const int32_t *places, const REAL *matrix,             \
                                ptrdiff_t rows, ptrdiff_t stride);                                 \
  /* sums += the sum of all rows */                                                                \
  void gs_add_column_sums_##SUFFIX(const REAL *matrix, ptrdiff_t rows, ptrdiff_t columns,          \
                                   ptrdiff_t stride, REAL *sums);                                  \
  /* every row of x becomes (x - mean) inverse, inverse = 1/sqrt(variance + epsilon), which is kept; */ \
  /* results = gain x + shift */                                                                   \
  void gs_layer_norm_##SUFFIX(REAL *x, const REAL *gain, const REAL *shift, REAL epsilon,          \
                              ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride, REAL *inverses, \
                              REAL *results);                                                      \
  /* slopes by the results become slopes by what was normalised; adds to those of gain and shift */ \
  void gs_layer_norm_slopes_##SUFFIX(REAL *slopes, const REAL *x, const REAL *inverses,            \
                                     const REAL *gain, ptrdiff_t rows, ptrdiff_t columns,          \
                                     ptrdiff_t stride, REAL *gain_slopes, REAL *shift_slopes);     \
  /* weights[(n heads + h) keys + j] = softmax over j of scale (query . key), results[n] = the */   \
  /* weighted sum of values, head by head */                                                       \
  void gs_row_attention_##SUFFIX(const REAL *queries, const REAL *matrix,                          \
                                 const gs_attention_shape *shape, REAL scale,                      \
                                 const int32_t *places, const int32_t *examples, ptrdiff_t rows,   \
                                 REAL *weights, REAL *results);                                    \
  /* with the slopes by the results of the same call: adds to those by queries and rows */         \
  void gs_row_attention_slopes_##SUFFIX(                                                           \
      const REAL *queries, const REAL *matrix, const gs_attention_shape *shape, REAL scale,        \
      const int32_t *places, const int32_t *examples, ptrdiff_t rows, const REAL *weights,         \
      const REAL *slopes, REAL *query_slopes, REAL *matrix_slopes);

GS_DECLARE_TRANSFORMER(float, f32)
GS_DECLARE_TRANSFORMER(double, f64)

#undef GS_DECLARE_TRANSFORMER

#endif
