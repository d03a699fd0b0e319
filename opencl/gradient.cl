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
// sum(g * xhat) and sum(g). What is left behind its last whole END elements lies in the next END lanes, at their end: a
// vector that ends with the block reads it, and nothing beyond. A set's means and a parameter's gradient are both merged
// from these, by compensated 64-lane sums in the order of the blocks: one reading of x and dy serves both, there are no
// atomics, and neither the cut into work-groups nor the vector width changes a bit.
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

// 1 where a lone work-item merges the sums of several parameters at a time: at most LANES sums each.
#ifndef SIDE_BY_SIDE
#define SIDE_BY_SIDE 0
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
#define prefetch_gradient(source, at)
#else
typedef __global const storage_t *gradient_t;
#define gradient_element(source, at) element((source) + (at))
#define gradient_elements(source, at) elements((source) + (at))
#define prefetch_gradient(source, at) prefetch_input((source) + (at))
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
    s.mean_lo = CENTERED ? (mean_rest ? mean_rest[set] : 0) : 0;
    s.rstd = STATISTICS == GIVEN ? (real)1 / sqrt(rstd[set] + eps) : rstd[set];
    s.g = 0;
    s.g_of_xhat = 0;
    return s;
}

// Elements that the lanes take together at the end of a block. Part of the order of summation.
#define END 16

// How far ahead memory is asked for: further on while elements are summed than while dx is stored, made of what mostly is
// in a cache. Of no matter to the bits.
#define READ_AHEAD AHEAD
#define WRITE_AHEAD (AHEAD / 2)

// Where the element lies that follows so many elements further on in the set.
CLNORM_INLINE ulong distance_ahead(const sets_t sets, const uint elements)
{
    return sets.rows == 1 ? elements : elements / sets.width * row_stride(sets) + elements % sets.width;
}

// A block of a set: where it begins, how many elements it has, and which run's parameters.
typedef struct {
    ulong offset; // in the set
    uint n;
    uint run;   // of the row
    uint piece; // of the run
    uint param; // what gamma and beta are moved by: the run; EACH: where the block begins in its row
    ulong row;
} block_t;

CLNORM_INLINE block_t placed_block(const sets_t sets, const uint piece, const uint run, const ulong row)
{
    const ulong length = EACH ? sets.width : sets.run;
    const ulong from = (ulong)piece * BLOCK;
    block_t block;
    block.offset = row * SOURCE_ROW_STRIDE(sets) + run * length + from;
    block.n = (uint)min((ulong)BLOCK, length - from);
    block.param = EACH ? (uint)from : run;
    block.piece = piece;
    block.run = run;
    block.row = row;
    return block;
}

CLNORM_INLINE block_t block_of(const sets_t sets, const runs_t runs, const uint number)
{
    const uint run = number / runs.per_run;
    return placed_block(sets, number % runs.per_run, run % runs.runs, run / runs.runs);
}

// The block behind `block`: cheaper than block_of, whose divisions weigh as much as a short run.
CLNORM_INLINE block_t block_behind(const sets_t sets, const runs_t runs, const block_t block)
{
    const int same_run = block.piece + 1 < runs.per_run;
    const int same_row = same_run || block.run + 1 < runs.runs;
    return placed_block(sets, same_run ? block.piece + 1 : 0, same_run ? block.run : (same_row ? block.run + 1 : 0),
                        same_row ? block.row : block.row + 1);
}

// Block `number`, whose predecessor among the blocks that a team takes was `before`, `step` blocks ahead of it.
CLNORM_INLINE block_t next_block(const sets_t sets, const runs_t runs, const block_t before, const uint number,
                                 const uint step)
{
    return step == 1 ? block_behind(sets, runs, before) : block_of(sets, runs, number);
}

// The parameters of VECTOR_WIDTH elements that have their own.
#define GAMMAS(gamma, at) ((gamma) ? parameters((gamma) + (at)) : (realv)(1))
#define BETAS(beta, at) ((beta) ? parameters((beta) + (at)) : (realv)(0))

