#ifndef ATTENTIONKERNELS_H
#define ATTENTIONKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Attention over a pair of tokens and a third one that is always the same, from tables of what each token contributes,
// and the cross-entropy of logits; in two precisions. Layout of matrices and pointers as in CKernels.h.
//
// The weights of an example's heads are `2 heads` scalars, those of the first token before those of the second; the third
// token's weight is what is left to one. A row of a table holds `width` scalars a head, one head after the other; `width` is
// a multiple of 64 bytes, of which the first `rectified`, likewise a multiple, belong to rectified units.

#define GS_DECLARE_ATTENTION(REAL, SUFFIX)                                                         \
  /* weights[e] = softmax over the scores of the example's first token, its second, and 0, head by */ \
  /* head; scores [tokens × heads], rows `stride` apart; weights and rest, a workspace of rows heads */ \
  /* scalars, are without padding */                                                               \
  void gs_pair_softmax_##SUFFIX(const REAL *scores, ptrdiff_t stride, const int32_t *first,        \
                                const int32_t *second, ptrdiff_t rows, ptrdiff_t heads,            \
                                REAL *weights, REAL *rest);                                        \
  /* x = constant + the sum over heads of the weighted rows of both tokens; rectified[e] = max(x, 0) */ \
  /* of the first `rectified_width` of x, linear[e] = the others */                                \
  void gs_pair_mix_##SUFFIX(const REAL *table, const REAL *constant, const int32_t *first,         \
                            const int32_t *second, const REAL *weights, ptrdiff_t rows,            \
                            ptrdiff_t heads, ptrdiff_t width, ptrdiff_t rectified_width,           \
                            REAL *rectified, REAL *linear);                                        \
  /* with the slopes of x, in two parts as above: adds to table_slopes and constant_slopes what they */ \
  /* get, and to score_slopes [tokens × heads], rows `stride` apart, the slopes of the scores */   \
  void gs_pair_mix_slopes_##SUFFIX(const REAL *table, const int32_t *first, const int32_t *second, \
                                   const REAL *weights, ptrdiff_t rows, ptrdiff_t heads,           \
                                   ptrdiff_t width, ptrdiff_t rectified_width,                     \
                                   const REAL *rectified, const REAL *linear, REAL *table_slopes,  \
                                   REAL *constant_slopes, REAL *score_slopes, ptrdiff_t stride);   \
  /* z = scale (logits[e] - offsets[e]), offsets NULL for zeros: returns the sum of log(sum of exp z) */ \
  /* - z[labels[e]], adds to correct the number of rows in which the label's z is above every other, */ \
  /* and makes logits[e] = factor (softmax(z) - the label's one-hot vector). Nothing cancels: the */ \
  /* slope of the label is minus the sum of the others' */                                         \
  double gs_cross_entropy_##SUFFIX(REAL *logits, const REAL *offsets, const int32_t *labels,       \
                                   ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,            \
                                   REAL scale, REAL factor, ptrdiff_t *correct);

GS_DECLARE_ATTENTION(float, f32)
GS_DECLARE_ATTENTION(double, f64)

#undef GS_DECLARE_ATTENTION

#endif
