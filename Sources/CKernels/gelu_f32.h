// The probability that a standard normal number is above x >= 0, from the power e^(-x^2/2), in single precision without a
// branch or a call.
//
// 1 - Phi(x) = e^(-x^2/2) w(x)/2 with w(x) = e^(z^2) erfc(z), z = x/sqrt(2): w/2 is t times a polynomial of eighth degree in
// t = 1/(1 + z/2), fitted to the least largest relative error, 4e-8, for x up to 13. Nothing cancels: the relative error
// is below 1e-6 up to x = 5, of which most is that of x^2, and grows as x^2.
static inline __attribute__((always_inline)) float gs_normal_tail(float x, float power) {
  const float t = 1 / (1 + 0.353553391f * x);
  const float share =
      0.141043995f +
      t * (0.141174042f +
           t * (0.121649839f +
                t * (0.100959422f +
                     t * (-0.0124124274f +
                          t * (0.137735474f +
                               t * (-0.242472039f + t * (0.141745598f + t * -0.0294239261f)))))));
  return power * t * share;
}