// A run's gamma or beta, `missing` where there is none; EACH has none.
#if EACH
#define PARAMETER_OF_RUN(values, missing) ((real)(missing))
#else
#define PARAMETER_OF_RUN(values, missing) ((values) ? parameter(values) : (real)(missing))
#endif

// The parameters of a vector of a block: EACH those at its elements, else the run's.
#if EACH
#define GAMMAS_OF_VECTOR(gamma, at, run) GAMMAS(gamma, at)
#define BETAS_OF_VECTOR(beta, at, run) BETAS(beta, at)
#define GAMMA_OF_ELEMENT(gamma, at, run) ((gamma) ? parameter((gamma) + (at)) : (real)1)
#define BETA_OF_ELEMENT(beta, at, run) ((beta) ? parameter((beta) + (at)) : (real)0)
#else
#define GAMMAS_OF_VECTOR(gamma, at, run) ((realv)(run))
#define BETAS_OF_VECTOR(beta, at, run) ((realv)(run))
#define GAMMA_OF_ELEMENT(gamma, at, run) (run)
#define BETA_OF_ELEMENT(beta, at, run) (run)
#endif

#if NEEDS_X
#define X_ELEMENTS(x, at) source_elements(x, at)
#define X_ELEMENT(x, at) source_element(x, at)
#else
#define X_ELEMENTS(x, at) ((realv)(0))
#define X_ELEMENT(x, at) ((real)0)
#endif

// Adds the VECTOR_WIDTH elements at `at` to their lanes, but for the first `skipped` (0 or less: none), which other lanes
// have.
CLNORM_INLINE void add_vector(realv *products, realv *sums, const source_t x, const gradient_t dy,
                              __global const parameter_t *gamma, __global const parameter_t *beta, const real run_gamma,
                              const real run_beta, const uint at, const int skipped, const set_gradient_t s)
{
    const realv from = X_ELEMENTS(x, at);
    const realv gammas = GAMMAS_OF_VECTOR(gamma, at, run_gamma);
    const realv betas = BETAS_OF_VECTOR(beta, at, run_beta);
    const realv dz = BEFORE_ACTIVATION(gradient_elements(dy, at), from, (realv)(s.mean_hi), (realv)(s.mean_lo),
                                       s.rstd * gammas, betas);
    const realv all = EACH ? dz * gammas : dz;
    const realv g = first_lanes(skipped, (realv)(0), all);
#if NEEDS_X
    *products = multiply_add(g, XHAT(from, (realv)(s.mean_hi), (realv)(s.mean_lo), (realv)(s.rstd)), *products);
#endif
    *sums += g;
}

// The same, element by element, for the first n of the VECTOR_WIDTH lanes at `at`: blocks of fewer than END elements.
CLNORM_INLINE void add_elements(realv *products, realv *sums, const source_t x, const gradient_t dy,
                                __global const parameter_t *gamma, __global const parameter_t *beta,
                                const real run_gamma, const real run_beta, const uint at, const uint n,
                                const set_gradient_t s)
{
    real lane_products[VECTOR_WIDTH], lane_sums[VECTOR_WIDTH];
    store_vector(*products, lane_products);
    store_vector(*sums, lane_sums);
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        if (v < n) {
            const real from = X_ELEMENT(x, at + v);
            const real one_gamma = GAMMA_OF_ELEMENT(gamma, at + v, run_gamma);
            const real one_beta = BETA_OF_ELEMENT(beta, at + v, run_beta);
            const real dz = BEFORE_ACTIVATION_ONE(gradient_element(dy, at + v), from, s.mean_hi, s.mean_lo,
                                                  s.rstd * one_gamma, one_beta);
            const real g = EACH ? dz * one_gamma : dz;
#if NEEDS_X
            lane_products[v] = multiply_add(g, XHAT(from, s.mean_hi, s.mean_lo, s.rstd), lane_products[v]);
#endif
            lane_sums[v] += g;
        }
    }
    *products = load_vector(lane_products);
    *sums = load_vector(lane_sums);
}

