// The loops of AttentionKernels.h for one precision; included once with REAL = float and once with double, and with EXP, a
// function of one number that is not above 0 without branches where many are wanted at once.

CLONED void KERNEL(pair_softmax)(const REAL *restrict scores, ptrdiff_t stride,
                                 const int32_t *restrict first, const int32_t *restrict second,
                                 ptrdiff_t rows, ptrdiff_t heads, REAL *restrict weights,
                                 REAL *restrict rest) {
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *s = scores + first[e] * stride, *t = scores + second[e] * stride;
    REAL *w = weights + e * 2 * heads, *z = rest + e * heads;
    for (ptrdiff_t h = 0; h < heads; h++) {
      const REAL pair = s[h] > t[h] ? s[h] : t[h], largest = pair > 0 ? pair : 0;
      w[h] = s[h] - largest;
      w[heads + h] = t[h] - largest;
      z[h] = -largest;
    }
  }
  for (ptrdiff_t n = 0; n < 2 * rows * heads; n++) weights[n] = EXP(weights[n]);
  for (ptrdiff_t n = 0; n < rows * heads; n++) rest[n] = EXP(rest[n]);
  for (ptrdiff_t e = 0; e < rows; e++) {
    REAL *w = weights + e * 2 * heads, *z = rest + e * heads;
    for (ptrdiff_t h = 0; h < heads; h++) {
      const REAL scale = 1 / (w[h] + w[heads + h] + z[h]);
      w[h] *= scale;
      w[heads + h] *= scale;
    }
  }
}

// With a number of heads that is known when this is compiled, their weights stay in registers.
static inline __attribute__((always_inline)) void KERNEL(mix)(
    const REAL *restrict table, const REAL *restrict constant, const int32_t *restrict first,
    const int32_t *restrict second, const REAL *restrict weights, ptrdiff_t rows, ptrdiff_t heads,
    ptrdiff_t width, ptrdiff_t rectified_width, REAL *restrict rectified, REAL *restrict linear) {
  const ptrdiff_t linear_width = width - rectified_width;
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *s = table + first[e] * heads * width, *t = table + second[e] * heads * width;
    const REAL *w = weights + e * 2 * heads;
    REAL *high = rectified + e * rectified_width, *low = linear + e * linear_width;
    for (ptrdiff_t j = 0; j < width; j += LANES) {
      REAL sums[64 / sizeof(REAL)], more[64 / sizeof(REAL)] = {0};
      for (ptrdiff_t l = 0; l < LANES; l++) sums[l] = constant[j + l];
      // Two registers of sums: one would wait for its own last addition.
      for (ptrdiff_t h = 0; h < heads; h++) {
        for (ptrdiff_t l = 0; l < LANES; l++) sums[l] += w[h] * s[h * width + j + l];
        for (ptrdiff_t l = 0; l < LANES; l++) more[l] += w[heads + h] * t[h * width + j + l];
      }
      if (j < rectified_width)
        for (ptrdiff_t l = 0; l < LANES; l++) {
          const REAL x = sums[l] + more[l];
          high[j + l] = x < 0 ? 0 : x;
        }
      else
        for (ptrdiff_t l = 0; l < LANES; l++) low[j - rectified_width + l] = sums[l] + more[l];
    }
  }
}

CLONED void KERNEL(pair_mix)(const REAL *restrict table, const REAL *restrict constant,
                             const int32_t *restrict first, const int32_t *restrict second,
                             const REAL *restrict weights, ptrdiff_t rows, ptrdiff_t heads,
                             ptrdiff_t width, ptrdiff_t rectified_width, REAL *restrict rectified,
                             REAL *restrict linear) {
  if (heads == 4)
    KERNEL(mix)(table, constant, first, second, weights, rows, 4, width, rectified_width, rectified,
                linear);
  else
    KERNEL(mix)(table, constant, first, second, weights, rows, heads, width, rectified_width,
                rectified, linear);
}

