#include "CKernels.h"

#define REAL float
#define SUFFIX f32
#include "kernels.h"
#include "pair_kernels.h"