// The sums of a block of n elements, the same for every work-item of the team: sum(g * xhat) and sum(g), with gamma only
// EACH. n = 0 for a team without a block. gamma and beta point at the run's, EACH at those of the block's first element,
// or are null. `ahead` is the distance to what is summed soon. All work-items of the work-group call it together.
CLNORM_INLINE void block_sums(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                              __global const parameter_t *beta, const uint n, const set_gradient_t s,
                              const ulong ahead, const team_t *team, real *product, real *sum)
{
    realv products[HELD], sums[HELD];
#pragma unroll
    for (uint k = 0; k < HELD; k++) {
        products[k] = 0;
        sums[k] = 0;
    }
    real run_gamma = 1, run_beta = 0;
    if (n > 0) {
        run_gamma = PARAMETER_OF_RUN(gamma, 1);
        run_beta = PARAMETER_OF_RUN(beta, 0);
    }
    const uint whole = n / LANES * LANES;
    for (uint base = 0; base < whole; base += LANES) {
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint at = base + LANE_OF(team, k);
            prefetch_source(x, at + ahead);
            prefetch_gradient(dy, at + ahead);
            add_vector(products + k, sums + k, x, dy, gamma, beta, run_gamma, run_beta, at, 0, s);
        }
    }
    if (whole < n) {
        const uint ends = (n - whole) / END * END;                         // lanes of whole ENDs
        const uint shift = n >= END ? (END - (n - whole) % END) % END : 0; // of the elements in the last END
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint lane = LANE_OF(team, k);
            const uint of_end = lane % END;
            const int in_whole = lane + VECTOR_WIDTH <= ends;
            if (in_whole || (shift > 0 && lane < ends + END && of_end + VECTOR_WIDTH > shift)) {
                const uint at = whole + lane - (in_whole ? 0 : shift);
                prefetch_source(x, at + ahead);
                prefetch_gradient(dy, at + ahead);
                add_vector(products + k, sums + k, x, dy, gamma, beta, run_gamma, run_beta, at,
                           in_whole ? 0 : (int)shift - (int)of_end, s);
            }
            if (k * TEAM * VECTOR_WIDTH < END && n < END && lane < n) {
                add_elements(products + k, sums + k, x, dy, gamma, beta, run_gamma, run_beta, lane, n - lane, s);
            }
        }
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
    const ulong ahead = distance_ahead(sets, READ_AHEAD);
    block_t block = block_of(sets, runs, there && first + offset < end ? first + offset : 0);
    for (uint base = first; base < end; base += step) {
        const uint number = base + offset;
        const int present = there && number < end;
        real product, sum;
        block_sums(source_at(x, block.offset), dy + block.offset, gamma ? gamma + block.param : gamma,
                   beta ? beta + block.param : beta, present ? block.n : 0, s, ahead, team, &product, &sum);
        if (present && team->item == 0) {
            partials[number] = product;
            partials[stride + number] = sum;
        }
        if (there && number + step < end) {
            block = next_block(sets, runs, block, number + step, step);
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
    if (runs.per_run == 1 && at + VECTOR_WIDTH <= runs.runs) {
        return parameters(gamma + at);
    }
    if (at % runs.per_run + VECTOR_WIDTH <= runs.per_run) {
        return (realv)(parameter(gamma + at / runs.per_run % runs.runs));
    }
    real part[VECTOR_WIDTH];
    uint piece = at % runs.per_run;
    uint run = at / runs.per_run % runs.runs;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = parameter(gamma + run);
        piece++;
        if (piece == runs.per_run) {
            piece = 0;
            run = run + 1 == runs.runs ? 0 : run + 1;
        }
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
    set_gradient_t merged = s;
#if TEAM == 1
    // Nothing to merge, but a sum of -0 is 0 where sums are merged.
    if (runs.blocks == 1) {
        const real one_gamma = PARAMETER_OF_RUN(gamma, 1);
        merged.g_of_xhat = ((real)0 + one_gamma * partials[0]) / (real)n;
        merged.g = ((real)0 + one_gamma * partials[stride]) / (real)n;
        return merged;
    }
#endif
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
            TWO_SUM(realv, folded, rounding, products[k], product);
            products[k] = folded;
            product_errors[k] += rounding;
            const realv sum = gammas * load_partials(partials + stride, at, runs.blocks);
            TWO_SUM(realv, folded, rounding, sums[k], sum);
            sums[k] = folded;
            sum_errors[k] += rounding;
        }
    }
    merged.g_of_xhat = fold_compensated(products, product_errors, team) / (real)n;
    merged.g = fold_compensated(sums, sum_errors, team) / (real)n;
    return merged;
}

