// Scale and shift of each sample and channel, as adaptive normalization (AdaIN, adaLN) has them:
//
//     y = activation((xhat * gamma + beta) * (1 + scale[n, c]) + shift[n, c])
//
// For the passes over the tensor, that is a normalization with parameters of each sample:
//
//     own_gamma[n, c] = gamma[c] * (1 + scale[n, c])
//     own_beta[n, c]  = beta[c] * (1 + scale[n, c]) + shift[n, c]
//
// Each gamma may have an offset, as in Gemma's RMSNorm: gamma[c] then stands for gamma[c] + offset. Without scale and shift
// the table has one row.
//
// A launch before the pass computes them, and launches after a backward pass take its sums apart. All of these work on N
// x C numbers, which are few compared with the tensor.
//
// STORAGE is the type of scale and shift, PARAMETER that of gamma and beta. There is one `real` for each sample and
// channel in the tables between the launches.

#include "types.cl"

// 1 + scale of VECTOR_WIDTH channels from number `at` on. scale may be null.
CLNORM_INLINE realv factors_at(__global const storage_t *scale, const ulong at)
{
    return scale ? REAL(1.0) + elements(scale + at) : (realv)(1);
}

CLNORM_INLINE real factor_at(__global const storage_t *scale, const ulong at)
{
    return scale ? REAL(1.0) + element(scale + at) : (real)1;
}

// One gamma or VECTOR_WIDTH, with their offset; 1 if there are none.
CLNORM_INLINE real gamma_at(__global const parameter_t *gamma, const ulong at, const real offset)
{
    return gamma ? parameter(gamma + at) + offset : (real)1;
}

CLNORM_INLINE realv gammas_at(__global const parameter_t *gamma, const ulong at, const real offset)
{
    return gamma ? parameters(gamma + at) + offset : (realv)(1);
}

// The same of betas; 0 if there are none.
CLNORM_INLINE real beta_at(__global const parameter_t *beta, const ulong at)
{
    return beta ? parameter(beta + at) : (real)0;
}

CLNORM_INLINE realv betas_at(__global const parameter_t *beta, const ulong at)
{
    return beta ? parameters(beta + at) : (realv)(0);
}

// The channels that a work-group takes: `each` of one sample.
typedef struct {
    ulong sample, first, end;
} channels_t;

CLNORM_INLINE channels_t channels_of_group(const ulong channels, const ulong each, const ulong parts)
{
    const ulong group = get_group_id(0);
    channels_t own;
    own.sample = group / parts;
    own.first = group % parts * each;
    own.end = min(own.first + each, channels);
    return own;
}

// The parameters of each sample.
// Parallel over: samples x parts of `each` channels.
// [in]  scale, shift         [samples, channels]; either may be null, for 0
// [in]  gamma, beta          [channels], or null
// [out] own_gamma, own_beta  [samples, channels]; own_beta may be null
// local                      none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
modulated_parameters(__global const storage_t *scale, __global const storage_t *shift,
                     __global const parameter_t *gamma, __global const parameter_t *beta, __global real *own_gamma,
                     __global real *own_beta, const real offset, const ulong channels, const ulong each,
                     const ulong parts)
{
    const channels_t own = channels_of_group(channels, each, parts);
    const ulong row = own.sample * channels;
    ulong c = own.first + get_local_id(0) * VECTOR_WIDTH;
    for (; c + VECTOR_WIDTH <= own.end; c += WORK_GROUP_SIZE * VECTOR_WIDTH) {
        const realv factor = factors_at(scale, row + c);
        store_vector(gammas_at(gamma, c, offset) * factor, own_gamma + row + c);
        if (own_beta) {
            const realv moved = shift ? elements(shift + row + c) : (realv)(0);
            store_vector(multiply_add(betas_at(beta, c), factor, moved), own_beta + row + c);
        }
    }
    for (; c < own.end; c++) {
        const real factor = factor_at(scale, row + c);
        own_gamma[row + c] = gamma_at(gamma, c, offset) * factor;
        if (own_beta) {
            const real moved = shift ? element(shift + row + c) : (real)0;
            own_beta[row + c] = multiply_add(beta_at(beta, c), factor, moved);
        }
    }
}

