// Backward of the strategy tiled: dx of LayerNorm and RMSNorm, and the sums of their parameters from the same read.
//
// A team takes a tile: COLUMN_ROWS samples of one group, one after another. It sums the blocks of a set, computes dx,
// and adds dz * xhat and dz to the sums of all columns, which stay in local memory (on a CPU in the cache) until the
// tile is done. Each column is summed from the first sample to the last. gradient_sums_of_columns does the same with
// another read of x and dy, hence the same bits.
//
// For rows of 64 elements or more: tiles.cl takes several shorter ones as one. A work-group is one team.

// Each element of a row has its own gamma and beta, and a work-group has all blocks of its sets.
#define EACH 1
#define BLOCKS_SPACE __local

#include "gradient_sets.cl"
#include "tiles.cl"

// 1 if rows are too wide for local memory: the sums of columns are then in global memory.
#ifndef WIDE_COLUMNS
#define WIDE_COLUMNS 0
#endif

// The address space of the sums of columns.
#if WIDE_COLUMNS
#define COLUMNS_SPACE __global
#else
#define COLUMNS_SPACE __local
#endif

// Samples whose dx is computed side by side: the sums of a column are loaded and stored once for all of them. Changes
// no bit.
#define SAMPLES_AT_ONCE 4

// Samples of a tile, and their outputs.
typedef struct {
    tensor_t x;
    __global const storage_t *dy;
    __global storage_t *dx;
    __global const parameter_t *gamma, *beta;
    ulong stride; // elements from one sample to the next
} samples_t;

// The same from sample number n on.
CLNORM_INLINE samples_t samples_from(const samples_t samples, const uint n)
{
    samples_t moved = samples;
    moved.x = tensor_at(samples.x, n * samples.stride);
    moved.dy = samples.dy + n * samples.stride;
    moved.dx = samples.dx + n * samples.stride;
    return moved;
}

// What dx of SAMPLES_AT_ONCE samples takes.
typedef struct {
#if TEAM == 1
    set_gradient_t of[SAMPLES_AT_ONCE];
#else
    // GPUs keep an array with an index that is known at run time only in memory.
    set_gradient_t first, second, third, fourth;
#endif
} set_gradients_t;

#if TEAM > 1
// Sets `to` to s if `here`.
CLNORM_INLINE void set_if(const int here, set_gradient_t *to, const set_gradient_t s)
{
    to->mean_hi = here ? s.mean_hi : to->mean_hi;
    to->mean_lo = here ? s.mean_lo : to->mean_lo;
    to->rstd = here ? s.rstd : to->rstd;
    to->g = here ? s.g : to->g;
    to->g_of_xhat = here ? s.g_of_xhat : to->g_of_xhat;
}
#endif

CLNORM_INLINE void set_sample(set_gradients_t *sets, const uint n, const set_gradient_t s)
{
#if TEAM == 1
    sets->of[n] = s;
#else
    set_if(n == 0, &sets->first, s);
    set_if(n == 1, &sets->second, s);
    set_if(n == 2, &sets->third, s);
    set_if(n == 3, &sets->fourth, s);
#endif
}

CLNORM_INLINE set_gradient_t sample_number(const set_gradients_t *sets, const uint n)
{
#if TEAM == 1
    return sets->of[n];
#else
    set_gradient_t s = sets->first;
    set_if(n == 1, &s, sets->second);
    set_if(n == 2, &s, sets->third);
    set_if(n == 3, &s, sets->fourth);
    return s;
#endif
}

// dx of VECTOR_WIDTH columns of one sample from element `place` on, whose x and dy are loaded. They are added to the sums
// of their columns.
CLNORM_INLINE void vector_of_sample(realv *product, realv *sum, const realv x, const realv dy, const realv gamma,
                                    const realv beta, const set_gradient_t s, __global storage_t *dx)
{
    const realv mean_hi = (realv)(s.mean_hi), mean_lo = (realv)(s.mean_lo), rstd = (realv)(s.rstd);
    const realv dz = before_activation(dy, x, mean_hi, mean_lo, rstd, gamma, beta);
    const realv xhat = XHAT(x, mean_hi, mean_lo, rstd);
    *product = multiply_add(dz, xhat, *product);
    *sum += dz;
    const realv result = INPUT_GRADIENT(dz, xhat, gamma, rstd, (realv)(s.g), (realv)(s.g_of_xhat));
    if (aligned_head(dx, VECTOR_WIDTH) == 0) {
        store_output(result, dx);
    } else {
        store_elements(result, dx);
    }
}

