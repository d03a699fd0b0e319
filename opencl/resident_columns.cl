// Both phases across rows in one launch, for small sets: phase 2 finds them in a cache.
//
// Launch overhead dominates small tensors, so both phases and the merge are fused. A work-group takes all rows of some
// sets of a sample. Blocks and formulas are those of moments_of_columns.cl and affine_columns.cl, hence the same bits.

// Phase 2 reads the merged moments. Statistics are never given here: there would be no phase 1.
#define STATISTICS MERGED

#include "column_affine.cl"
#include "column_moments.cl"
#include "set_moments.cl"

// Parallel over: samples x parts; a work-group takes groups_per_part neighbouring sets of a sample, and all of them if
// short_rows > 1.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [tmp] moments      as moments_of_columns
// [out] y, sum       as x
// [out] mean, mean_lo, rstd, variance  [sets]; variance may be null
// local              2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident_columns(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
                 __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
                 __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance,
                 __global real *moments, const ulong stride, const ulong rows, const ulong groups, const ulong width,
                 const ulong run, const uint short_rows, const uint strips, const uint tiles, const uint blocks,
                 const uint period, const uint full, const uint fuller, const real more, const real less,
                 const real unit, const uint groups_per_part, const uint parts, const real eps, const ulong first_group)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    columns_t columns = columns_of(sets, short_rows, strips, tiles);
    const cut_t cut = cut_of(blocks, period, full, fuller, more, less, unit);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t sample = group / parts;
    const uint first = (uint)(group % parts) * groups_per_part;
    const uint end = min(first + groups_per_part, (uint)groups);
    if (short_rows == 1) {
        columns.first = first * (uint)width;
        columns.end = end * (uint)width;
    }
    const tensor_t own = tensor_at(tensor_of(x, residual), sample * columns.size);
    const target_t own_target = target_at(target_of(y, sum), sample * columns.size);
    __global real *own_moments = moments + sample * columns.columns * tiles;

    for (uint number = team.team; number < strips * tiles; number += TEAMS) {
        moments_of_share(own, own_moments, stride, columns, sets, share_of(columns, number, team.item));
    }
    GROUP_BARRIER(CLK_GLOBAL_MEM_FENCE);

    for (uint base = first; base < end; base += TEAMS) {
        // A team without a set merges the last one again, with the others.
        const uint own_group = min(base + team.team, end - 1);
        const index_t set = sample * groups + own_group;
        const set_moments_t m = merge_blocks(moments + set * blocks, stride, cut, rows * width, eps, &team);
        if (base + team.team < end && team.item == 0) {
            store_moments(m, set, mean, mean_lo, rstd, variance);
        }
    }
    GROUP_BARRIER(CLK_GLOBAL_MEM_FENCE);

    affine_column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
    // The last rows first: they are still in a cache.
    for (uint tile = tiles; tile-- > 0;) {
        for (uint strip = team.team; strip < strips; strip += TEAMS) {
            const share_t share = share_of(columns, (index_t)tile * strips + strip, team.item);
            known_column = affine_columns_of_share(
                known, known_column, share, sets, parameters_of_sample(gamma, sets, sample),
                parameters_of_sample(beta, sets, sample), mean, mean_lo, rstd, variance, eps, sample * groups);
            affine_share(own, own_target, columns, share, known);
        }
    }
}
