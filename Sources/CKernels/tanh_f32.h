#include "exp_f32.h"

// tanh in single precision without a branch or a call, so that a register of arguments takes the time of one.
//
// Below 0.3 the series x - x^3/3 + 2x^5/15 - 17x^7/315 + 62x^9/2835 - 1382x^11/155925, whose next term is 2e-9 of the sum;
// above, 1 - 2/(e^2x + 1), where nothing cancels. Relative error below 3e-7; odd, and never beyond 1 in magnitude.
static inline __attribute__((always_inline)) float gs_tanh(float x) {
  const float s = x * x;
  const float near =
      x * (1 + s * (-1.f / 3 +
                    s * (2.f / 15 + s * (-17.f / 315 + s * (62.f / 2835 + s * (-1382.f / 155925))))));
  // Beyond 10 the result is 1 in single precision; the bound keeps the power a number.
  const float magnitude = __builtin_fabsf(x);
  const float power = gs_power(2 * (magnitude < 10 ? magnitude : 10), 0.5f);
  const float far = __builtin_copysignf(1 - 2 / (power + 1), x);
  const float result = magnitude < 0.3f ? near : far;
  return x != x ? x : result;
}