// dx of VECTOR_WIDTH columns from number `at` on in `count` samples, the first of which is number `from` of `sets`. Each
// is added to the sums of its column in the order of the samples.
CLNORM_INLINE void vectors_of_tile(const samples_t samples, const set_gradients_t *sets, const uint from,
                                   const uint count, COLUMNS_SPACE real *products, COLUMNS_SPACE real *sums,
                                   const uint at)
{
    const realv gamma = gammas_at(samples.gamma, at);
    const realv beta = betas_at(samples.beta, at);
    realv product = load_aligned(COLUMNS_SPACE, REAL_NAME, products + at);
    realv sum = load_aligned(COLUMNS_SPACE, REAL_NAME, sums + at);
#if TEAM > 1
    if (count == SAMPLES_AT_ONCE) {
        // dx may be dy: all are loaded before any dx is stored.
        const four_t x = four_of_tensor(samples.x, at, samples.stride);
        const four_t dy = four_of_elements(samples.dy, at, samples.stride);
        __global storage_t *dx = samples.dx + at;
        vector_of_sample(&product, &sum, x.v0, dy.v0, gamma, beta, sets->first, dx);
        vector_of_sample(&product, &sum, x.v1, dy.v1, gamma, beta, sets->second, dx + samples.stride);
        vector_of_sample(&product, &sum, x.v2, dy.v2, gamma, beta, sets->third, dx + 2 * samples.stride);
        vector_of_sample(&product, &sum, x.v3, dy.v3, gamma, beta, sets->fourth, dx + 3 * samples.stride);
        store_aligned(product, COLUMNS_SPACE, REAL_NAME, products + at);
        store_aligned(sum, COLUMNS_SPACE, REAL_NAME, sums + at);
        return;
    }
#endif
#pragma unroll
    for (uint n = 0; n < count; n++) {
        const ulong place = n * samples.stride + at;
        prefetch_output(samples.dx + place + WRITE_AHEAD);
        const realv x = tensor_elements(samples.x, place);
        vector_of_sample(&product, &sum, x, elements(samples.dy + place), gamma, beta, sample_number(sets, from + n),
                         samples.dx + place);
    }
    store_aligned(product, COLUMNS_SPACE, REAL_NAME, products + at);
    store_aligned(sum, COLUMNS_SPACE, REAL_NAME, sums + at);
}

// The same of one column.
CLNORM_INLINE void column_of_tile(const samples_t samples, const set_gradients_t *sets, const uint count,
                                  COLUMNS_SPACE real *products, COLUMNS_SPACE real *sums, const uint at)
{
    const real gamma = gamma_at(samples.gamma, at);
    const real beta = beta_at(samples.beta, at);
    for (uint n = 0; n < count; n++) {
        const ulong place = n * samples.stride + at;
        const set_gradient_t s = sample_number(sets, n);
        const real x = tensor_element(samples.x, place);
        const real dz = before_activation_one(element(samples.dy + place), x, s, gamma, beta);
        const real xhat = XHAT(x, s.mean_hi, s.mean_lo, s.rstd);
        products[at] = multiply_add(dz, xhat, products[at]);
        sums[at] += dz;
        store_element(INPUT_GRADIENT(dz, xhat, gamma, s.rstd, s.g, s.g_of_xhat), samples.dx + place);
    }
}

// dx and the sums of all `size` columns of `count` samples, by the work-items of a team.
CLNORM_INLINE void columns_of_tile(const samples_t samples, const set_gradients_t *sets, const uint count,
                                   const uint size, COLUMNS_SPACE real *products, COLUMNS_SPACE real *sums,
                                   const team_t *team)
{
    const uint vectors = size / VECTOR_WIDTH;
    if (count == SAMPLES_AT_ONCE) {
        for (uint i = team->item; i < vectors; i += TEAM) {
            vectors_of_tile(samples, sets, 0, SAMPLES_AT_ONCE, products, sums, i * VECTOR_WIDTH);
        }
    } else {
        // count > 0 is not tested. clang would merge that test with the one above to a switch, and PoCL 3.1 then
        // computes one sample too many in work-groups of several work-items.
        uint n = 0;
        do {
            for (uint i = team->item; i < vectors; i += TEAM) {
                vectors_of_tile(samples_from(samples, n), sets, n, 1, products, sums, i * VECTOR_WIDTH);
            }
        } while (++n < count);
    }
#if !ALIGNED
    for (uint at = vectors * VECTOR_WIDTH + team->item; at < size; at += TEAM) {
        column_of_tile(samples, sets, count, products, sums, at);
    }
#endif
}

