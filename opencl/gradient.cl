// Backward: from the gradient dy of a loss with respect to the output to those with respect to x, gamma and beta.
//
//     xhat = ((x - mean_hi) - mean_lo) * rstd      dz = dy * activation'(xhat * gamma + beta)      g = dz * gamma
//     dx     = rstd * (g - mean(g) - xhat * mean(g * xhat)),  means over the set;  RMSNorm without mean(g)
//     dx     = rstd * g,  where statistics were given
//     dgamma = sum(dz * xhat),  dbeta = sum(dz),  over all elements that share the parameter
//
// Sums are of products with xhat, never of dy * x with a correction afterwards: that cancels where |mean| is large next
// to std. Nothing of the forward pass is kept but the statistics: xhat and the activation's derivative are computed again.
//
// Every set is cut into blocks: pieces of at most BLOCK elements that share gamma and beta (a run), or, where every
// element has its own (EACH), of a row. A block is summed in 64 lanes (lanes.cl) to sum(dz * xhat) and sum(dz), EACH to
// sum(g * xhat) and sum(g). A set's means and a parameter's gradient are both merged from these, by compensated 64-lane
// sums in the order of the blocks: one reading of x and dy serves both, there are no atomics, and neither the cut into
// work-groups nor the vector width changes a bit.
//
// gradient_columns.cl does the same across rows, gradient_resident.cl in one launch, gradient_tiles.cl with the parameters
// of every element.

#ifndef CLNORM_GRADIENT_CL
#define CLNORM_GRADIENT_CL

#include "activations.cl"
#include "lanes.cl"
#include "normalized.cl"
#include "sets.cl"

// 1 where every element of a row has its own gamma and beta: runs of 1 along rows.
#ifndef EACH
#define EACH 0
#endif

// 0 where dbeta alone is wanted and no activation needs x.
#ifndef NEEDS_X
#define NEEDS_X 1
#endif

// The address space of the sums that are merged to a set's means.
#ifndef PARTIALS_SPACE
#define PARTIALS_SPACE __global
#endif

// The elements of dy: in global memory, or as reals in local memory, as those of x.
#if KEEP_SET
typedef __local const real *gradient_t;
#define gradient_element(source, at) ((source)[at])
#define gradient_elements(source, at) load_vector((source) + (at))
#else
typedef __global const storage_t *gradient_t;
#define gradient_element(source, at) element((source) + (at))
#define gradient_elements(source, at) elements((source) + (at))
#endif

// How the blocks of a set belong to its parameters: block k is of run k / per_run % runs. EACH has one run a row.
typedef struct {
    uint blocks;  // of a set
    uint runs;    // of a row: parameters of a set
    uint per_run; // successive blocks of one run
} runs_t;

#define RUNS_ARGUMENTS const uint blocks, const uint runs, const uint per_run
#define DECLARE_RUNS(name)                                                                                             \
    runs_t name;                                                                                                       \
    name.blocks = blocks;                                                                                              \
    name.runs = runs;                                                                                                  \
    name.per_run = per_run

// What every element of a set needs to know: its statistics, and the means that dx takes.
typedef struct {
    real mean_hi, mean_lo, rstd;
    real g;         // mean(g)
    real g_of_xhat; // mean(g * xhat)
} set_gradient_t;

#if CENTERED
#define XHAT(x, hi, lo, rstd) ((((x) - (hi)) - (lo)) * (rstd))
#else
#define XHAT(x, hi, lo, rstd) ((x) * (rstd))
#endif

// dx of dz. The differences come before rstd: where dx is 0, as in a set of one element, it is exactly that.
#if STATISTICS == GIVEN
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat) (((dz) * (gamma)) * (rstd))
#elif CENTERED
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat)                                                            \
    (multiply_add(-(xhat), g_of_xhat, (dz) * (gamma) - (g)) * (rstd))
#else
#define INPUT_GRADIENT(dz, xhat, gamma, rstd, g, g_of_xhat) (multiply_add(-(xhat), g_of_xhat, (dz) * (gamma)) * (rstd))
#endif