// dx of the VECTOR_WIDTH elements at `at` of a block; the parameters as in add_vector.
CLNORM_INLINE realv input_gradient_of_vector(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                                             __global const parameter_t *beta, const real run_gamma,
                                             const real run_beta, const uint at, const set_gradient_t s)
{
    const realv hi = (realv)(s.mean_hi), lo = (realv)(s.mean_lo), rstd = (realv)(s.rstd);
    const realv from = X_ELEMENTS(x, at);
    const realv gammas = GAMMAS_OF_VECTOR(gamma, at, run_gamma);
    const realv betas = BETAS_OF_VECTOR(beta, at, run_beta);
    const realv dz = BEFORE_ACTIVATION(gradient_elements(dy, at), from, hi, lo, rstd * gammas, betas);
    const realv xhat = XHAT(from, hi, lo, rstd);
    return INPUT_GRADIENT(dz, xhat, gammas, rstd, (realv)(s.g), (realv)(s.g_of_xhat));
}

CLNORM_INLINE real input_gradient_of_element(const source_t x, const gradient_t dy, __global const parameter_t *gamma,
                                             __global const parameter_t *beta, const real run_gamma,
                                             const real run_beta, const uint at, const set_gradient_t s)
{
    const real from = X_ELEMENT(x, at);
    const real one_gamma = GAMMA_OF_ELEMENT(gamma, at, run_gamma);
    const real one_beta = BETA_OF_ELEMENT(beta, at, run_beta);
    const real dz =
        BEFORE_ACTIVATION_ONE(gradient_element(dy, at), from, s.mean_hi, s.mean_lo, s.rstd * one_gamma, one_beta);
    const real xhat = XHAT(from, s.mean_hi, s.mean_lo, s.rstd);
    return INPUT_GRADIENT(dz, xhat, one_gamma, s.rstd, s.g, s.g_of_xhat);
}

// Vectors a trip, all of them read before any is written; activations are long enough without, and take long to compile.
#if ACTIVATION == NONE
#define AT_ONCE 4
#else
#define AT_ONCE 1
#endif