// The gradients of scale and shift, from those of the parameters of each sample:
//
//     dscale[n, c] = gamma[c] * own_dgamma[n, c] + beta[c] * own_dbeta[n, c]
//     dshift[n, c] = own_dbeta[n, c]
//
// Parallel over: samples x parts of `each` channels.
// [in]  own_dgamma, own_dbeta  [samples, channels]
// [in]  gamma, beta            [channels], or null
// [out] dscale, dshift         [samples, channels]; either may be null
// local                        none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
modulation_gradients(__global const real *own_dgamma, __global const real *own_dbeta, __global const parameter_t *gamma,
                     __global const parameter_t *beta, __global storage_t *dscale, __global storage_t *dshift,
                     const real offset, const ulong channels, const ulong each, const ulong parts)
{
    const channels_t own = channels_of_group(channels, each, parts);
    const ulong row = own.sample * channels;
    for (ulong c = own.first + get_local_id(0); c < own.end; c += WORK_GROUP_SIZE) {
        const real product = own_dgamma[row + c];
        const real sum = own_dbeta[row + c];
        if (dscale) {
            const real of_gamma = gamma_at(gamma, c, offset) * product;
            store_element(beta ? multiply_add(parameter(beta + c), sum, of_gamma) : of_gamma, dscale + row + c);
        }
        if (dshift) {
            store_element(sum, dshift + row + c);
        }
    }
}

// Adds value to a compensated sum.
CLNORM_INLINE void add_to_sum(realv *sum, realv *error, const realv value)
{
    realv total, rounding;
    TWO_SUM(realv, total, rounding, *sum, value);
    *sum = total;
    *error += rounding;
}

// The total of a compensated sum. The error of an infinite sum is NaN.
CLNORM_INLINE realv total_of(const realv sum, const realv error)
{
    return isinf(sum) ? sum : sum + error;
}

// The gradients of gamma and beta, from those of the parameters of each sample:
//
//     dgamma[c] = sum over n of (1 + scale[n, c]) * own_dgamma[n, c]      dbeta[c] with own_dbeta
//
// Compensated sums, from the first sample to the last.
// Parallel over: channels; a work-item takes VECTOR_WIDTH of them.
// [in]  own_dgamma, own_dbeta  [samples, channels]
// [in]  scale                  [samples, channels], or null
// [out] dgamma, dbeta          [channels]; either may be null
// local                        none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
modulated_parameter_gradients(__global const real *own_dgamma, __global const real *own_dbeta,
                              __global const storage_t *scale, __global parameter_t *dgamma,
                              __global parameter_t *dbeta, const ulong samples, const ulong channels)
{
    const ulong c = get_global_id(0) * VECTOR_WIDTH;
    if (c >= channels) {
        return;
    }
    const uint count = (uint)min(channels - c, (ulong)VECTOR_WIDTH);
    realv product = (realv)(0), product_error = (realv)(0), sum = (realv)(0), sum_error = (realv)(0);
    for (ulong n = 0; n < samples; n++) {
        const ulong at = n * channels + c;
        realv factor, of_gamma, of_beta;
        if (count == VECTOR_WIDTH) {
            factor = factors_at(scale, at);
            of_gamma = load_vector(own_dgamma + at);
            of_beta = load_vector(own_dbeta + at);
        } else {
            real some_factors[VECTOR_WIDTH], some_products[VECTOR_WIDTH], some_sums[VECTOR_WIDTH];
            ROLLED
            for (uint v = 0; v < VECTOR_WIDTH; v++) {
                some_factors[v] = v < count ? factor_at(scale, at + v) : (real)0;
                some_products[v] = v < count ? own_dgamma[at + v] : (real)0;
                some_sums[v] = v < count ? own_dbeta[at + v] : (real)0;
            }
            factor = load_vector(some_factors);
            of_gamma = load_vector(some_products);
            of_beta = load_vector(some_sums);
        }
        add_to_sum(&product, &product_error, factor * of_gamma);
        add_to_sum(&sum, &sum_error, factor * of_beta);
    }
    real products[VECTOR_WIDTH], sums[VECTOR_WIDTH];
    store_vector(total_of(product, product_error), products);
    store_vector(total_of(sum, sum_error), sums);
    ROLLED
    for (uint v = 0; v < count; v++) {
        if (dgamma) {
            store_parameter(products[v], dgamma + c + v);
        }
        if (dbeta) {
            store_parameter(sums[v], dbeta + c + v);
        }
    }
}
