// Products of blocks of rows on the processor's matrix unit (AMX), in single precision.
//
//     C = scale (A B + start)  with A [rows × k], a block of examples, and B [k × n], weights that many blocks meet
//     C = [C +] scale Aᵀ B     with A [k × m] and B [k × n], both blocks of examples: a gradient of weights
//
// The unit multiplies bfloat16, numbers of 8 bits, and adds up in single precision. A number of 24 bits is the sum of three
// of 8: x = x0 + x1 + x2, each the nearest to what is left, |x1| <= |x| / 2^8, |x2| <= |x| / 2^17. So
//
//     a b = a0 b0 + (a0 b1 + a1 b0) + (a0 b2 + a1 b1 + a2 b0) + at most |a b| / 2^23.9,
//
// where each product is exact: six products instead of one. What is left out reaches its bound where all roundings are at their
// worst; its root mean square is |a b| / 2^27, of either sign, and so below the rounding of the sum.
// (G. Henry, P. T. P. Tang, A. Heinecke, "Leveraging the bfloat16 Artificial Intelligence Datatype For Higher-Precision
// Computations", 2019.) Parts below the least normal number, 1.2e-38, count as zero: numbers below 1e-33 have fewer digits.
//
// A tile is a register of 16 rows of 16 lanes, each lane two numbers: C[i][j] += sum over r of the two products of A[i][r] and
// B[r][j]. Which two numbers of k share a lane is all the same if A and B agree: here k and k + 16, so that they are found
// sixteen at a time. A block of 32 × 32 of C is four tiles, A and B two each. Where another thread has half of the core, the
// unit waits for every load: so what is read next is called to the nearest cache before.
#include "CKernels.h"

#if defined(__x86_64__) && defined(__linux__)

#include <sys/syscall.h>
#include <unistd.h>

#include "tiles_amx.h"

// How many blocks of DEEP numbers pass at once, of a strip of A, and of both factors of a gradient.
#define STRIP_BLOCKS 16
#define GRADIENT_BLOCKS 4
#define GRADIENT_COLUMNS 512

// Linux lets a process use the unit once it has asked.
int gs_has_amx(void) {
  static int answer = -1;
  int known = __atomic_load_n(&answer, __ATOMIC_RELAXED);
  if (known >= 0) return known;
  const long request_permission = 0x1023, tile_data = 18;
  known = __builtin_cpu_supports("amx-tile") && __builtin_cpu_supports("amx-bf16")
    && __builtin_cpu_supports("avx512bw")
    && syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
  __atomic_store_n(&answer, known, __ATOMIC_RELAXED);
  return known;
}

