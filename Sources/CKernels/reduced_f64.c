#include "CKernels.h"

#if defined(__x86_64__)

#define REAL double
#define SUFFIX f64
#include "reduced_avx512.h"

#else

// Never called: gs_has_avx512() is 0.
double gs_reduced_gradient_f64(const double *panels, const double *x, const double *offsets,
                               ptrdiff_t rows, ptrdiff_t size, ptrdiff_t width,
                               const double *upper, const double *linear, double *residuals,
                               double *block, double *curvature, double *slope) {
  __builtin_trap();
}

void gs_reduced_products_f64(const double *moment, const double *propagator, ptrdiff_t size,
                             ptrdiff_t width, double *product, double *square) {
  __builtin_trap();
}

void gs_upper_form_f64(const double *moment, double scale, ptrdiff_t size, ptrdiff_t width,
                       double *upper) {
  __builtin_trap();
}

#endif
