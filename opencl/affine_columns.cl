// Phase 2 of the strategy split, across rows: normalize, scale and shift, activation (column_affine.cl).
//
//     y = activation(((x - mean_hi) - mean_lo) * (rstd * gamma) + beta)

#include "column_affine.cl"

// Normalizes a tensor whose moments are known: STATISTICS is MERGED or GIVEN.
// Parallel over: samples x parts, those of moments_of_columns.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [in]  mean, mean_lo, rstd  MERGED: as moments_of_sets stores them
// [in]  mean, variance       GIVEN: [sets]
// [out] y, sum       as x
// local              none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
affine_columns(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
               __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
               __global const real *mean, __global const real *mean_lo, __global const real *rstd,
               __global const real *variance, const ulong rows, const ulong groups, const ulong width, const ulong run,
               const uint short_rows, const uint strips, const uint tiles, const ulong shares_per_part,
               const ulong parts, const real eps, const ulong first_group)
{
    const sets_t sets = sets_of(rows, groups, width, run);
    const columns_t columns = columns_of(sets, short_rows, strips, tiles);
    const uint item = (uint)get_local_id(0) % TEAM;
    RETURN_IF_IDLE(first_group)
    const part_t part = part_of(columns, work_group(first_group), (index_t)parts, (index_t)shares_per_part);
    const tensor_t own = tensor_at(tensor_of(x, residual), part.sample * columns.size);
    const target_t own_target = target_at(target_of(y, sum), part.sample * columns.size);
    affine_column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
    for (index_t number = part.first + (uint)get_local_id(0) / TEAM; number < part.end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        known_column = affine_columns_of_share(
            known, known_column, share, sets, parameters_of_sample(gamma, sets, part.sample),
            parameters_of_sample(beta, sets, part.sample), mean, mean_lo, rstd, variance, eps, part.sample * groups);
        affine_share(own, own_target, columns, share, known);
    }
}