TARGET static void configure(void) {
  const struct {
    uint8_t palette, start, zeros[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } all = {.palette = 1, .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
           .rows = {16, 16, 16, 16, 16, 16, 16, 16}};
  _tile_loadconfig(&all);
}

#define LOAD_A(part)                                                 \
  _tile_loadd(4, a + (part) * high * TILE, 64);                      \
  if (high == 2) _tile_loadd(5, a + ((part) * high + 1) * TILE, 64);
#define LOAD_B(part)                                                 \
  _tile_loadd(6, b + (part) * wide * TILE, 64);                      \
  if (wide == 2) _tile_loadd(7, b + ((part) * wide + 1) * TILE, 64);
// With a sixth of the next block called.
#define MULTIPLY(sixth)                                        \
  _tile_dpbf16ps(0, 4, 6);                                     \
  if (wide == 2) _tile_dpbf16ps(1, 4, 7);                      \
  if (high == 2) _tile_dpbf16ps(2, 5, 6);                      \
  if (high == 2 && wide == 2) _tile_dpbf16ps(3, 5, 7);         \
  UNROLLED for (int line = 0; line < TILE; line += DEEP) {     \
    __builtin_prefetch(next_a + (sixth) * TILE + line);        \
    __builtin_prefetch(next_b + (sixth) * TILE + line);        \
  }
#define EACH_TILE(DO)                                                         \
  DO(0, c, bytes);                                                            \
  if (wide == 2) DO(1, c + SIDE, bytes);                                      \
  if (high == 2) DO(2, c + SIDE * stride, bytes);                             \
  if (high == 2 && wide == 2) DO(3, c + SIDE * stride + SIDE, bytes);

// c = [c +] A B, `high` tiles of rows and `wide` of columns; blocks lie together, in them parts, in those tiles. After these
// blocks come `after` of B.
INLINED void multiply(const int high, const int wide, ptrdiff_t blocks, const half *a,
                      const half *b, const half *after, int adds, float *c, ptrdiff_t stride) {
  const ptrdiff_t bytes = stride * (ptrdiff_t)sizeof(float);
  const half *next_a = a, *next_b = after;
  if (adds) {
    EACH_TILE(_tile_loadd)
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  const half *start = a;
  for (; blocks > 0; blocks--, a = next_a, b = next_b) {
    next_a = blocks > 1 ? a + PARTS * high * TILE : start;
    next_b = blocks > 1 ? b + PARTS * wide * TILE : after;
    // In an order in which each loads one part only.
    LOAD_A(2) LOAD_B(0) MULTIPLY(0)
    LOAD_A(0) MULTIPLY(1)
    LOAD_B(2) MULTIPLY(2)
    LOAD_B(1) MULTIPLY(3)
    LOAD_A(1) MULTIPLY(4)
    LOAD_B(0) MULTIPLY(5)
  }
  EACH_TILE(_tile_stored)
}

// Up to two by two tiles of C.
typedef struct {
  float *c;
  ptrdiff_t rows, columns, stride;
} place;

// c = scale x, whole registers.
TARGET static void copy(const place *size, float scale, const float *x, ptrdiff_t x_stride, float *c,
                        ptrdiff_t stride) {
  for (ptrdiff_t i = 0; i < size->rows; i++)
    for (ptrdiff_t v = 0; v < size->columns; v += SIDE) {
      const __m512 row = _mm512_loadu_ps(x + i * x_stride + v);
      _mm512_storeu_ps(c + i * stride + v, _mm512_mul_ps(_mm512_set1_ps(scale), row));
    }
}

// c = [c +] A B, in one place. The unit stores whole tiles: rows that do not fill one take a detour.
TARGET static void multiply_any(ptrdiff_t blocks, const half *a, const half *b, const half *after,
                                int adds, const place *to) {
  const int high = to->rows > SIDE ? 2 : 1, wide = to->columns > SIDE ? 2 : 1;
  const int fits = to->rows % SIDE == 0;
  float whole[WIDE * WIDE] __attribute__((aligned(64)));
  float *c = fits ? to->c : whole;
  const ptrdiff_t stride = fits ? to->stride : WIDE;
  if (adds && !fits) copy(to, 1, to->c, to->stride, whole, WIDE);
  if (high == 2 && wide == 2) multiply(2, 2, blocks, a, b, after, adds, c, stride);
  else if (high == 2) multiply(2, 1, blocks, a, b, after, adds, c, stride);
  else if (wide == 2) multiply(1, 2, blocks, a, b, after, adds, c, stride);
  else multiply(1, 1, blocks, a, b, after, adds, c, stride);
  if (!fits) copy(to, 1, whole, WIDE, to->c, to->stride);
}

// c = 0 where the mask is not above zero.
TARGET static void cut(const place *at, const float *mask) {
  for (ptrdiff_t i = 0; i < at->rows; i++)
    for (ptrdiff_t v = 0; v < at->columns; v += SIDE) {
      float *c = at->c + i * at->stride + v;
      const __m512 row = _mm512_loadu_ps(mask + i * at->stride + v);
      const __mmask16 kept = _mm512_cmp_ps_mask(row, _mm512_setzero_ps(), _CMP_GT_OQ);
      _mm512_storeu_ps(c, _mm512_maskz_loadu_ps(kept, c));
    }
}

ptrdiff_t gs_amx_panel_size(ptrdiff_t depth, ptrdiff_t columns) {
  return blocks_of(depth) * tiles_of(columns) * PARTS * TILE;
}

TARGET void gs_amx_set_panels(const float *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                              int transposed, uint16_t *panels) {
  float turned[DEEP * SIDE] __attribute__((aligned(64)));
  for (ptrdiff_t j = 0; j < columns; j += WIDE) {
    const ptrdiff_t wide = least(2, tiles_of(columns - j));
    for (ptrdiff_t k = 0; k < depth; k += DEEP, panels += PARTS * wide * TILE)
      for (ptrdiff_t v = 0; v < wide; v++) {
        const ptrdiff_t at = j + v * SIDE, count = depth - k, width = columns - at;
        half *tile = panels + v * TILE;
        if (!transposed) {
          pack_columns(b + k * stride + at, count, width, stride, tile, wide * TILE);
          continue;
        }
        for (ptrdiff_t h = 0; h < DEEP; h += SIDE)
          turn(b + at * stride + k + h, width, count - h, stride, turned + h * SIDE, SIDE);
        pack_columns(turned, DEEP, SIDE, SIDE, tile, wide * TILE);
      }
  }
}

TARGET void gs_amx_product(const float *a, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t a_stride,
                           const uint16_t *panels, ptrdiff_t columns, const float *start,
                           ptrdiff_t start_stride, float scale, const float *mask, float *c,
                           ptrdiff_t stride) {
  half strip[STRIP_BLOCKS * PARTS * 2 * TILE] __attribute__((aligned(64)));
  configure();
  for (ptrdiff_t k = 0; k < depth; k += STRIP_BLOCKS * DEEP) {
    const int isLast = k + STRIP_BLOCKS * DEEP >= depth;
    const ptrdiff_t all = blocks_of(depth), blocks = least(STRIP_BLOCKS, all - k / DEEP);
    for (ptrdiff_t i = 0; i < rows; i += WIDE) {
      const ptrdiff_t high = least(2, tiles_of(rows - i));
      for (ptrdiff_t block = 0; block < blocks; block++)
        for (ptrdiff_t h = 0; h < high; h++)
          pack_rows(a + (i + h * SIDE) * a_stride + k + block * DEEP, rows - i - h * SIDE,
                    depth - k - block * DEEP, a_stride, scale,
                    strip + (block * PARTS * high + h) * TILE, high * TILE);
      for (ptrdiff_t j = 0; j < columns; j += WIDE) {
        const place to = {c + i * stride + j, least(WIDE, rows - i), least(WIDE, columns - j), stride};
        const ptrdiff_t panel = all * PARTS * TILE, wide = tiles_of(to.columns);
        const half *b = panels + j / SIDE * panel + k / DEEP * PARTS * wide * TILE;
        if (k == 0 && start)
          copy(&to, scale, start + i * start_stride + j, start_stride, to.c, stride);
        multiply_any(blocks, strip, b, b + wide * panel, k > 0 || start, &to);
        if (mask && isLast) cut(&to, mask + i * stride + j);
      }
    }
  }
  _tile_release();
}

TARGET void gs_amx_gradient(const float *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                            const float *b, ptrdiff_t columns, ptrdiff_t b_stride, float scale,
                            int adds, float *c, ptrdiff_t stride) {
  half strip[GRADIENT_BLOCKS * PARTS * 2 * TILE] __attribute__((aligned(64)));
  half panels[GRADIENT_BLOCKS * PARTS * GRADIENT_COLUMNS * DEEP] __attribute__((aligned(64)));
  float turned[SIDE * DEEP] __attribute__((aligned(64)));
  configure();
  for (ptrdiff_t left = 0; left < columns; left += GRADIENT_COLUMNS)
    for (ptrdiff_t k = 0; k < depth; k += GRADIENT_BLOCKS * DEEP) {
      const ptrdiff_t width = least(GRADIENT_COLUMNS, columns - left);
      const ptrdiff_t count = least(GRADIENT_BLOCKS * DEEP, depth - k), blocks = blocks_of(count);
      gs_amx_set_panels(b + k * b_stride + left, count, width, b_stride, 0, panels);
      for (ptrdiff_t i = 0; i < rows; i += WIDE) {
        const ptrdiff_t high = least(2, tiles_of(rows - i));
        for (ptrdiff_t block = 0; block < blocks; block++)
          for (ptrdiff_t v = 0; v < high; v++) {
            const ptrdiff_t at = i + v * SIDE, first = block * DEEP;
            for (ptrdiff_t h = 0; h < DEEP; h += SIDE)
              turn(a + (k + first + h) * a_stride + at, count - first - h, rows - at, a_stride,
                   turned + h, DEEP);
            pack_rows(turned, SIDE, DEEP, DEEP, scale,
                      strip + (block * PARTS * high + v) * TILE, high * TILE);
          }
        for (ptrdiff_t j = 0; j < width; j += WIDE) {
          const place to = {c + i * stride + left + j, least(WIDE, rows - i), least(WIDE, width - j),
                            stride};
          const half *panel = panels + blocks * (j / SIDE) * PARTS * TILE;
          multiply_any(blocks, strip, panel, panel + blocks * tiles_of(to.columns) * PARTS * TILE,
                       adds || k > 0, &to);
        }
      }
    }
  _tile_release();
}

#else

// The others are never called.
int gs_has_amx(void) { return 0; }

ptrdiff_t gs_amx_panel_size(ptrdiff_t depth, ptrdiff_t columns) { __builtin_trap(); }

void gs_amx_set_panels(const float *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                       int transposed, uint16_t *panels) {
  __builtin_trap();
}

void gs_amx_product(const float *a, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t a_stride,
                    const uint16_t *panels, ptrdiff_t columns, const float *start,
                    ptrdiff_t start_stride, float scale, const float *mask, float *c,
                    ptrdiff_t stride) {
  __builtin_trap();
}

void gs_amx_gradient(const float *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                     const float *b, ptrdiff_t columns, ptrdiff_t b_stride, float scale, int adds,
                     float *c, ptrdiff_t stride) {
  __builtin_trap();
}

#endif
