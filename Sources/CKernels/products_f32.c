#include "CKernels.h"

#if defined(__x86_64__)

#define REAL float
#define SUFFIX f32
#include "products_avx512.h"

#else

// Never called: gs_has_avx512() is 0.
void gs_set_panels_f32(const float *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                       int transposed, float *panels) {
  __builtin_trap();
}

void gs_panel_product_f32(const float *a, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t a_stride,
                          const float *panels, ptrdiff_t columns, const float *start,
                          ptrdiff_t start_stride, float scale, const float *mask, float *c,
                          ptrdiff_t stride) {
  __builtin_trap();
}

void gs_row_gradient_f32(const float *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                         const float *b, ptrdiff_t columns, ptrdiff_t b_stride, float scale,
                         int adds, float *c, ptrdiff_t stride) {
  __builtin_trap();
}

#endif
