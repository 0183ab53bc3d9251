#include "CKernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define REAL float
#define SUFFIX f32
// The lanes that the indices name, of two registers one after the other.
typedef int gs_indices_f32 __attribute__((vector_size(64)));
#define INDICES gs_indices_f32
#define PERMUTED(first, indices, second) \
  ((VECTOR)_mm512_permutex2var_ps(first, (__m512i)(indices), second))
#include "reduced_avx512.h"

#else

// Never called: gs_has_avx512() is 0.
double gs_reduced_gradient_f32(const float *panels, const float *x, const float *offsets,
                               ptrdiff_t rows, ptrdiff_t size, ptrdiff_t width,
                               const float *upper, const float *linear, float *residuals,
                               float *block, float *curvature, float *slope) {
  __builtin_trap();
}

void gs_reduced_products_f32(const float *moment, const float *propagator, ptrdiff_t size,
                             ptrdiff_t width, float *product, float *square) {
  __builtin_trap();
}

void gs_mirror_registers_f32(float *m, ptrdiff_t size, ptrdiff_t stride) { __builtin_trap(); }

void gs_upper_form_f32(const float *moment, float scale, ptrdiff_t size, ptrdiff_t width,
                       float *upper) {
  __builtin_trap();
}

#endif