// One head: its part of the tables' slopes, and what the loss changes by with its two weights.
static inline __attribute__((always_inline)) void KERNEL(mix_slopes_part)(
    const REAL *restrict s, const REAL *restrict t, REAL w, REAL v, const REAL *restrict slopes,
    ptrdiff_t width, REAL *restrict ds, REAL *restrict dt, REAL *restrict dw, REAL *restrict dv) {
  for (ptrdiff_t j = 0; j < width; j += LANES) {
    for (ptrdiff_t l = 0; l < LANES; l++) dw[l] += slopes[j + l] * s[j + l];
    for (ptrdiff_t l = 0; l < LANES; l++) dv[l] += slopes[j + l] * t[j + l];
    for (ptrdiff_t l = 0; l < LANES; l++) ds[j + l] += w * slopes[j + l];
    for (ptrdiff_t l = 0; l < LANES; l++) dt[j + l] += v * slopes[j + l];
  }
}

// Four heads in one pass: their eight sums stay in registers, and no addition waits for the one before it.
static inline __attribute__((always_inline)) void KERNEL(mix_slopes_of_four)(
    const REAL *restrict s, const REAL *restrict t, const REAL *restrict w,
    const REAL *restrict slopes, ptrdiff_t count, ptrdiff_t width, REAL *restrict ds,
    REAL *restrict dt, REAL *restrict constant_slopes, REAL (*restrict sums)[64 / sizeof(REAL)]) {
  for (ptrdiff_t j = 0; j < count; j += LANES) {
    REAL x[64 / sizeof(REAL)];
    for (ptrdiff_t l = 0; l < LANES; l++) x[l] = slopes[j + l];
    for (ptrdiff_t l = 0; l < LANES; l++) constant_slopes[j + l] += x[l];
#pragma clang loop unroll(full)
    for (ptrdiff_t h = 0; h < 4; h++) {
      const ptrdiff_t place = h * width + j;
      for (ptrdiff_t l = 0; l < LANES; l++) sums[h][l] += x[l] * s[place + l];
      for (ptrdiff_t l = 0; l < LANES; l++) sums[4 + h][l] += x[l] * t[place + l];
      for (ptrdiff_t l = 0; l < LANES; l++) ds[place + l] += w[h] * x[l];
      for (ptrdiff_t l = 0; l < LANES; l++) dt[place + l] += w[4 + h] * x[l];
    }
  }
}

CLONED void KERNEL(pair_mix_slopes)(const REAL *restrict table, const int32_t *restrict first,
                                    const int32_t *restrict second, const REAL *restrict weights,
                                    ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t width,
                                    ptrdiff_t rectified_width, const REAL *restrict rectified,
                                    const REAL *restrict linear, REAL *restrict table_slopes,
                                    REAL *restrict constant_slopes, REAL *restrict score_slopes,
                                    ptrdiff_t stride) {
  const ptrdiff_t rest = rectified_width, linear_width = width - rectified_width;
  for (ptrdiff_t e = 0; e < rows; e++) {
    const ptrdiff_t a = first[e], b = second[e];
    const REAL *w = weights + e * 2 * heads;
    const REAL *high = rectified + e * rectified_width, *low = linear + e * linear_width;
    for (ptrdiff_t start = 0; start < heads;) {
      const ptrdiff_t s = (a * heads + start) * width, t = (b * heads + start) * width;
      REAL sums[8][64 / sizeof(REAL)] = {{0}};
      ptrdiff_t count = 1;
      if (heads == 4) {
        count = 4;
        KERNEL(mix_slopes_of_four)(table + s, table + t, w, high, rest, width, table_slopes + s,
                                   table_slopes + t, constant_slopes, sums);
        KERNEL(mix_slopes_of_four)(table + s + rest, table + t + rest, w, low, linear_width, width,
                                   table_slopes + s + rest, table_slopes + t + rest,
                                   constant_slopes + rest, sums);
      } else {
        if (start == 0) {
          for (ptrdiff_t j = 0; j < rest; j++) constant_slopes[j] += high[j];
          for (ptrdiff_t j = 0; j < linear_width; j++) constant_slopes[rest + j] += low[j];
        }
        KERNEL(mix_slopes_part)(table + s, table + t, w[start], w[heads + start], high, rest,
                                table_slopes + s, table_slopes + t, sums[0], sums[4]);
        KERNEL(mix_slopes_part)(table + s + rest, table + t + rest, w[start], w[heads + start], low,
                                linear_width, table_slopes + s + rest, table_slopes + t + rest,
                                sums[0], sums[4]);
      }
      for (ptrdiff_t h = 0; h < count; h++) {
        const ptrdiff_t head = start + h;
        const REAL g = KERNEL(lane_sum)(sums[h]), f = KERNEL(lane_sum)(sums[4 + h]);
        const REAL mean = w[head] * g + w[heads + head] * f;
        score_slopes[a * stride + head] += w[head] * (g - mean);
        score_slopes[b * stride + head] += w[heads + head] * (f - mean);
      }
      start += count;
    }
  }
}

