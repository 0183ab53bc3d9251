#include "CKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REAL double
#define SUFFIX f64
// The lanes that the indices name, of two registers one after the other.
typedef long long gs_indices_f64 __attribute__((vector_size(64)));
#define INDICES gs_indices_f64
#define PERMUTED(first, indices, second) \
  ((VECTOR)_mm512_permutex2var_pd(first, (__m512i)(indices), second))
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

void gs_mirror_registers_f64(double *m, ptrdiff_t size, ptrdiff_t stride) { __builtin_trap(); }

void gs_upper_form_f64(const double *moment, double scale, ptrdiff_t size, ptrdiff_t width,
                       double *upper) {
  __builtin_trap();
}

#endif
