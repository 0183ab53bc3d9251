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
      // Two registers of sums: one would wait for its own last addition.
      REGISTER sum = LOAD(constant + j), more = {0};
      for (ptrdiff_t h = 0; h < heads; h++) {
        sum += w[h] * LOAD(s + h * width + j);
        more += w[heads + h] * LOAD(t + h * width + j);
      }
      sum += more;
      if (j < rectified_width)
        for (ptrdiff_t l = 0; l < LANES; l++) high[j + l] = sum[l] < 0 ? 0 : sum[l];
      else
        STORE(low + j - rectified_width) = sum;
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

// One head or two, a number that is known when this is compiled: their part of the tables' slopes, and to `sums` what the
// loss changes by with their weights on the first token and, behind these, on the second.
static inline __attribute__((always_inline)) void KERNEL(mix_slopes_part)(
    const REAL *restrict s, const REAL *restrict t, const REAL *restrict w, const REAL *restrict v,
    ptrdiff_t heads, const REAL *restrict slopes, ptrdiff_t count, ptrdiff_t width,
    REAL *restrict ds, REAL *restrict dt, REGISTER *restrict sums) {
  for (ptrdiff_t j = 0; j < count; j += LANES) {
    const REGISTER x = LOAD(slopes + j);
    for (ptrdiff_t h = 0; h < heads; h++) {
      const ptrdiff_t place = h * width + j;
      sums[h] += x * LOAD(s + place);
      sums[heads + h] += x * LOAD(t + place);
      STORE(ds + place) = LOAD(ds + place) + w[h] * x;
      STORE(dt + place) = LOAD(dt + place) + v[h] * x;
    }
  }
}

// The slopes by the score of a head's first token and of its second one.
static inline __attribute__((always_inline)) void KERNEL(mix_slopes)(
    const REAL *restrict table, ptrdiff_t a, ptrdiff_t b, const REAL *restrict weights,
    ptrdiff_t start, ptrdiff_t count, ptrdiff_t heads, ptrdiff_t width, ptrdiff_t rectified_width,
    const REAL *restrict high, const REAL *restrict low, REAL *restrict table_slopes,
    REAL *restrict score_slopes, ptrdiff_t stride) {
  const ptrdiff_t s = (a * heads + start) * width, t = (b * heads + start) * width;
  const ptrdiff_t rest = rectified_width;
  const REAL *w = weights + start, *v = weights + heads + start;
  REGISTER sums[4] = {{0}};
  KERNEL(mix_slopes_part)(table + s, table + t, w, v, count, high, rest, width, table_slopes + s,
                          table_slopes + t, sums);
  KERNEL(mix_slopes_part)(table + s + rest, table + t + rest, w, v, count, low, width - rest, width,
                          table_slopes + s + rest, table_slopes + t + rest, sums);
  for (ptrdiff_t h = 0; h < count; h++) {
    const REAL g = KERNEL(lane_sum)((REAL *)&sums[h]);
    const REAL f = KERNEL(lane_sum)((REAL *)&sums[count + h]);
    const REAL mean = w[h] * g + v[h] * f;
    score_slopes[a * stride + start + h] += w[h] * (g - mean);
    score_slopes[b * stride + start + h] += v[h] * (f - mean);
  }
}

CLONED void KERNEL(pair_mix_slopes)(const REAL *restrict table, const int32_t *restrict first,
                                    const int32_t *restrict second, const REAL *restrict weights,
                                    ptrdiff_t rows, ptrdiff_t heads, ptrdiff_t width,
                                    ptrdiff_t rectified_width, const REAL *restrict rectified,
                                    const REAL *restrict linear, REAL *restrict table_slopes,
                                    REAL *restrict constant_slopes, REAL *restrict score_slopes,
                                    ptrdiff_t stride) {
  const ptrdiff_t linear_width = width - rectified_width;
  for (ptrdiff_t e = 0; e < rows; e++) {
    const REAL *high = rectified + e * rectified_width, *low = linear + e * linear_width;
    for (ptrdiff_t j = 0; j < rectified_width; j++) constant_slopes[j] += high[j];
    for (ptrdiff_t j = 0; j < linear_width; j++) constant_slopes[rectified_width + j] += low[j];
  }
  for (ptrdiff_t start = 0, end; start < rows; start = end) {
    // While the first token stays the same, two heads' part of its row and of its slopes stays in the first cache; with more
    // than two heads at once their rows' addresses would not fit into registers either.
    for (end = start + 1; end < rows && first[end] == first[start];) end++;
    for (ptrdiff_t h = 0; h < heads; h += 2)
      for (ptrdiff_t e = start; e < end; e++) {
        const REAL *w = weights + e * 2 * heads;
        const REAL *high = rectified + e * rectified_width, *low = linear + e * linear_width;
        if (h + 1 < heads)
          KERNEL(mix_slopes)(table, first[e], second[e], w, h, 2, heads, width, rectified_width,
                             high, low, table_slopes, score_slopes, stride);
        else
          KERNEL(mix_slopes)(table, first[e], second[e], w, h, 1, heads, width, rectified_width,
                             high, low, table_slopes, score_slopes, stride);
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
