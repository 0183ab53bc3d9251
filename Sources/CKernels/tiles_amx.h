// How products_amx.c finds what tiles hold: numbers of 24 bits split into three of 8, rows and columns as the matrix unit reads
// them.
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#define TARGET __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw")))
#define INLINED TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")

#define PARTS 3
// A tile is for SIDE rows or columns, and as deep as DEEP numbers.
#define SIDE 16
#define DEEP 32
#define TILE (SIDE * DEEP)
#define WIDE (2 * SIDE)
typedef uint16_t half;
static ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static ptrdiff_t blocks_of(ptrdiff_t depth) { return (depth + DEEP - 1) / DEEP; }
static ptrdiff_t tiles_of(ptrdiff_t columns) { return (columns + SIDE - 1) / SIDE; }

// Stores the parts of two registers, lane by lane, `step` apart. What is left after two is a number of 8 bits, or not a
// number, as it stands.
INLINED void split(__m512 low, __m512 high, half *parts, ptrdiff_t step) {
  const __m512i round = _mm512_set1_epi32(0x8000), top = _mm512_set1_epi32((int)0xFFFF0000);
  UNROLLED for (int p = 0; p < PARTS; p++) {
    __m512i l = _mm512_castps_si512(low), h = _mm512_castps_si512(high);
    if (p < PARTS - 1) {
      l = _mm512_add_epi32(l, round);
      h = _mm512_add_epi32(h, round);
    }
    l = _mm512_and_si512(l, top);
    h = _mm512_and_si512(h, top);
    _mm512_store_si512(parts + p * step, _mm512_or_si512(_mm512_srli_epi32(l, 16), h));
    low = _mm512_sub_ps(low, _mm512_castsi512_ps(l));
    high = _mm512_sub_ps(high, _mm512_castsi512_ps(h));
  }
}

static __mmask16 first(ptrdiff_t count) {
  return count >= 16 ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// A tile's parts of scale times `rows` rows of `count` numbers: each becomes a row of the tile. Parts are `step` apart.
TARGET static void pack_rows(const float *x, ptrdiff_t rows, ptrdiff_t count, ptrdiff_t stride,
                             float scale, half *tile, ptrdiff_t step) {
  const __m512 factor = _mm512_set1_ps(scale);
  for (ptrdiff_t i = 0; i < SIDE; i++) {
    const __mmask16 low = i < rows ? first(count) : 0, high = i < rows ? first(count - SIDE) : 0;
    const float *row = x + least(i, rows - 1) * stride;
    split(_mm512_maskz_mul_ps(low, factor, _mm512_maskz_loadu_ps(low, row)),
          _mm512_maskz_mul_ps(high, factor, _mm512_maskz_loadu_ps(high, row + SIDE)),
          tile + i * DEEP, step);
  }
}

// A tile's parts of `count` rows of `columns` numbers: each column is a column of the tile.
TARGET static void pack_columns(const float *x, ptrdiff_t count, ptrdiff_t columns, ptrdiff_t stride,
                                half *tile, ptrdiff_t step) {
  const __mmask16 used = first(columns);
  for (ptrdiff_t r = 0; r < SIDE; r++)
    split(_mm512_maskz_loadu_ps(r < count ? used : 0, x + r * stride),
          _mm512_maskz_loadu_ps(r + SIDE < count ? used : 0, x + (r + SIDE) * stride),
          tile + r * DEEP, step);
}

// turned[j][i] = x[i][j], a square of SIDE; of x `rows` rows of `columns` numbers, zeros beyond them.
TARGET static void turn(const float *from, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t stride,
                        float *turned, ptrdiff_t turned_stride) {
  const __mmask16 used = first(columns);
  __m512 x[SIDE], y[SIDE];
  UNROLLED for (int i = 0; i < SIDE; i++)
    x[i] = _mm512_maskz_loadu_ps(i < rows ? used : 0, from + i * stride);
  UNROLLED for (int i = 0; i < SIDE; i += 2) {
    y[i] = _mm512_unpacklo_ps(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_ps(x[i], x[i + 1]);
  }
  UNROLLED for (int i = 0; i < SIDE; i += 4)
    UNROLLED for (int c = 0; c < 2; c++) {
      const __m512d upper = _mm512_castps_pd(y[i + c]), lower = _mm512_castps_pd(y[i + 2 + c]);
      x[i + 2 * c] = _mm512_castpd_ps(_mm512_unpacklo_pd(upper, lower));
      x[i + 2 * c + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(upper, lower));
    }
  // x[4 q + c] has, in its quarter s, lane 4 s + c of rows 4 q to 4 q + 3.
  UNROLLED for (int c = 0; c < 4; c++)
    UNROLLED for (int odd = 0; odd < 2; odd++) {
      const __m512 upper = odd ? _mm512_shuffle_f32x4(x[c], x[4 + c], 0xDD)
                               : _mm512_shuffle_f32x4(x[c], x[4 + c], 0x88);
      const __m512 lower = odd ? _mm512_shuffle_f32x4(x[8 + c], x[12 + c], 0xDD)
                               : _mm512_shuffle_f32x4(x[8 + c], x[12 + c], 0x88);
      float *row = turned + (4 * odd + c) * turned_stride;
      _mm512_store_ps(row, _mm512_shuffle_f32x4(upper, lower, 0x88));
      _mm512_store_ps(row + 8 * turned_stride, _mm512_shuffle_f32x4(upper, lower, 0xDD));
    }
}