// dx of a block of n elements, by the work-items of a team. gamma, beta and ahead as in block_sums.
CLNORM_INLINE void input_gradient_of_block(const source_t x, const gradient_t dy, __global storage_t *dx,
                                           __global const parameter_t *gamma, __global const parameter_t *beta,
                                           const uint n, const set_gradient_t s, const ulong ahead,
                                           const team_t *team)
{
    const uint head = (uint)aligned_head(dx, n);
    const uint end = head + (n - head) / VECTOR_WIDTH * VECTOR_WIDTH;
    const real run_gamma = PARAMETER_OF_RUN(gamma, 1);
    const real run_beta = PARAMETER_OF_RUN(beta, 0);
    // What is left at both ends: a lone work-item takes it by two vectors that overlap the others, before dx overwrites
    // what they read; others element by element.
#if TEAM == 1 && VECTOR_WIDTH > 1
    const int overlapping = n >= VECTOR_WIDTH;
#else
    const int overlapping = 0;
#endif
    realv at_ends[2];
    for (uint e = 0; e < (overlapping ? 2u : 0u); e++) {
        if (e == 0 ? head > 0 : end < n) {
            at_ends[e] = input_gradient_of_vector(x, dy, gamma, beta, run_gamma, run_beta,
                                                  e == 0 ? 0 : n - VECTOR_WIDTH, s);
        }
    }
    uint at = head + team->item * VECTOR_WIDTH;
    for (; at + (AT_ONCE - 1) * TEAM * VECTOR_WIDTH < end; at += AT_ONCE * TEAM * VECTOR_WIDTH) {
        realv result[AT_ONCE];
#pragma unroll
        for (uint u = 0; u < AT_ONCE; u++) {
            prefetch_output(dx + at + u * TEAM * VECTOR_WIDTH + ahead);
            prefetch_source(x, at + u * TEAM * VECTOR_WIDTH + ahead);
            prefetch_gradient(dy, at + u * TEAM * VECTOR_WIDTH + ahead);
            result[u] =
                input_gradient_of_vector(x, dy, gamma, beta, run_gamma, run_beta, at + u * TEAM * VECTOR_WIDTH, s);
        }
#pragma unroll
        for (uint u = 0; u < AT_ONCE; u++) {
            store_output(result[u], dx + at + u * TEAM * VECTOR_WIDTH);
        }
    }
#if AT_ONCE > 1
    for (; at < end; at += TEAM * VECTOR_WIDTH) {
        prefetch_output(dx + at + ahead);
        store_output(input_gradient_of_vector(x, dy, gamma, beta, run_gamma, run_beta, at, s), dx + at);
    }
#endif
    if (overlapping) {
        if (head > 0) {
            store_elements(at_ends[0], dx);
        }
        if (end < n) {
            store_elements(at_ends[1], dx + n - VECTOR_WIDTH);
        }
    } else {
        const uint rest = n - (end - head);
        for (uint i = team->item; i < rest; i += TEAM) {
            const uint one = i + (i < head ? 0 : end - head);
            store_element(input_gradient_of_element(x, dy, gamma, beta, run_gamma, run_beta, one, s), dx + one);
        }
    }
}

// Blocks whose dx is made before that of the blocks in front of them, so that a set too large for a cache is read from its
// end, which is still there, to its beginning.
#define PIECE 64

// dx of the blocks `first` .. `end` of a set; a team takes every `step`-th of a piece, beginning with its `offset`-th. dx
// points at the set, whose rows are row_stride apart there.
CLNORM_INLINE void input_gradient_of_blocks(const source_t x, const gradient_t dy, __global storage_t *dx,
                                            __global const parameter_t *gamma, __global const parameter_t *beta,
                                            const sets_t sets, const runs_t runs, const set_gradient_t s,
                                            const uint first, const uint end, const uint offset, const uint step,
                                            const team_t *team)
{
    const ulong ahead = distance_ahead(sets, WRITE_AHEAD);
    for (uint piece = (end - first + PIECE - 1) / PIECE; piece-- > 0;) {
        const uint to = min(first + (piece + 1) * PIECE, end);
        const uint from = first + piece * PIECE + offset;
        block_t block = block_of(sets, runs, min(from, to - 1));
        for (uint number = from; number < to; number += step) {
            const ulong target = block.offset + block.row * (row_stride(sets) - SOURCE_ROW_STRIDE(sets));
            input_gradient_of_block(source_at(x, block.offset), dy + block.offset, dx + target,
                                    gamma ? gamma + block.param : gamma, beta ? beta + block.param : beta, block.n, s,
                                    ahead, team);
            block = next_block(sets, runs, block, min(number + step, to - 1), step);
        }
    }
}

// Where the sums of parameters lie among partials: [samples, groups, blocks], twice, and the blocks of a set
// [chunks, runs, per_run]. A parameter's are added sample after sample, in the order of the blocks.
typedef struct {
    ulong samples, groups;
    uint chunks;
} merge_t;

