#include "CKernels.h"

#include <stdlib.h>

int gs_has_avx512(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return 0;
#endif
}

int gs_has_pinned_kernels(void) { return getenv("OPENBLAS_CORETYPE") != NULL; }

// Flush to zero and denormals are zero; on ARM one bit for both.
#if defined(__x86_64__)
#include <immintrin.h>
#define FLUSH 0x8040u
static unsigned long control(void) { return _mm_getcsr(); }
static void set_control(unsigned long word) { _mm_setcsr((unsigned)word); }
#elif defined(__aarch64__)
#define FLUSH (1ul << 24)
static unsigned long control(void) {
  unsigned long word;
  __asm__ volatile("mrs %0, fpcr" : "=r"(word));
  return word;
}
static void set_control(unsigned long word) { __asm__ volatile("msr fpcr, %0" : : "r"(word)); }
#else
#define FLUSH 0ul
static unsigned long control(void) { return 0; }
static void set_control(unsigned long word) { (void)word; }
#endif

unsigned long gs_flush_subnormals(void) {
  const unsigned long before = control();
  set_control(before | FLUSH);
  return before;
}

void gs_restore_subnormals(unsigned long before) { set_control(before); }