// dz of dy; x is not read without need.
#if ACTIVATION == NONE
#define BEFORE_ACTIVATION(dy, x, hi, lo, a, b) (dy)
#define BEFORE_ACTIVATION_ONE(dy, x, hi, lo, a, b) (dy)
#else
#define BEFORE_ACTIVATION(dy, x, hi, lo, a, b) activation_gradient(dy, NORMALIZED(x, hi, lo, a, b))
#define BEFORE_ACTIVATION_ONE(dy, x, hi, lo, a, b) activation_gradient_one(dy, NORMALIZED(x, hi, lo, a, b))
#endif

// The statistics of a set as the forward pass saved them: mean may be null for RMSNorm, mean_rest where nobody knows it.
// Where they are GIVEN, `rstd` holds variances.
CLNORM_INLINE set_gradient_t saved_statistics(__global const real *mean, __global const real *mean_rest,
                                              __global const real *rstd, const real eps, const ulong set)
{
    set_gradient_t s;
    s.mean_hi = CENTERED ? mean[set] : 0;
    s.mean_lo = CENTERED && mean_rest ? mean_rest[set] : 0;
    s.rstd = STATISTICS == GIVEN ? (real)1 / sqrt(rstd[set] + eps) : rstd[set];
    s.g = 0;
    s.g_of_xhat = 0;
    return s;
}

// A block of a set: where it begins, how many elements it has, and which run's parameters.
typedef struct {
    ulong offset; // in the set
    uint n;
    uint run;     // of the set; EACH: where the block begins in its row
} block_t;

CLNORM_INLINE block_t block_of(const sets_t sets, const runs_t runs, const uint number)
{
    const ulong length = EACH ? sets.width : sets.run;
    const uint piece = number % runs.per_run;
    const uint run = number / runs.per_run % runs.runs;
    const ulong row = number / runs.per_run / runs.runs;
    const ulong from = (ulong)piece * BLOCK;
    block_t block;
    block.offset = row * SOURCE_ROW_STRIDE(sets) + run * length + from;
    block.n = (uint)min((ulong)BLOCK, length - from);
    block.run = EACH ? (uint)from : run;
    return block;
}

// The parameters of VECTOR_WIDTH elements that have their own.
#define GAMMAS(gamma, at) ((gamma) ? parameters((gamma) + (at)) : (realv)(1))
#define BETAS(beta, at) ((beta) ? parameters((beta) + (at)) : (realv)(0))

// Values at .. at + VECTOR_WIDTH of n, with `missing` for those from n on.
CLNORM_INLINE realv some_of_x(const source_t x, const uint at, const uint n, const real missing)
{
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? source_element(x, at + v) : missing;
    }
    return load_vector(part);
}

CLNORM_INLINE realv some_of_dy(const gradient_t dy, const uint at, const uint n)
{
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? gradient_element(dy, at + v) : (real)0;
    }
    return load_vector(part);
}

CLNORM_INLINE realv some_parameters(__global const parameter_t *values, const uint at, const uint n)
{
    if (at + VECTOR_WIDTH <= n) {
        return parameters(values + at);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < n ? parameter(values + at + v) : (real)0;
    }
    return load_vector(part);
}

// Adds VECTOR_WIDTH elements to their lanes.
CLNORM_INLINE void add_to_lanes(realv *products, realv *sums, const realv x, const realv dy, const set_gradient_t s,
                                const realv gammas, const realv betas)
{
    const realv dz = BEFORE_ACTIVATION(dy, x, (realv)(s.mean_hi), (realv)(s.mean_lo), s.rstd * gammas, betas);
    const realv g = EACH ? dz * gammas : dz;
#if NEEDS_X
    *products = multiply_add(g, XHAT(x, (realv)(s.mean_hi), (realv)(s.mean_lo), (realv)(s.rstd)), *products);
#endif
    *sums += g;
}

