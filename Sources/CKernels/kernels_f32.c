#include <math.h>

#include "CKernels.h"
#include "exp_f32.h"
#include "gelu_f32.h"
#include "tanh_f32.h"

#define REAL float
#define SUFFIX f32
#define TANH gs_tanh
#define EXP gs_exp
#define NORMAL_TAIL gs_normal_tail
#include "kernels.h"
#include "pair_kernels.h"
#include "attention_kernels.h"
#include "gelu_kernels.h"
#include "perceptron_kernels.h"
#include "power_kernels.h"
#include "layer_norm_kernels.h"
#include "row_attention_kernels.h"
