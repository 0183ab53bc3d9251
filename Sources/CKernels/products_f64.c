#include "CKernels.h"

#if defined(__x86_64__)

#define REAL double
#define SUFFIX f64
#include "products_avx512.h"

#else

// Never called: gs_has_avx512() is 0.
void gs_set_panels_f64(const double *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                       int transposed, double *panels) {
  __builtin_trap();
}

void gs_panel_product_f64(const double *a, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t a_stride,
                          const double *panels, ptrdiff_t columns, const double *start,
                          ptrdiff_t start_stride, double scale, const double *mask, double *c,
                          ptrdiff_t stride) {
  __builtin_trap();
}

void gs_row_gradient_f64(const double *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                         const double *b, ptrdiff_t columns, ptrdiff_t b_stride, double scale,
                         int adds, double *c, ptrdiff_t stride) {
  __builtin_trap();
}

#endif
