// The formula of normalization, which forward and backward share:
//
//     ((x - mean_hi) - mean_lo) * a + b        with a = rstd * gamma and b = beta
//
// in this order. mean = mean_hi + mean_lo is a high/low pair. x - mean_hi is exact if x is near the mean, so nothing
// cancels at any mean. With the mean folded into the shift (a * x + b) three decimal digits would be lost at mean 1e4.

#ifndef CLNORM_NORMALIZED_CL
#define CLNORM_NORMALIZED_CL

#include "types.cl"

// 0 for RMSNorm, which subtracts no mean.
#ifndef CENTERED
#define CENTERED 1
#endif

// Where the moments of a set come from. Not a run-time choice, for the reason given at SINGLE_BLOCK (set_moments.cl).
//     BLOCKS  each work-group merges the blocks of the set
//     MERGED  moments_of_sets merged them
//     GIVEN   running statistics
#define BLOCKS 0
#define MERGED 1
#define GIVEN 2
#ifndef STATISTICS
#define STATISTICS BLOCKS
#endif

// The moments of a set: mean = mean_hi + mean_lo, rstd = 1 / sqrt(variance + eps).
typedef struct {
    real mean_hi, mean_lo, rstd, variance;
} set_moments_t;

// The formula, of vectors or of scalars.
#if CENTERED
#define NORMALIZED(x, mean_hi, mean_lo, a, b) multiply_add((((x) - (mean_hi)) - (mean_lo)), a, b)
#else
#define NORMALIZED(x, mean_hi, mean_lo, a, b) multiply_add(x, a, b)
#endif

// The moments of set number `set` for STATISTICS MERGED or GIVEN. GIVEN reads mean and variance only.
CLNORM_INLINE set_moments_t known_moments(__global const real *mean, __global const real *mean_lo,
                                          __global const real *rstd, __global const real *variance, const real eps,
                                          const ulong set)
{
    set_moments_t moments;
    moments.mean_hi = mean[set];
#if STATISTICS == GIVEN
    moments.mean_lo = 0;
    moments.variance = variance[set];
    moments.rstd = (real)1 / sqrt(moments.variance + eps);
#else
    moments.mean_lo = mean_lo[set];
    moments.rstd = rstd[set];
#endif
    return moments;
}

#endif
