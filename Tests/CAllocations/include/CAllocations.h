#ifndef GROKSWEEP_ALLOCATIONS_H
#define GROKSWEEP_ALLOCATIONS_H

/// Begins to count how often the calling thread asks the C library for memory.
///
/// What OpenBLAS asks for is not counted: its kernels for small products take scratch memory at each call.
/// Counts wherever the program's own definitions of the allocating functions come first, which is so in an
/// executable on Linux with glibc; nothing is seen elsewhere.
void allocations_begin(void);

/// Ends what `allocations_begin` has begun, and returns the count.
long allocations_end(void);

#endif
