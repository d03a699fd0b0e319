// Backward with the gradients of every element's own parameters in the same reading: LayerNorm and RMSNorm.
//
// A team takes a tile of COLUMN_ROWS samples of one group, one after another: it sums the set's blocks, computes dx, and
// adds dz * xhat and dz to sums for every column, which stay in local memory (on a CPU in the cache; rows too wide for that
// in global memory) until the tile is done. Every column is added from the first sample to the last:
// gradient_sums_of_columns does just that, hence the same bits, with one reading of x and dy more.
//
// For rows of 64 elements or more (tiles.cl takes shorter ones several at a time), and work-groups of one team.

#define EACH 1
#define PARTIALS_SPACE __local
#define GRADIENT_LIBRARY
#include "gradient.cl"
#include "tiles.cl"

// Where the sums of columns are kept: local memory, or with WIDE_COLUMNS, where rows are too wide for it, global.
#ifdef WIDE_COLUMNS
#define COLUMNS_SPACE __global
#else
#define COLUMNS_SPACE __local
#endif

// Samples whose dx is computed side by side, so that the sums of a column are loaded and stored once for all of them. Of
// no matter to the bits.
#define SAMPLES_AT_ONCE 4

// dx of the elements at .. at + VECTOR_WIDTH of `samples` sets, `stride` elements apart, each added to the sums of its
// column, one after another.
CLNORM_INLINE void vectors_of_tile(const tensor_t x, __global const storage_t *dy, __global storage_t *dx,
                                   const ulong stride, __global const parameter_t *gamma,
                                   __global const parameter_t *beta, const set_gradient_t *s, const uint samples,
                                   COLUMNS_SPACE real *products, COLUMNS_SPACE real *totals, const uint at)
{
    const realv gammas = GAMMAS(gamma, at);
    const realv betas = BETAS(beta, at);
    realv product = load_vector(products + at), total = load_vector(totals + at);
#pragma unroll
    for (uint n = 0; n < samples; n++) {
        const ulong place = n * stride + at;
        const realv hi = (realv)(s[n].mean_hi), lo = (realv)(s[n].mean_lo), rstd = (realv)(s[n].rstd);
        prefetch_output(dx + place + WRITE_AHEAD);
        const realv from = tensor_elements(x, place);
        const realv dz = BEFORE_ACTIVATION(elements(dy + place), from, hi, lo, rstd * gammas, betas);
        const realv xhat = XHAT(from, hi, lo, rstd);
        product = multiply_add(dz, xhat, product);
        total += dz;
        const realv result = INPUT_GRADIENT(dz, xhat, gammas, rstd, (realv)(s[n].g), (realv)(s[n].g_of_xhat));
        if (aligned_head(dx + place, VECTOR_WIDTH) == 0) {
            store_output(result, dx + place);
        } else {
            store_elements(result, dx + place);
        }
    }
    store_vector(product, products + at);
    store_vector(total, totals + at);
}