// The sums of a block of n elements, the same for every work-item of the team: sum(g * xhat) and sum(g), with gamma only
// EACH. n = 0 for a team without a block. gamma and beta point at the run's, EACH at those of the block's first element,
// or are null. All work-items of the work-group call it together.
CLNORM_INLINE void block_sums(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                              __global const parameter_t *beta, const uint n, const set_gradient_t s,
                              const team_t *team, real *product, real *sum)
{
    realv products[HELD], sums[HELD];
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        products[k] = 0;
        sums[k] = 0;
    }
#if !EACH
    const realv gammas = (realv)(gamma && n > 0 ? parameter(gamma) : (real)1);
    const realv betas = (realv)(beta && n > 0 ? parameter(beta) : (real)0);
#endif
    const uint whole = n / LANES * LANES;
    for (uint base = 0; base < whole; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + LANE_OF(team, k);
#if NEEDS_X
            const realv from = source_elements(x, at);
#else
            const realv from = (realv)(0);
#endif
#if EACH
            const realv gammas = GAMMAS(gamma, at);
            const realv betas = BETAS(beta, at);
#endif
            add_to_lanes(products + k, sums + k, from, gradient_elements(dy, at), s, gammas, betas);
        }
    }
    if (whole < n) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = whole + LANE_OF(team, k);
            if (at + VECTOR_WIDTH <= n) {
#if NEEDS_X
                const realv from = source_elements(x, at);
#else
                const realv from = (realv)(0);
#endif
#if EACH
                const realv gammas = GAMMAS(gamma, at);
                const realv betas = BETAS(beta, at);
#endif
                add_to_lanes(products + k, sums + k, from, gradient_elements(dy, at), s, gammas, betas);
            }
        }
#if VECTOR_WIDTH > 1
        // One vector of the team may end within. Its lanes without an element take the mean and a gradient of 0, which add
        // nothing.
        const uint at = n / VECTOR_WIDTH * VECTOR_WIDTH;
        const uint number = (at - whole) / VECTOR_WIDTH;
        if (at < n && number % TEAM == team->item) {
            realv last_product = (realv)(0), last_sum = (realv)(0);
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                last_product = k == number / TEAM ? products[k] : last_product;
                last_sum = k == number / TEAM ? sums[k] : last_sum;
            }
#if NEEDS_X
            const realv from = some_of_x(x, at, n, s.mean_hi);
#else
            const realv from = (realv)(0);
#endif
#if EACH
            const realv gammas = gamma ? some_parameters(gamma, at, n) : (realv)(1);
            const realv betas = beta ? some_parameters(beta, at, n) : (realv)(0);
#endif
            add_to_lanes(&last_product, &last_sum, from, some_of_dy(dy, at, n), s, gammas, betas);
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                products[k] = k == number / TEAM ? last_product : products[k];
                sums[k] = k == number / TEAM ? last_sum : sums[k];
            }
        }
#endif
    }
    fold_lanes(products, sums, product, sum, team);
}

// The sums of the blocks `first` .. `end` of a set, into partials[block] and partials[stride + block]: a team takes every
// `step`-th, beginning with its `offset`-th. Nothing is read of a set that is not `there`. gamma and beta are the set's.
// All work-items of the work-group call it together.
CLNORM_INLINE void sums_of_blocks(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                                  __global const parameter_t *beta, const int there, const sets_t sets,
                                  const runs_t runs, const set_gradient_t s, const uint first, const uint end,
                                  const uint offset, const uint step, __global real *partials, const ulong stride,
                                  const team_t *team)
{
    for (uint base = first; base < end; base += step) {
        const uint number = base + offset;
        const int present = there && number < end;
        const block_t block = block_of(sets, runs, present ? number : 0);
        real product, sum;
        block_sums(source_at(x, block.offset), dy + block.offset, gamma ? gamma + block.run : gamma,
                   beta ? beta + block.run : beta, present ? block.n : 0, s, team, &product, &sum);
        if (present && team->item == 0) {
            partials[number] = product;
            partials[stride + number] = sum;
        }
    }
}

// partials[at .. at + VECTOR_WIDTH), with 0 for those from `count` on.
CLNORM_INLINE realv load_partials(PARTIALS_SPACE const real *partials, const uint at, const uint count)
{
    if (at + VECTOR_WIDTH <= count) {
        return load_vector(partials + at);
    }
    if (at >= count) {
        return (realv)(0);
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = at + v < count ? partials[at + v] : (real)0;
    }
    return load_vector(part);
}