CLONED double KERNEL(cross_entropy)(REAL *restrict logits, const REAL *restrict offsets,
                                    const int32_t *restrict labels, ptrdiff_t rows,
                                    ptrdiff_t columns, ptrdiff_t stride, REAL scale, REAL factor,
                                    ptrdiff_t *restrict correct) {
  double loss = 0;
  ptrdiff_t right = 0;
  for (ptrdiff_t e = 0; e < rows; e++) {
    REAL *z = logits + e * stride;
    const int32_t label = labels[e];
    if (offsets)
      for (ptrdiff_t c = 0; c < columns; c++) z[c] = scale * (z[c] - offsets[e * stride + c]);
    else
      for (ptrdiff_t c = 0; c < columns; c++) z[c] *= scale;
    const REAL own = z[label];
    // The padding must not be the largest, whatever the logits are.
    for (ptrdiff_t c = columns; c < stride; c++) z[c] = own;
    REAL lanes[64 / sizeof(REAL)];
    for (ptrdiff_t l = 0; l < LANES; l++) lanes[l] = own;
    for (ptrdiff_t c = 0; c < stride; c += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) lanes[l] = z[c + l] > lanes[l] ? z[c + l] : lanes[l];
    REAL largest = own;
    for (ptrdiff_t l = 0; l < LANES; l++) largest = lanes[l] > largest ? lanes[l] : largest;
    // How many are not below the label's, itself and the padding included; what is not a number is below nothing.
    REAL rivals[64 / sizeof(REAL)] = {0}, sums[64 / sizeof(REAL)] = {0};
    for (ptrdiff_t c = 0; c < stride; c += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) {
        rivals[l] += z[c + l] < own ? 0 : 1;
        z[c + l] = EXP(z[c + l] - largest);
      }
    right += KERNEL(lane_sum)(rivals) == 1 + (REAL)(stride - columns);
    const REAL power = z[label];
    z[label] = 0;
    for (ptrdiff_t c = columns; c < stride; c++) z[c] = 0;
    for (ptrdiff_t c = 0; c < stride; c += LANES)
      for (ptrdiff_t l = 0; l < LANES; l++) sums[l] += z[c + l];
    const REAL others = KERNEL(lane_sum)(sums), share = factor / (others + power);
    // Where the label's is the largest, its own term is 1, or nothing if it is infinite; elsewhere both parts are positive.
    loss += own == largest ? log1p((double)others / (double)power)
                           : (double)(largest - own) + log((double)others + (double)power);
    for (ptrdiff_t c = 0; c < stride; c++) z[c] *= share;
    z[label] = -others * share;
  }
  *correct += right;
  return loss;
}