// The means that dx of one set takes. All work-items of the work-group call it together.
CLNORM_INLINE set_gradient_t set_of_tile(const tensor_t x, __global const storage_t *dy,
                                         __global const parameter_t *gamma, __global const parameter_t *beta,
                                         const set_gradient_t saved, const runs_t cut, const uint size,
                                         __local real *sums, const team_t *team)
{
    for (uint number = 0; number < cut.blocks; number++) {
        const uint from = number * BLOCK;
        real product, sum;
        block_sums(tensor_at(x, from), dy + from, gamma ? gamma + from : gamma, beta ? beta + from : beta,
                   min((uint)BLOCK, size - from), saved, READ_AHEAD, team, &product, &sum);
        if (team->item == 0) {
            sums[number] = product;
            sums[cut.blocks + number] = sum;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    const set_gradient_t merged = merge_sums(sums, cut.blocks, cut, gamma, size, saved, team);
    // The next set's sums overwrite these.
    barrier(CLK_LOCAL_MEM_FENCE);
    return merged;
}

// Parallel over: tiles x groups.
// [in]  x, residual, dy        [samples, 1, groups, width]
// [in]  gamma, beta            [groups, width], or null
// [in]  mean, mean_rest, rstd  one real a set
// [out] partials               2 x stride reals: the sums of parameter p over tile t at p * tiles + t
// [out] dx                     as x; may be dy
// local kept     2 x width reals; WIDE_COLUMNS: one that is not used, and `wide` has as many for every work-group
// local sums     2 x blocks reals
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_tiles(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
               __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
               __global const real *mean_rest, __global const real *rstd, const real eps, __global real *partials,
               const ulong stride, __global storage_t *dx, const ulong samples, SETS_ARGUMENTS, RUNS_ARGUMENTS,
               const uint tiles, __global real *wide, const ulong first_group, __local real *kept, __local real *sums)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const ulong work = first_group + get_group_id(0);
    const ulong tile = work / groups;
    const ulong of_row = work % groups;
    const uint size = (uint)width;
#ifdef WIDE_COLUMNS
    __global real *columns = wide + work * 2 * size;
#else
    __local real *columns = kept;
#endif
    COLUMNS_SPACE real *products = columns;
    COLUMNS_SPACE real *totals = columns + size;
    for (uint j = team.item; j < 2 * size; j += TEAM) {
        columns[j] = 0;
    }
    __global const parameter_t *gammas = gamma ? gamma + of_row * width : gamma;
    __global const parameter_t *betas = beta ? beta + of_row * width : beta;
    const ulong end = min(samples, (tile + 1) * COLUMN_ROWS);
    const uint vectors = size / VECTOR_WIDTH;
    for (ulong first = tile * COLUMN_ROWS; first < end; first += SAMPLES_AT_ONCE) {
        const uint count = (uint)min((ulong)SAMPLES_AT_ONCE, end - first);
        const ulong offset = (first * groups + of_row) * width;
        const tensor_t own = tensor_at(tensor, offset);
        __global const storage_t *own_dy = dy + offset;
        __global storage_t *own_dx = dx + offset;
        set_gradient_t s[SAMPLES_AT_ONCE];
        for (uint n = 0; n < count; n++) {
            const ulong further = n * groups * width;
            s[n] = set_of_tile(tensor_at(own, further), own_dy + further, gammas, betas,
                               saved_statistics(mean, mean_rest, rstd, eps, (first + n) * groups + of_row), cut, size,
                               sums, &team);
        }
        if (count == SAMPLES_AT_ONCE) {
            for (uint i = team.item; i < vectors; i += TEAM) {
                vectors_of_tile(own, own_dy, own_dx, groups * width, gammas, betas, s, SAMPLES_AT_ONCE, products, totals,
                                i * VECTOR_WIDTH);
            }
        } else {
            for (uint n = 0; n < count; n++) {
                const ulong further = n * groups * width;
                for (uint i = team.item; i < vectors; i += TEAM) {
                    vectors_of_tile(tensor_at(own, further), own_dy + further, own_dx + further, 0, gammas, betas, s + n,
                                    1, products, totals, i * VECTOR_WIDTH);
                }
            }
        }
        for (uint at = vectors * VECTOR_WIDTH + team.item; at < size; at += TEAM) {
            const real one_gamma = gammas ? parameter(gammas + at) : (real)1;
            const real one_beta = betas ? parameter(betas + at) : (real)0;
            for (uint n = 0; n < count; n++) {
                const ulong place = n * groups * width + at;
                const real from = tensor_element(own, place);
                const real dz = BEFORE_ACTIVATION_ONE(element(own_dy + place), from, s[n].mean_hi, s[n].mean_lo,
                                                      s[n].rstd * one_gamma, one_beta);
                const real xhat = XHAT(from, s[n].mean_hi, s[n].mean_lo, s[n].rstd);
                products[at] = multiply_add(dz, xhat, products[at]);
                totals[at] += dz;
                store_element(INPUT_GRADIENT(dz, xhat, one_gamma, s[n].rstd, s[n].g, s[n].g_of_xhat), own_dx + place);
            }
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
    for (uint j = team.item; j < size; j += TEAM) {
        const ulong place = (of_row * width + j) * tiles + tile;
        partials[place] = products[j];
        partials[stride + place] = totals[j];
    }
}
