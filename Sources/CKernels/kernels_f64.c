#include <math.h>

#include "CKernels.h"

#define REAL double
#define SUFFIX f64
#define TANH tanh
#define EXP exp
#include "kernels.h"
#include "pair_kernels.h"
#include "attention_kernels.h"
#include "perceptron_kernels.h"
#include "power_kernels.h"
