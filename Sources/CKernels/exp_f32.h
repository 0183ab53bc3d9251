#ifndef EXP_F32_H
#define EXP_F32_H

#include <stdint.h>
#include <string.h>

// e^y in single precision without a branch or a call, so that a register of arguments takes the time of one; |y| at most 87.
//
// e^y = 2^k e^r, |r| <= ln(2)/2, with the series of e^r to r^7, whose next term is 6e-9 of the sum. Relative error below 2e-7.
// half is 0.5 with the sign of y: added before the fraction is cut off, it rounds k to the nearest.
static inline __attribute__((always_inline)) float gs_power(float y, float half) {
  const float k = (float)(int32_t)(y * 1.44269504f + half);
  // ln(2) in two parts: k times the first is exact.
  const float r = (y - k * 0.693359375f) + k * 2.12194440e-4f;
  const float e =
      1 + r * (1 + r * (1.f / 2 +
                        r * (1.f / 6 +
                             r * (1.f / 24 + r * (1.f / 120 + r * (1.f / 720 + r * (1.f / 5040)))))));
  const int32_t bits = ((int32_t)k + 127) << 23;
  float power;
  memcpy(&power, &bits, sizeof power);
  return e * power;
}

// e^x of x at most 0. Below -87, where the result would lose bits, it is that of -87, 1.6e-38.
static inline __attribute__((always_inline)) float gs_exp(float x) {
  const float result = gs_power(x > -87 ? x : -87, -0.5f);
  return x != x ? x : result;
}

#endif
