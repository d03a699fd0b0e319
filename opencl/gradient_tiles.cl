// Backward with the gradients of every element's own parameters in the same reading: LayerNorm and RMSNorm.
//
// A team takes a tile of COLUMN_ROWS samples of one group, one after another: it sums the set's blocks, computes dx, and
// adds dz * xhat and dz to sums for every column, which stay in local memory (on a CPU in the cache) until the tile is
// done. Every column is added from the first sample to the last: gradient_sums_of_columns does just that, hence the same
// bits, with one reading of x and dy more.
//
// For rows of 64 elements or more (tiles.cl takes shorter ones several at a time), and work-groups of one team.

#define EACH 1
#define PARTIALS_SPACE __local
#define GRADIENT_LIBRARY
#include "gradient.cl"
#include "tiles.cl"

// dx of VECTOR_WIDTH elements of a set, which are added to the sums of their columns.
CLNORM_INLINE void vector_of_tile(const tensor_t x, __global const storage_t *dy, __global storage_t *dx,
                                  __global const parameter_t *gamma, __global const parameter_t *beta,
                                  const set_gradient_t s, __local real *products, __local real *totals, const uint at)
{
    const realv hi = (realv)(s.mean_hi), lo = (realv)(s.mean_lo), rstd = (realv)(s.rstd);
    const realv gammas = GAMMAS(gamma, at);
    const realv from = tensor_elements(x, at);
    const realv dz = BEFORE_ACTIVATION(elements(dy + at), from, hi, lo, rstd * gammas, BETAS(beta, at));
    const realv xhat = XHAT(from, hi, lo, rstd);
    store_vector(multiply_add(dz, xhat, load_vector(products + at)), products + at);
    store_vector(load_vector(totals + at) + dz, totals + at);
    const realv result = INPUT_GRADIENT(dz, xhat, gammas, rstd, (realv)(s.g), (realv)(s.g_of_xhat));
    if (aligned_head(dx + at, VECTOR_WIDTH) == 0) {
        store_output(result, dx + at);
    } else {
        store_elements(result, dx + at);
    }
}

// Parallel over: tiles x groups.
// [in]  x, residual, dy        [samples, 1, groups, width]
// [in]  gamma, beta            [groups, width], or null
// [in]  mean, mean_rest, rstd  one real a set
// [out] partials               2 x stride reals: the sums of parameter p over tile t at p * tiles + t
// [out] dx                     as x; may be dy
// local columns  2 x width reals
// local sums     2 x blocks reals
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_tiles(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
               __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
               __global const real *mean_rest, __global const real *rstd, const real eps, __global real *partials,
               const ulong stride, __global storage_t *dx, const ulong samples, SETS_ARGUMENTS, RUNS_ARGUMENTS,
               const uint tiles, const ulong first_group, __local real *columns, __local real *sums)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_RUNS(cut);
    DECLARE_TENSOR(tensor);
    const ulong work = first_group + get_group_id(0);
    const ulong tile = work / groups;
    const ulong of_row = work % groups;
    const uint size = (uint)width;
    __local real *products = columns;
    __local real *totals = columns + size;
    for (uint j = team.item; j < 2 * size; j += TEAM) {
        columns[j] = 0;
    }
    __global const parameter_t *gammas = gamma ? gamma + of_row * width : gamma;
    __global const parameter_t *betas = beta ? beta + of_row * width : beta;
    const ulong end = min(samples, (tile + 1) * COLUMN_ROWS);
    for (ulong sample = tile * COLUMN_ROWS; sample < end; sample++) {
        const ulong set = sample * groups + of_row;
        const ulong offset = set * width;
        const tensor_t own = tensor_at(tensor, offset);
        __global const storage_t *own_dy = dy + offset;
        __global storage_t *own_dx = dx + offset;
        const set_gradient_t s = saved_statistics(mean, mean_rest, rstd, eps, set);
        for (uint number = 0; number < blocks; number++) {
            const uint from = number * BLOCK;
            real product, sum;
            block_sums(tensor_at(own, from), own_dy + from, gammas ? gammas + from : gammas,
                       betas ? betas + from : betas, min((uint)BLOCK, size - from), s, &team, &product, &sum);
            if (team.item == 0) {
                sums[number] = product;
                sums[blocks + number] = sum;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        const set_gradient_t merged = merge_sums(sums, blocks, cut, gammas, width, s, &team);
        const uint vectors = size / VECTOR_WIDTH;
        uint i = team.item;
        // Four vectors a trip: a work-item's trips are bounded, and some drivers count them.
        for (; i + 3 * TEAM < vectors; i += 4 * TEAM) {
#pragma unroll
            for (uint u = 0; u < 4; u++) {
                vector_of_tile(own, own_dy, own_dx, gammas, betas, merged, products, totals, (i + u * TEAM) * VECTOR_WIDTH);
            }
        }
        for (; i < vectors; i += TEAM) {
            vector_of_tile(own, own_dy, own_dx, gammas, betas, merged, products, totals, i * VECTOR_WIDTH);
        }
        for (uint at = vectors * VECTOR_WIDTH + team.item; at < size; at += TEAM) {
            const real one_gamma = gammas ? parameter(gammas + at) : (real)1;
            const real one_beta = betas ? parameter(betas + at) : (real)0;
            const real from = tensor_element(own, at);
            const real dz = BEFORE_ACTIVATION_ONE(element(own_dy + at), from, s.mean_hi, s.mean_lo, s.rstd * one_gamma,
                                                  one_beta);
            const real xhat = XHAT(from, s.mean_hi, s.mean_lo, s.rstd);
            products[at] = multiply_add(dz, xhat, products[at]);
            totals[at] += dz;
            store_element(INPUT_GRADIENT(dz, xhat, one_gamma, s.rstd, merged.g, merged.g_of_xhat), own_dx + at);
        }
        // The next set's sums overwrite these.
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    for (uint j = team.item; j < size; j += TEAM) {
        const ulong place = (of_row * width + j) * tiles + tile;
        partials[place] = products[j];
        partials[stride + place] = totals[j];
    }
}
