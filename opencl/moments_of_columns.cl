// Phase 1 of the strategy split, across rows: the moments of the blocks of columns (column_moments.cl).

#include "column_moments.cl"

// The moments of the blocks of all columns. moments_of_sets merges them.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time.
// [in]  x, residual  [samples, rows, groups, width]
// [out] moments      4 x stride reals: mean_hi, mean_lo, m2, unit of block b of set s at s * blocks + b
// local              none
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_columns(__global const storage_t *x, __global const storage_t *residual, __global real *moments,
                   const ulong stride, const ulong rows, const ulong groups, const ulong width, const ulong run,
                   const uint short_rows, const uint strips, const uint tiles, const ulong shares_per_part,
                   const ulong parts, const ulong first_group)
{
    const sets_t sets = sets_of(rows, groups, width, run);
    const columns_t columns = columns_of(sets, short_rows, strips, tiles);
    const uint item = (uint)get_local_id(0) % TEAM;
    RETURN_IF_IDLE(first_group)
    const part_t part = part_of(columns, work_group(first_group), (index_t)parts, (index_t)shares_per_part);
    const tensor_t own = tensor_at(tensor_of(x, residual), part.sample * columns.size);
    for (index_t number = part.first + (uint)get_local_id(0) / TEAM; number < part.end; number += TEAMS) {
        moments_of_share(own, moments + part.sample * columns.columns * tiles, stride, columns, sets,
                         share_of(columns, number, item));
    }
}