// The gammas of the blocks at .. at + VECTOR_WIDTH.
CLNORM_INLINE realv gammas_of_blocks(__global const parameter_t *gamma, const runs_t runs, const uint at)
{
#if EACH
    return (realv)(1);
#else
    if (!gamma || at >= runs.blocks) {
        return (realv)(1);
    }
    if (at % runs.per_run + VECTOR_WIDTH <= runs.per_run) {
        return (realv)(parameter(gamma + at / runs.per_run % runs.runs));
    }
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = parameter(gamma + (at + v) / runs.per_run % runs.runs);
    }
    return load_vector(part);
#endif
}

// Merges the sums of a set's blocks to the means that dx takes. n: elements of the set. Every work-item of the team gets
// the result; all work-items of the work-group call it together.
CLNORM_INLINE set_gradient_t merge_sums(PARTIALS_SPACE const real *partials, const ulong stride, const runs_t runs,
                                        __global const parameter_t *gamma, const ulong n, const set_gradient_t s,
                                        const team_t *team)
{
    realv products[HELD], product_errors[HELD], sums[HELD], sum_errors[HELD], folded, rounding;
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        products[k] = 0;
        product_errors[k] = 0;
        sums[k] = 0;
        sum_errors[k] = 0;
    }
    for (uint base = 0; base < runs.blocks; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + LANE_OF(team, k);
            const realv gammas = gammas_of_blocks(gamma, runs, at);
            const realv product = gammas * load_partials(partials, at, runs.blocks);
            TWO_SUM(folded, rounding, products[k], product);
            products[k] = folded;
            product_errors[k] += rounding;
            const realv sum = gammas * load_partials(partials + stride, at, runs.blocks);
            TWO_SUM(folded, rounding, sums[k], sum);
            sums[k] = folded;
            sum_errors[k] += rounding;
        }
    }
    set_gradient_t merged = s;
    merged.g_of_xhat = fold_compensated(products, product_errors, team) / (real)n;
    merged.g = fold_compensated(sums, sum_errors, team) / (real)n;
    return merged;
}

// dx of a block of n elements, by the work-items of a team. gamma and beta as in block_sums.
CLNORM_INLINE void input_gradient_of_block(const source_t x, const gradient_t dy, __global storage_t *dx,
                                           __global const parameter_t *gamma, __global const parameter_t *beta,
                                           const uint n, const set_gradient_t s, const team_t *team)
{
    const uint head = (uint)aligned_head(dx, n);
    const uint vectors = (n - head) / VECTOR_WIDTH;
    const realv hi = (realv)(s.mean_hi), lo = (realv)(s.mean_lo), rstd = (realv)(s.rstd);
#if !EACH
    const real one_gamma = gamma ? parameter(gamma) : (real)1;
    const real one_beta = beta ? parameter(beta) : (real)0;
#endif
    for (uint i = team->item; i < vectors; i += TEAM) {
        const uint at = head + i * VECTOR_WIDTH;
#if EACH
        const realv gammas = GAMMAS(gamma, at);
        const realv betas = BETAS(beta, at);
#else
        const realv gammas = (realv)(one_gamma);
        const realv betas = (realv)(one_beta);
#endif
#if NEEDS_X
        const realv from = source_elements(x, at);
#else
        const realv from = (realv)(0);
#endif
        const realv dz = BEFORE_ACTIVATION(gradient_elements(dy, at), from, hi, lo, rstd * gammas, betas);
        const realv xhat = XHAT(from, hi, lo, rstd);
        store_output(INPUT_GRADIENT(dz, xhat, gammas, rstd, (realv)(s.g), (realv)(s.g_of_xhat)), dx + at);
    }
    // What is left at both ends: fewer than two vectors.
    const uint rest = n - vectors * VECTOR_WIDTH;
    for (uint i = team->item; i < rest; i += TEAM) {
        const uint at = i + (i < head ? 0 : vectors * VECTOR_WIDTH);
#if EACH
        const real one_gamma = gamma ? parameter(gamma + at) : (real)1;
        const real one_beta = beta ? parameter(beta + at) : (real)0;
#endif
#if NEEDS_X
        const real from = source_element(x, at);
#else
        const real from = 0;
#endif
        const real dz =
            BEFORE_ACTIVATION_ONE(gradient_element(dy, at), from, s.mean_hi, s.mean_lo, s.rstd * one_gamma, one_beta);
        const real xhat = XHAT(from, s.mean_hi, s.mean_lo, s.rstd);
        store_element(INPUT_GRADIENT(dz, xhat, one_gamma, s.rstd, s.g, s.g_of_xhat), dx + at);
    }
}

