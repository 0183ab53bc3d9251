// Products of blocks of rows in AVX-512 for one precision; included once with REAL = float and once with double.
//
//     C = scale (A B + start)  with A [rows × k], a block of examples, and B [k × n], weights that many blocks meet
//     C = [C +] scale Aᵀ B     with A [k × m] and B [k × n], both blocks of examples: a gradient of weights
//
// A library copies both factors for every block, sets C to zero and adds to it. Here B of the first is copied once a step,
// into panels, and A is read where it lies, a number at a time for all lanes; both factors of the second are read where
// they lie. A tile is six rows by four registers of columns: 24 sums, four registers of B and a number of A in
// the 32 registers, ten loads for 24 multiply-adds.
//
// Panels hold B by groups of up to four registers of columns, `k` rows of one group after the other, so that what a tile
// reads lies together; up to a quarter of a register of columns that is left over follows as rows, each with zeros up to whole
// registers, and takes part by scalar products, where a whole register of columns would be zeros for the most part.

#define LANES ((ptrdiff_t)(64 / sizeof(REAL)))
#define JOIN_(name, suffix) gs_##name##_##suffix
#define JOIN(name, suffix) JOIN_(name, suffix)
#define KERNEL(name) JOIN(name, SUFFIX)
#define VECTOR KERNEL(wide)
#define TARGET __attribute__((target("avx512f")))
#define INLINED TARGET static inline __attribute__((always_inline))
#define UNROLLED _Pragma("clang loop unroll(full)")
#define EACH_SUM(row, v)                       \
  UNROLLED for (int row = 0; row < high; row++) \
    UNROLLED for (int v = 0; v < wide; v++)

typedef REAL VECTOR __attribute__((vector_size(64), aligned(64), may_alias));
typedef __typeof__((VECTOR){0} < (VECTOR){0}) KERNEL(choice);
#define AT(pointer) (*(VECTOR *)(pointer))
#define SPREAD(scalar) ((scalar) - (VECTOR){0})
#define WHOLE(n) (((n) + LANES - 1) / LANES * LANES)

// How many rows of B pass at once: what a tile reads of them stays in the nearest cache.
#define DEPTH 128
#define GRADIENT_DEPTH 192
// The rows of a tile; and of a gradient those that pass at once, so that their part of A stays in the second cache.
#define HIGH 6
#define GRADIENT_ROWS (22 * HIGH)

// sums[row][v] += sum over k of a[row][k] b[k][v]; the numbers of a are `row_step` and `step` apart.
INLINED void KERNEL(add_tile)(const int high, const int wide, ptrdiff_t count, const REAL *a,
                              ptrdiff_t row_step, ptrdiff_t step, const REAL *b, ptrdiff_t b_step,
                              VECTOR sums[HIGH][4]) {
  for (ptrdiff_t k = 0; k < count; k++, a += step, b += b_step) {
    VECTOR columns[4];
    UNROLLED for (int v = 0; v < wide; v++) columns[v] = AT(b + v * LANES);
    UNROLLED for (int row = 0; row < high; row++) {
      const VECTOR factor = SPREAD(a[row * row_step]);
      UNROLLED for (int v = 0; v < wide; v++) sums[row][v] += factor * columns[v];
    }
  }
}

// A tile of a product or of a gradient; `wide` registers of columns, and `high` rows, of which the last tile has fewer.
typedef struct {
  const REAL *a, *b, *start, *mask;
  REAL *c;
  ptrdiff_t count, a_stride, b_stride, start_stride, stride;
  REAL scale;
} KERNEL(tile_of);

INLINED void KERNEL(product_tile)(const int high, const int wide, const KERNEL(tile_of) * t) {
  VECTOR sums[HIGH][4];
  EACH_SUM(row, v)
    sums[row][v] = t->start ? AT(t->start + row * t->start_stride + v * LANES) : (VECTOR){0};
  KERNEL(add_tile)(high, wide, t->count, t->a, t->a_stride, 1, t->b, wide * LANES, sums);
  EACH_SUM(row, v) {
    VECTOR x = t->scale * sums[row][v];
    if (t->mask) {
      const VECTOR mask = AT(t->mask + row * t->stride + v * LANES);
      x = (VECTOR)((KERNEL(choice))x & (mask > 0));
    }
    AT(t->c + row * t->stride + v * LANES) = x;
  }
}

INLINED void KERNEL(gradient_tile)(const int high, const int wide, const KERNEL(tile_of) * t) {
  VECTOR sums[HIGH][4];
  EACH_SUM(row, v) sums[row][v] = (VECTOR){0};
  KERNEL(add_tile)(high, wide, t->count, t->a, 1, t->a_stride, t->b, t->b_stride, sums);
  EACH_SUM(row, v) {
    VECTOR x = t->scale * sums[row][v];
    if (t->start) x += AT(t->start + row * t->start_stride + v * LANES);
    AT(t->c + row * t->stride + v * LANES) = x;
  }
}

