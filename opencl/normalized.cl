// The formula that forward and backward share, and what it is told of a set.
//
//     ((x - mean_hi) - mean_lo) * a + b
//
// with a = rstd * gamma and b = beta. In this order: x - mean_hi is exact where it matters, so nothing cancels at any
// mean. Folding the mean into the shift (a * x + b) would lose three decimal digits at mean 1e4.

#ifndef CLNORM_NORMALIZED_CL
#define CLNORM_NORMALIZED_CL

#include "types.cl"

// 0 for RMSNorm.
#ifndef CENTERED
#define CENTERED 1
#endif

// What normalizing a set takes: mean = mean_hi + mean_lo, rstd = 1 / sqrt(variance + eps).
typedef struct {
    real mean_hi, mean_lo, rstd, variance;
} set_moments_t;

#if CENTERED
#define NORMALIZED(x, hi, lo, a, b) multiply_add((((x) - (hi)) - (lo)), a, b)
#else
#define NORMALIZED(x, hi, lo, a, b) multiply_add(x, a, b)
#endif

// Where the moments of a set come from. Not a run-time choice: see SINGLE_BLOCK.
//     BLOCKS  every work-group merges the set's blocks again
//     MERGED  moments_of_sets ran before
//     GIVEN   they are known: running statistics
#define BLOCKS 0
#define MERGED 1
#define GIVEN 2
#ifndef STATISTICS
#define STATISTICS BLOCKS
#endif

// The moments of set number `set` where they are merged or given.
CLNORM_INLINE set_moments_t known_moments(__global const real *mean, __global const real *mean_lo,
                                          __global const real *rstd, __global const real *variance, const real eps,
                                          const ulong set)
{
    set_moments_t m;
    m.mean_hi = mean[set];
#if STATISTICS == GIVEN
    m.mean_lo = 0;
    m.variance = variance[set];
    m.rstd = (real)1 / sqrt(m.variance + eps);
#else
    m.mean_lo = mean_lo[set];
    m.rstd = rstd[set];
#endif
    return m;
}

#endif