CLNORM_INLINE merge_t merge_of(const runs_t runs, const ulong samples, const ulong groups)
{
    merge_t merge;
    merge.samples = samples;
    merge.groups = groups;
    merge.chunks = runs.blocks / runs.runs / runs.per_run;
    return merge;
}

CLNORM_INLINE void store_parameters(const real product, const real sum, __global parameter_t *dgamma,
                                    __global parameter_t *dbeta, const ulong number)
{
    if (dgamma) {
        store_parameter(product, dgamma + number);
    }
    if (dbeta) {
        store_parameter(sum, dbeta + number);
    }
}

#if SIDE_BY_SIDE
// Folds values of VECTOR_WIDTH parameters by the tree of fold_compensated, of which they are the first `count` lanes.
CLNORM_INLINE realv fold_side_by_side(realv *sum, const uint count)
{
    realv error[LANES], folded, rounding;
    for (uint i = 0; i < count; i++) {
        error[i] = (realv)(0);
    }
    for (uint half_ = LANES / 2; half_ > 0; half_ /= 2) {
        for (uint i = 0; i < half_ && i + half_ < count; i++) {
            TWO_SUM(realv, folded, rounding, sum[i], sum[i + half_]);
            sum[i] = folded;
            error[i] = (error[i] + error[i + half_]) + rounding;
        }
    }
    // As there: an infinite sum has no error to speak of, and a sum of -0 is 0.
    const realv total = sum[0] + error[0];
    return isinf(sum[0]) ? sum[0] : total;
}

// dgamma and dbeta of the parameters `first` .. `end` of all groups, by a lone work-item whose vectors hold as many
// parameters, each of which has at most LANES sums.
CLNORM_INLINE void gradients_side_by_side(__global const real *partials, const ulong stride, const merge_t merge,
                                          const runs_t runs, const ulong first, const ulong end,
                                          __global parameter_t *dgamma, __global parameter_t *dbeta)
{
    for (ulong at = first; at < end; at += VECTOR_WIDTH) {
        const uint there = (uint)min(end - at, (ulong)VECTOR_WIDTH);
        ulong from[VECTOR_WIDTH];
        ulong group = at / runs.runs;
        uint run = (uint)(at % runs.runs);
        for (uint v = 0; v < VECTOR_WIDTH; v++) {
            // Those behind the last one take its sums, and are not stored.
            from[v] = group * runs.blocks + (ulong)run * runs.per_run;
            if (v + 1 < there) {
                run++;
                if (run == runs.runs) {
                    run = 0;
                    group++;
                }
            }
        }
        realv products[LANES], sums[LANES];
        const int together = there == VECTOR_WIDTH && from[VECTOR_WIDTH - 1] == from[0] + VECTOR_WIDTH - 1;
        uint count = 0;
        for (ulong sample = 0; sample < merge.samples; sample++) {
            for (uint chunk = 0; chunk < merge.chunks; chunk++) {
                for (uint piece = 0; piece < runs.per_run; piece++) {
                    __global const real *at_sample = partials + sample * merge.groups * runs.blocks +
                                                     (ulong)chunk * runs.runs * runs.per_run + piece;
                    if (together) {
                        products[count] = load_vector(at_sample + from[0]);
                        sums[count] = load_vector(at_sample + stride + from[0]);
                    } else {
                        real some_products[VECTOR_WIDTH], some_sums[VECTOR_WIDTH];
                        for (uint v = 0; v < VECTOR_WIDTH; v++) {
                            some_products[v] = at_sample[from[v]];
                            some_sums[v] = at_sample[stride + from[v]];
                        }
                        products[count] = load_vector(some_products);
                        sums[count] = load_vector(some_sums);
                    }
                    count++;
                }
            }
        }
        real lane_products[VECTOR_WIDTH], lane_sums[VECTOR_WIDTH];
        store_vector(fold_side_by_side(products, count), lane_products);
        store_vector(fold_side_by_side(sums, count), lane_sums);
        for (uint v = 0; v < there; v++) {
            store_parameters(lane_products[v], lane_sums[v], dgamma, dbeta, at + v);
        }
    }
}
#endif