// dx of the blocks `first` .. `end` of a set; a team takes every `step`-th, beginning with its `offset`-th. dx points at
// the set, whose rows are row_stride apart there.
CLNORM_INLINE void input_gradient_of_blocks(const source_t x, const gradient_t dy, __global storage_t *dx,
                                            __global const parameter_t *gamma, __global const parameter_t *beta,
                                            const sets_t sets, const runs_t runs, const set_gradient_t s,
                                            const uint first, const uint end, const uint offset, const uint step,
                                            const team_t *team)
{
    for (uint number = first + offset; number < end; number += step) {
        const block_t block = block_of(sets, runs, number);
        const ulong row = number / runs.per_run / runs.runs;
        const ulong target = block.offset + row * (row_stride(sets) - SOURCE_ROW_STRIDE(sets));
        input_gradient_of_block(source_at(x, block.offset), dy + block.offset, dx + target,
                                gamma ? gamma + block.run : gamma, beta ? beta + block.run : beta, block.n, s, team);
    }
}

#ifndef GRADIENT_LIBRARY

// The sums of all blocks of all sets.
// Parallel over: sets x parts; a work-group takes blocks_per_part blocks of one set, each of its teams one at a time.
// [in]  x, residual, dy        [samples, rows, groups, width]
// [in]  gamma, beta            [groups, width / run], or null
// [in]  mean, mean_rest, rstd  one real a set
// [out] partials               2 x stride reals: the sums of block b of set s at s * blocks + b
// first_group is the index of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_sums(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
              __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
              __global const real *mean_rest, __global const real *rstd, const real eps, __global real *partials,
              const ulong stride, SETS_ARGUMENTS, RUNS_ARGUMENTS, const uint blocks_per_part, const uint parts,
              const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const ulong offset = set_offset(sets, set);
    const ulong first_param = first_parameter(sets, set);
    const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
    sums_of_blocks(tensor_at(tensor, offset), dy + offset, gamma ? gamma + first_param : gamma,
                   beta ? beta + first_param : beta, 1, sets, cut, s, first, min(first + blocks_per_part, blocks),
                   team.team, TEAMS, partials + set * blocks, stride, &team);
}

// The means that dx takes, of all sets.
// Parallel over: sets, one a work-group of one team.
// [in]  partials  as gradient_sums and gradient_sums_of_columns leave them
// [in]  gamma     [groups, width / run], or null
// [out] g, g_of_xhat  one real a set: mean(g), mean(g * xhat)
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_of_sets(__global const real *partials, __global const parameter_t *gamma, __global real *g,
                 __global real *g_of_xhat, const ulong stride, SETS_ARGUMENTS, RUNS_ARGUMENTS, const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    const ulong set = first_group + get_group_id(0);
    set_gradient_t s;
    s.mean_hi = 0;
    s.mean_lo = 0;
    s.rstd = 0;
    const set_gradient_t merged =
        merge_sums(partials + set * blocks, stride, cut, gamma ? gamma + first_parameter(sets, set) : gamma,
                   sets.rows * sets.width, s, &team);
    if (get_local_id(0) == 0) {
        g[set] = merged.g;
        g_of_xhat[set] = merged.g_of_xhat;
    }
}

