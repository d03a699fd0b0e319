// The formulas of backward: from dy, the gradient of a loss with respect to y, to those with respect to x, gamma and
// beta.
//
//     xhat   = ((x - mean_hi) - mean_lo) * rstd
//     dz     = dy * activation'(xhat * gamma + beta)
//     g      = dz * gamma
//     dx     = rstd * (g - mean(g) - xhat * mean(g * xhat))     means over the set; RMSNorm without mean(g)
//     dx     = rstd * g                                         if statistics were given
//     dgamma = sum(dz * xhat),  dbeta = sum(dz)                 over all elements that share the parameter
//
// Sums are of products with xhat, never of dy * x with a correction afterwards: that cancels if |mean| is large
// compared with the standard deviation. The forward pass saves the statistics only. xhat and the activation's
// derivative are computed again.

#ifndef CLNORM_GRADIENT_FORMULAS_CL
#define CLNORM_GRADIENT_FORMULAS_CL

#include "activations.cl"
#include "normalized.cl"

// 0 if x is not needed: no xhat is summed, and no activation has a derivative to compute.
#ifndef NEEDS_X
#define NEEDS_X 1
#endif

// Statistics of all sets, as the forward pass saved them. mean may be null for RMSNorm, and mean_lo if it is not known.
// If statistics are GIVEN, `rstd` holds variances.
typedef struct {
    __global const real *mean, *mean_lo, *rstd;
    real eps;
} saved_t;

CLNORM_INLINE saved_t saved_of(__global const real *mean, __global const real *mean_lo, __global const real *rstd,
                               const real eps)
{
    saved_t saved;
    saved.mean = mean;
    saved.mean_lo = mean_lo;
    saved.rstd = rstd;
    saved.eps = eps;
    return saved;
}

// What dx of the elements of a set takes: its statistics, and two means.
typedef struct {
    real mean_hi, mean_lo, rstd;
    real g;         // mean(g)
    real g_of_xhat; // mean(g * xhat)
} set_gradient_t;

// The statistics of set number `set`, with means of 0.
CLNORM_INLINE set_gradient_t saved_statistics(const saved_t saved, const ulong set)
{
    set_gradient_t s;
    s.mean_hi = CENTERED ? saved.mean[set] : 0;
    s.mean_lo = CENTERED ? (saved.mean_lo ? saved.mean_lo[set] : 0) : 0;
    s.rstd = STATISTICS == GIVEN ? (real)1 / sqrt(saved.rstd[set] + saved.eps) : saved.rstd[set];
    s.g = 0;
    s.g_of_xhat = 0;
    return s;
}

// The formulas of xhat and of dx, of vectors or of scalars. Differences are taken before the product with rstd: if dx
// is 0, as in a set of one element, it is exactly 0.
#if CENTERED
#define XHAT(x, mean_hi, mean_lo, rstd) ((((x) - (mean_hi)) - (mean_lo)) * (rstd))
#else
#define XHAT(x, mean_hi, mean_lo, rstd) ((x) * (rstd))
#endif
#if STATISTICS == GIVEN
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat) (((dz) * (gamma)) * (rstd))
#elif CENTERED
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat)                                                            \
    (multiply_add(-(xhat), g_of_xhat, (dz) * (gamma) - (g)) * (rstd))
#else
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat) (multiply_add(-(xhat), g_of_xhat, (dz) * (gamma)) * (rstd))
#endif

// dz of VECTOR_WIDTH elements. Without an activation it is dy, and the other arguments are not used.
CLNORM_INLINE realv before_activation(const realv dy, const realv x, const realv mean_hi, const realv mean_lo,
                                      const realv rstd, const realv gamma, const realv beta)
{
#if ACTIVATION == NONE
    return dy;
#else
    return activation_gradient(dy, NORMALIZED(x, mean_hi, mean_lo, rstd * gamma, beta));
#endif
}

// dz of one element: the same bits.
CLNORM_INLINE real before_activation_one(const real dy, const real x, const set_gradient_t s, const real gamma,
                                         const real beta)
{
#if ACTIVATION == NONE
    return dy;
#else
    return activation_gradient_one(dy, NORMALIZED(x, s.mean_hi, s.mean_lo, s.rstd * gamma, beta));
#endif
}

// VECTOR_WIDTH gammas from number `at` on, or 1 if gamma is null; and betas, or 0.
CLNORM_INLINE realv gammas_at(__global const parameter_t *gamma, const ulong at)
{
    return gamma ? parameters(gamma + at) : (realv)(1);
}

CLNORM_INLINE realv betas_at(__global const parameter_t *beta, const ulong at)
{
    return beta ? parameters(beta + at) : (realv)(0);
}

// One gamma, or 1 if gamma is null; and one beta, or 0.
CLNORM_INLINE real gamma_at(__global const parameter_t *gamma, const ulong at)
{
    return gamma ? parameter(gamma + at) : (real)1;
}

CLNORM_INLINE real beta_at(__global const parameter_t *beta, const ulong at)
{
    return beta ? parameter(beta + at) : (real)0;
}

#endif
