#include "CKernels.h"

#define REAL double
#define SUFFIX f64
#include "kernels.h"
#include "pair_kernels.h"