// The statistics of one set of `size` elements, with the means that dx takes. A group call.
CLNORM_INLINE set_gradient_t set_of_tile(const samples_t samples, const set_gradient_t saved, const gradient_cut_t cut,
                                         const uint size, __local real *sums, const team_t *team)
{
    const operands_t operands = operands_of(samples.x, samples.dy, samples.gamma, samples.beta, saved);
    for (uint number = 0; number < cut.blocks; number++) {
        const uint from = number * BLOCK;
        real product, sum;
        block_sums(operands_at(operands, from, from), min((uint)BLOCK, size - from), READ_AHEAD, team, &product, &sum);
        if (team->item == 0) {
            sums[number] = product;
            sums[cut.blocks + number] = sum;
        }
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    const set_gradient_t merged = merge_sums(sums, cut.blocks, cut, samples.gamma, size, saved, team);
    // The sums of the next set overwrite these.
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    return merged;
}

// The number of set number `row` of those that share the parameters of a tile.
#if PARAMETER_SCOPE == PER_SAMPLE
#define set_in_tile(row, group, groups) ((group) * (groups) + (row))
#else
#define set_in_tile(row, group, groups) ((row) * (groups) + (group))
#endif

// Parallel over: tiles x groups. PER_SAMPLE: a tile is COLUMN_ROWS sets of one sample. `group` is then the number of the
// sample, and `tiles` those of one sample.
// [in]  x, residual, dy      [samples, 1, groups, width]
// [in]  gamma, beta          [groups, width], or null; PER_SAMPLE: [samples, width]
// [in]  mean, mean_lo, rstd  [sets]; see saved_t for what may be null
// [out] partials             2 x stride reals: the sums of parameter p over tile t at p * tiles + t
// [out] dx                   as x; may be dy
// [tmp] wide                 WIDE_COLUMNS: 2 x width reals for each work-group; else not used
// local kept                 2 x width reals; WIDE_COLUMNS: one real that is not used
// local sums                 2 x blocks reals
// local                      2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_tiles(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
               __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
               __global const real *mean_lo, __global const real *rstd, const real eps, __global real *partials,
               const ulong stride, __global storage_t *dx, const ulong samples, const ulong rows, const ulong groups,
               const ulong width, const ulong run, const uint blocks, const uint runs, const uint per_run,
               const uint tiles, __global real *wide, const ulong first_group, __local kept_t *kept, __local real *sums)
{
    DECLARE_TEAM(team);
    const gradient_cut_t cut = gradient_cut_of(blocks, runs, per_run);
    const saved_t saved = saved_of(mean, mean_lo, rstd, eps);
    RETURN_IF_IDLE(first_group)
    const index_t work = work_group(first_group);
#if PARAMETER_SCOPE == PER_SAMPLE
    const index_t tile = work % tiles;
    const index_t group = work / tiles;
#else
    const index_t tile = work / (index_t)groups;
    const index_t group = work % (index_t)groups;
#endif
    const uint size = (uint)width;
#if WIDE_COLUMNS
    __global real *columns = wide + work * 2 * size;
#else
    __local real *columns = (__local real *)kept;
#endif
    for (uint j = team.item; j < 2 * size; j += TEAM) {
        columns[j] = 0;
    }
    samples_t own;
    own.gamma = parameters_at(gamma, group * width);
    own.beta = parameters_at(beta, group * width);
#if PARAMETER_SCOPE == PER_SAMPLE
    own.stride = width;
    const index_t end = min((index_t)groups, (tile + 1) * COLUMN_ROWS);
#else
    own.stride = groups * width;
    const index_t end = min((index_t)samples, (tile + 1) * COLUMN_ROWS);
#endif
    for (index_t first = tile * COLUMN_ROWS; first < end; first += SAMPLES_AT_ONCE) {
        const uint count = (uint)min((index_t)SAMPLES_AT_ONCE, end - first);
        const index_t offset = set_in_tile(first, group, (index_t)groups) * size;
        own.x = tensor_at(tensor_of(x, residual), offset);
        own.dy = dy + offset;
        own.dx = dx + offset;
        set_gradients_t sets;
        for (uint n = 0; n < count; n++) {
            set_sample(&sets, n,
                       set_of_tile(samples_from(own, n), saved_statistics(saved, set_in_tile(first + n, group, groups)),
                                   cut, size, sums, &team));
        }
        columns_of_tile(own, &sets, count, size, columns, columns + size, &team);
    }
    GROUP_BARRIER(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    for (uint j = team.item; j < size; j += TEAM) {
        const index_t place = (group * size + j) * tiles + tile;
        partials[place] = columns[j];
        partials[stride + place] = columns[size + j];
    }
}