#define ROWS(TILE, wide)              \
  switch (rows) {                     \
    case 1: TILE(1, wide, t); break;  \
    case 2: TILE(2, wide, t); break;  \
    case 3: TILE(3, wide, t); break;  \
    case 4: TILE(4, wide, t); break;  \
    case 5: TILE(5, wide, t); break;  \
    default: TILE(6, wide, t); break; \
  }
#define ROWS_AND_REGISTERS(TILE)    \
  switch (wide) {                   \
    case 1: ROWS(TILE, 1) break;    \
    case 2: ROWS(TILE, 2) break;    \
    case 3: ROWS(TILE, 3) break;    \
    default: ROWS(TILE, 4) break;   \
  }

TARGET static void KERNEL(any_product_tile)(ptrdiff_t rows, ptrdiff_t wide,
                                            const KERNEL(tile_of) * t) {
  ROWS_AND_REGISTERS(KERNEL(product_tile))
}

TARGET static void KERNEL(any_gradient_tile)(ptrdiff_t rows, ptrdiff_t wide,
                                             const KERNEL(tile_of) * t) {
  ROWS_AND_REGISTERS(KERNEL(gradient_tile))
}

// How many registers the next group of columns has: never one after four.
static ptrdiff_t KERNEL(group)(ptrdiff_t left) {
  return left == 5 || left == 6 ? 3 : left < 4 ? left : 4;
}

// The columns of B that are in groups; those beyond take part by scalar products.
static ptrdiff_t KERNEL(grouped)(ptrdiff_t columns) {
  const ptrdiff_t rest = columns % LANES;
  return rest <= LANES / 4 && columns > LANES ? columns - rest : WHOLE(columns);
}

TARGET void KERNEL(set_panels)(const REAL *b, ptrdiff_t depth, ptrdiff_t columns, ptrdiff_t stride,
                               int transposed, REAL *panels) {
  const ptrdiff_t row_step = transposed ? 1 : stride, column_step = transposed ? stride : 1;
  const ptrdiff_t grouped = KERNEL(grouped)(columns);
  for (ptrdiff_t first = 0, width; first < grouped; first += width) {
    width = KERNEL(group)((grouped - first) / LANES) * LANES;
    const ptrdiff_t used = columns - first < width ? columns - first : width;
    for (ptrdiff_t start = 0; start < depth; start += LANES) {
      // Squares of as many rows as a register has lanes: one of the two is read or written across its rows.
      const ptrdiff_t end = start + LANES < depth ? start + LANES : depth;
      REAL *panel = panels + first * depth;
      if (transposed)
        for (ptrdiff_t j = 0; j < used; j++)
          for (ptrdiff_t k = start; k < end; k++)
            panel[k * width + j] = b[(first + j) * stride + k];
      else
        for (ptrdiff_t k = start; k < end; k++)
          for (ptrdiff_t j = 0; j < used; j++) panel[k * width + j] = b[k * stride + first + j];
      for (ptrdiff_t k = start; k < end; k++)
        for (ptrdiff_t j = used; j < width; j++) panel[k * width + j] = 0;
    }
  }
  REAL *rows = panels + grouped * depth;
  for (ptrdiff_t j = grouped; j < columns; j++, rows += WHOLE(depth))
    for (ptrdiff_t k = 0; k < WHOLE(depth); k++)
      rows[k] = k < depth ? b[k * row_step + j * column_step] : 0;
}

// The scalar products of `high` rows of a with one row.
INLINED void KERNEL(row_products)(const int high, const REAL *a, ptrdiff_t stride, const REAL *row,
                                  ptrdiff_t depth, REAL *products) {
  VECTOR sums[4][2];
  UNROLLED for (int r = 0; r < high; r++) sums[r][0] = sums[r][1] = (VECTOR){0};
  ptrdiff_t k = 0;
  for (; k + LANES < depth; k += 2 * LANES)
    UNROLLED for (int r = 0; r < high; r++)
      UNROLLED for (int v = 0; v < 2; v++)
        sums[r][v] += AT(row + k + v * LANES) * AT(a + r * stride + k + v * LANES);
  if (k < depth)
    UNROLLED for (int r = 0; r < high; r++) sums[r][0] += AT(row + k) * AT(a + r * stride + k);
  UNROLLED for (int r = 0; r < high; r++) {
    VECTOR sum = sums[r][0] + sums[r][1];
    for (ptrdiff_t half = LANES / 2; half > 0; half /= 2)
      for (ptrdiff_t l = 0; l < half; l++) sum[l] += sum[l + half];
    products[r] = sum[0];
  }
}

