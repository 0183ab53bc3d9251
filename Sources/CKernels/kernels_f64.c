#include <math.h>

#include "CKernels.h"

#define REAL double
#define SUFFIX f64
#define TANH tanh
#define EXP exp
#define NORMAL_TAIL(x, power) (0.5 * erfc((x)*0.70710678118654752440))
#include "kernels.h"
#include "pair_kernels.h"
#include "attention_kernels.h"
#include "gelu_kernels.h"
#include "perceptron_kernels.h"
#include "power_kernels.h"
#include "layer_norm_kernels.h"
#include "row_attention_kernels.h"
