#ifndef PRODUCTKERNELS_H
#define PRODUCTKERNELS_H

#include <stddef.h>
#include <stdint.h>

// Products of blocks of rows in AVX-512, where gs_has_avx512() is not 0. Layout of matrices and pointers as in CKernels.h, and
// every row of C is written up to whole registers.

#define GS_DECLARE_PRODUCTS(REAL, SUFFIX)                                                          \
  /* panels become B [depth × columns] as gs_panel_product reads it; with `transposed` B is read from */ \
  /* [columns × depth]. They have room for both sizes rounded up to whole registers */             \
  void gs_set_panels_##SUFFIX(const REAL *b, ptrdiff_t depth, ptrdiff_t columns,                   \
                              ptrdiff_t stride, int transposed, REAL *panels);                     \
  /* c = scale (a B + start), a [rows × depth], c [rows × columns]; start, NULL for zeros, may be c; with */ \
  /* a start_stride of 0 it is one row for all. With a mask, of c's stride, c = 0 where that is not above 0 */ \
  void gs_panel_product_##SUFFIX(const REAL *a, ptrdiff_t rows, ptrdiff_t depth,                   \
                                 ptrdiff_t a_stride, const REAL *panels, ptrdiff_t columns,        \
                                 const REAL *start, ptrdiff_t start_stride, REAL scale,            \
                                 const REAL *mask, REAL *c, ptrdiff_t stride);                     \
  /* c = scale a^T b, plus c if it adds; a [depth × rows], b [depth × columns], c [rows × columns] */ \
  void gs_row_gradient_##SUFFIX(const REAL *a, ptrdiff_t depth, ptrdiff_t rows,                    \
                                ptrdiff_t a_stride, const REAL *b, ptrdiff_t columns,              \
                                ptrdiff_t b_stride, REAL scale, int adds, REAL *c,                 \
                                ptrdiff_t stride);

GS_DECLARE_PRODUCTS(float, f32)
GS_DECLARE_PRODUCTS(double, f64)

#undef GS_DECLARE_PRODUCTS

// The same in single precision on the processor's matrix unit (AMX), from three bfloat16 for every number. Whether processor
// and operating system have it; the first call asks the system, and the others may be called once it has said yes.
int gs_has_amx(void);
// How many elements the panels of B have, which start at a multiple of 64 bytes.
ptrdiff_t gs_amx_panel_size(ptrdiff_t depth, ptrdiff_t columns);
void gs_amx_set_panels(const float *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                       int transposed, uint16_t *panels);
void gs_amx_product(const float *a, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t a_stride,
                    const uint16_t *panels, ptrdiff_t columns, const float *start,
                    ptrdiff_t start_stride, float scale, const float *mask, float *c,
                    ptrdiff_t stride);
void gs_amx_gradient(const float *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                     const float *b, ptrdiff_t columns, ptrdiff_t b_stride, float scale, int adds,
                     float *c, ptrdiff_t stride);

#endif
