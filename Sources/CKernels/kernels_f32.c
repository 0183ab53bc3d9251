#include "CKernels.h"
#include "tanh_f32.h"

#define REAL float
#define SUFFIX f32
#define TANH gs_tanh
#include "kernels.h"
#include "pair_kernels.h"
#include "perceptron_kernels.h"
#include "power_kernels.h"
