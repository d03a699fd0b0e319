// The means that dx takes, mean(g) and mean(g * xhat) of a set, merged from the sums of its blocks.
//
// The sums are compensated sums in 64 lanes (compensated.cl), in the order of the blocks. Sums of blocks that share a
// parameter are sums of dz, so each is multiplied by its gamma first.

#ifndef CLNORM_GRADIENT_SETS_CL
#define CLNORM_GRADIENT_SETS_CL

#include "compensated.cl"
#include "gradient_blocks.cl"

// The gammas of VECTOR_WIDTH blocks from number `at` on. 1 with EACH, whose sums have them already.
CLNORM_INLINE realv gammas_of_blocks(__global const parameter_t *gamma, const gradient_cut_t cut, const uint at)
{
#if EACH
    return (realv)(1);
#else
    if (!gamma || at >= cut.blocks) {
        return (realv)(1);
    }
    if (cut.per_run == 1 && at + VECTOR_WIDTH <= cut.runs) {
        return parameters(gamma + at);
    }
    if (at % cut.per_run + VECTOR_WIDTH <= cut.per_run) {
        return (realv)(parameter(gamma + at / cut.per_run % cut.runs));
    }
    real part[VECTOR_WIDTH];
    uint in_run = at % cut.per_run;
    uint run = at / cut.per_run % cut.runs;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = parameter(gamma + run);
        in_run++;
        if (in_run == cut.per_run) {
            in_run = 0;
            run = run + 1 == cut.runs ? 0 : run + 1;
        }
    }
    return load_vector(part);
#endif
}

// `statistics` with the means of a set of n elements. Each work-item of the team gets the result. A group call.
CLNORM_INLINE set_gradient_t merge_sums(BLOCKS_SPACE const real *partials, const ulong stride, const gradient_cut_t cut,
                                        __global const parameter_t *gamma, const ulong n,
                                        const set_gradient_t statistics, const team_t *team)
{
    set_gradient_t merged = statistics;
#if TEAM == 1
    // One block needs no merge. The addition of 0 makes a sum of -0 a 0, as a merge does.
    if (cut.blocks == 1) {
        const real one_gamma = EACH ? (real)1 : gamma_at(gamma, 0);
        merged.g_of_xhat = ((real)0 + one_gamma * partials[0]) / (real)n;
        merged.g = ((real)0 + one_gamma * partials[stride]) / (real)n;
        return merged;
    }
#endif
    realv products[HELD], product_errors[HELD], sums[HELD], sum_errors[HELD];
    clear_lanes(products, product_errors);
    clear_lanes(sums, sum_errors);
    uint base = 0;
#if MERGED_AT_ONCE > 1
    for (; base + MERGED_AT_ONCE * LANES <= cut.blocks; base += MERGED_AT_ONCE * LANES) {
        realv gammas[MERGED_AT_ONCE], product[MERGED_AT_ONCE], sum[MERGED_AT_ONCE];
        const uint at = base + lane_of(team, 0);
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            gammas[u] = gammas_of_blocks(gamma, cut, at + u * LANES);
            product[u] = load_vector(partials + at + u * LANES);
            sum[u] = load_vector(partials + stride + at + u * LANES);
        }
#pragma unroll
        for (uint u = 0; u < MERGED_AT_ONCE; u++) {
            add_compensated(products, product_errors, gammas[u] * product[u]);
            add_compensated(sums, sum_errors, gammas[u] * sum[u]);
        }
    }
#endif
    for (; base < cut.blocks; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + lane_of(team, k);
            const realv gammas = gammas_of_blocks(gamma, cut, at);
            add_compensated(products + k, product_errors + k, gammas * load_blocks(partials, at, cut.blocks, 0));
            add_compensated(sums + k, sum_errors + k, gammas * load_blocks(partials + stride, at, cut.blocks, 0));
        }
    }
    merged.g_of_xhat = fold_compensated(products, product_errors, team) / (real)n;
    merged.g = fold_compensated(sums, sum_errors, team) / (real)n;
    return merged;
}

#endif