// dx of a tensor whose sets' means are known; where statistics are GIVEN there are none, and g and g_of_xhat are null.
// Parallel over: sets x parts, those of gradient_sums.
// [in]  as gradient_sums and gradient_of_sets
// [out] dx  as x; may be dy
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
input_gradient(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
               __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
               __global const real *mean_rest, __global const real *rstd, const real eps, __global const real *g,
               __global const real *g_of_xhat, __global storage_t *dx, SETS_ARGUMENTS, RUNS_ARGUMENTS,
               const uint blocks_per_part, const uint parts, const ulong first_group)
{
    team_t team;
    team.team = (uint)get_local_id(0) / TEAM;
    team.item = (uint)get_local_id(0) % TEAM;
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const ulong group = first_group + get_group_id(0);
    const ulong set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const ulong offset = set_offset(sets, set);
    const ulong first_param = first_parameter(sets, set);
    set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
#if STATISTICS != GIVEN
    s.g = g[set];
    s.g_of_xhat = g_of_xhat[set];
#endif
    input_gradient_of_blocks(tensor_at(tensor, offset), dy + offset, dx + offset, gamma ? gamma + first_param : gamma,
                             beta ? beta + first_param : beta, sets, cut, s, first, min(first + blocks_per_part, blocks),
                             team.team, TEAMS, &team);
}

// dgamma and dbeta, from the sums of all blocks, sample after sample.
// Parallel over: parameters, one a work-group of one team.
// [in]  partials       as gradient_sums and gradient_sums_of_columns leave them: [samples, groups, blocks], twice
// [out] dgamma, dbeta  [groups, runs]; either may be null
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_of_parameters(__global const real *partials, const ulong stride, const ulong samples, const ulong groups,
                       RUNS_ARGUMENTS, __global parameter_t *dgamma, __global parameter_t *dbeta,
                       const ulong first_group)
{
    DECLARE_TEAM(team);
    const ulong number = first_group + get_group_id(0);
    const ulong of_group = number / runs;
    const uint run = (uint)(number % runs);
    const uint chunks = blocks / runs / per_run; // of per_run successive blocks, in a set
    const ulong count = samples * chunks * per_run;
    realv products[HELD], product_errors[HELD], sums[HELD], sum_errors[HELD], folded, rounding;
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        products[k] = 0;
        product_errors[k] = 0;
        sums[k] = 0;
        sum_errors[k] = 0;
    }
    for (ulong base = 0; base < count; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const ulong at = base + LANE_OF(&team, k);
            realv product = (realv)(0), sum = (realv)(0);
            if (at < count) {
                const ulong chunk = at / per_run;
                const uint within = (uint)(at % per_run);
                const ulong from = (chunk / chunks * groups + of_group) * blocks +
                                   ((chunk % chunks) * runs + run) * per_run + within;
                if (within + VECTOR_WIDTH <= per_run) {
                    product = load_vector(partials + from);
                    sum = load_vector(partials + stride + from);
                } else {
                    real some_products[VECTOR_WIDTH], some_sums[VECTOR_WIDTH];
                    ROLLED
                    for (uint v = 0; v < VECTOR_WIDTH; v++) {
                        const ulong one = at + v;
                        const ulong its_chunk = one / per_run;
                        const ulong place = (its_chunk / chunks * groups + of_group) * blocks +
                                            ((its_chunk % chunks) * runs + run) * per_run + one % per_run;
                        some_products[v] = one < count ? partials[place] : (real)0;
                        some_sums[v] = one < count ? partials[stride + place] : (real)0;
                    }
                    product = load_vector(some_products);
                    sum = load_vector(some_sums);
                }
            }
            TWO_SUM(folded, rounding, products[k], product);
            products[k] = folded;
            product_errors[k] += rounding;
            TWO_SUM(folded, rounding, sums[k], sum);
            sums[k] = folded;
            sum_errors[k] += rounding;
        }
    }
    const real product = fold_compensated(products, product_errors, &team);
    const real sum = fold_compensated(sums, sum_errors, &team);
    if (get_local_id(0) == 0) {
        if (dgamma) {
            store_parameter(product, dgamma + number);
        }
        if (dbeta) {
            store_parameter(sum, dbeta + number);
        }
    }
}

#endif
#endif