// The same of one parameter, by a team, for any number of sums. All work-items of the work-group call it together; a team
// without a parameter has number >= end.
CLNORM_INLINE void gradient_of_parameter(__global const real *partials, const ulong stride, const merge_t merge,
                                         const runs_t runs, const ulong number, const ulong end,
                                         __global parameter_t *dgamma, __global parameter_t *dbeta, const team_t *team)
{
    const ulong of_group = number / runs.runs;
    const uint run = (uint)(number % runs.runs);
    const ulong count = number < end ? merge.samples * merge.chunks * runs.per_run : 0;
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
            const ulong at = base + LANE_OF(team, k);
            realv product = (realv)(0), sum = (realv)(0);
            if (at < count) {
                const ulong chunk = at / runs.per_run;
                const uint within = (uint)(at % runs.per_run);
                const ulong from = (chunk / merge.chunks * merge.groups + of_group) * runs.blocks +
                                   ((chunk % merge.chunks) * runs.runs + run) * runs.per_run + within;
                if (within + VECTOR_WIDTH <= runs.per_run) {
                    product = load_vector(partials + from);
                    sum = load_vector(partials + stride + from);
                } else {
                    real some_products[VECTOR_WIDTH], some_sums[VECTOR_WIDTH];
                    ROLLED
                    for (uint v = 0; v < VECTOR_WIDTH; v++) {
                        const ulong one = at + v;
                        const ulong its_chunk = one / runs.per_run;
                        const ulong place = (its_chunk / merge.chunks * merge.groups + of_group) * runs.blocks +
                                            ((its_chunk % merge.chunks) * runs.runs + run) * runs.per_run + one % runs.per_run;
                        some_products[v] = one < count ? partials[place] : (real)0;
                        some_sums[v] = one < count ? partials[stride + place] : (real)0;
                    }
                    product = load_vector(some_products);
                    sum = load_vector(some_sums);
                }
            }
            TWO_SUM(realv, folded, rounding, products[k], product);
            products[k] = folded;
            product_errors[k] += rounding;
            TWO_SUM(realv, folded, rounding, sums[k], sum);
            sums[k] = folded;
            sum_errors[k] += rounding;
        }
    }
    const real product = fold_compensated(products, product_errors, team);
    const real sum = fold_compensated(sums, sum_errors, team);
    if (number < end && team->item == 0) {
        store_parameters(product, sum, dgamma, dbeta, number);
    }
}

// dgamma and dbeta of the parameters `first` .. `end`, by a work-group.
CLNORM_INLINE void gradients_of_parameters(__global const real *partials, const ulong stride, const merge_t merge,
                                           const runs_t runs, const ulong first, const ulong end,
                                           __global parameter_t *dgamma, __global parameter_t *dbeta,
                                           const team_t *team)
{
#if SIDE_BY_SIDE
    gradients_side_by_side(partials, stride, merge, runs, first, end, dgamma, dbeta);
#else
    for (ulong number = first; number < end; number += TEAMS) {
        gradient_of_parameter(partials, stride, merge, runs, number + team->team, end, dgamma, dbeta, team);
    }
#endif
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
// Parallel over: parameters; a work-group of one team takes `each` of them.
// [in]  partials       as gradient_sums and gradient_sums_of_columns leave them: [samples, groups, blocks], twice
// [out] dgamma, dbeta  [groups, runs]; either may be null
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_of_parameters(__global const real *partials, const ulong stride, const ulong samples, const ulong groups,
                       RUNS_ARGUMENTS, __global parameter_t *dgamma, __global parameter_t *dbeta, const uint each,
                       const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_RUNS(cut);
    const ulong first = (first_group + get_group_id(0)) * each;
    gradients_of_parameters(partials, stride, merge_of(cut, samples, groups), cut, first,
                            min(first + each, groups * runs), dgamma, dbeta, &team);
}

#endif
#endif