// One column of C, by scalar products.
TARGET static void KERNEL(column_product)(ptrdiff_t rows, ptrdiff_t depth, const REAL *row,
                                          const KERNEL(tile_of) * t) {
  for (ptrdiff_t p = 0; p < rows; p += 4) {
    const ptrdiff_t left = rows - p < 4 ? rows - p : 4;
    const REAL *a = t->a + p * t->a_stride;
    REAL products[4];
    if (left == 4) KERNEL(row_products)(4, a, t->a_stride, row, depth, products);
    else
      for (ptrdiff_t r = 0; r < left; r++)
        KERNEL(row_products)(1, a + r * t->a_stride, t->a_stride, row, depth, products + r);
    for (ptrdiff_t r = 0; r < left; r++) {
      REAL x = products[r];
      if (t->start) x += t->start[(p + r) * t->start_stride];
      x *= t->scale;
      if (t->mask && !(t->mask[(p + r) * t->stride] > 0)) x = 0;
      t->c[(p + r) * t->stride] = x;
    }
  }
}

TARGET void KERNEL(panel_product)(const REAL *a, ptrdiff_t rows, ptrdiff_t depth,
                                  ptrdiff_t a_stride, const REAL *panels, ptrdiff_t columns,
                                  const REAL *start, ptrdiff_t start_stride, REAL scale,
                                  const REAL *mask, REAL *c, ptrdiff_t stride) {
  const ptrdiff_t grouped = KERNEL(grouped)(columns);
  const ptrdiff_t parts = (depth + DEPTH - 1) / DEPTH, deep = (depth + parts - 1) / parts;
  const KERNEL(tile_of) all = {
    .a = a, .start = start, .mask = mask, .c = c, .a_stride = a_stride,
    .start_stride = start_stride, .stride = stride, .scale = scale};
  for (ptrdiff_t j = grouped; j < columns; j++) {
    KERNEL(tile_of) column = all;
    if (start) column.start += j;
    if (mask) column.mask += j;
    column.c += j;
    KERNEL(column_product)(rows, depth, panels + grouped * depth + (j - grouped) * WHOLE(depth),
                           &column);
  }
  for (ptrdiff_t first = 0, width; first < grouped; first += width) {
    width = KERNEL(group)((grouped - first) / LANES) * LANES;
    for (ptrdiff_t k = 0; k < depth; k += deep) {
      const int isFirst = k == 0, isLast = k + deep >= depth;
      for (ptrdiff_t p = 0; p < rows; p += HIGH) {
        KERNEL(tile_of) tile = all;
        tile.a += p * a_stride + k;
        tile.b = panels + first * depth + k * width;
        tile.count = isLast ? depth - k : deep;
        tile.c += p * stride + first;
        if (!isFirst) {
          tile.start = tile.c;
          tile.start_stride = stride;
        } else if (start) {
          tile.start += p * start_stride + first;
        }
        if (!isLast) {
          tile.scale = 1;
          tile.mask = NULL;
        } else if (mask) {
          tile.mask += p * stride + first;
        }
        KERNEL(any_product_tile)(rows - p, width / LANES, &tile);
      }
    }
  }
}

TARGET void KERNEL(row_gradient)(const REAL *a, ptrdiff_t depth, ptrdiff_t rows, ptrdiff_t a_stride,
                                 const REAL *b, ptrdiff_t columns, ptrdiff_t b_stride, REAL scale,
                                 int adds, REAL *c, ptrdiff_t stride) {
  // Rows that are a multiple of a page apart share so few places of the nearest cache that what a tile reads is copied first.
  REAL copy[GRADIENT_DEPTH * 4 * 64 / sizeof(REAL)] __attribute__((aligned(64)));
  const int copies = b_stride * (ptrdiff_t)sizeof(REAL) % 4096 == 0;
  for (ptrdiff_t k = 0; k < depth; k += GRADIENT_DEPTH)
    for (ptrdiff_t top = 0; top < rows; top += GRADIENT_ROWS) {
      const ptrdiff_t end = top + GRADIENT_ROWS < rows ? top + GRADIENT_ROWS : rows;
      for (ptrdiff_t first = 0, wide; first < columns; first += wide * LANES) {
        wide = KERNEL(group)(WHOLE(columns - first) / LANES);
        const ptrdiff_t count = depth - k < GRADIENT_DEPTH ? depth - k : GRADIENT_DEPTH;
        const REAL *block = b + k * b_stride + first;
        for (ptrdiff_t p = 0; copies && p < count; p++)
          for (ptrdiff_t v = 0; v < wide; v++)
            AT(copy + (p * wide + v) * LANES) = AT(block + p * b_stride + v * LANES);
        for (ptrdiff_t i = top; i < end; i += HIGH) {
          REAL *place = c + i * stride + first;
          const KERNEL(tile_of) tile = {
            .a = a + k * a_stride + i, .b = copies ? copy : block,
            .start = adds || k > 0 ? place : NULL, .c = place, .count = count,
            .a_stride = a_stride, .b_stride = copies ? wide * LANES : b_stride,
            .start_stride = stride, .stride = stride, .scale = scale};
          KERNEL(any_gradient_tile)(end - i, wide, &tile);
        }
      }
    }
}
