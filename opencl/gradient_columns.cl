// Backward of the strategy split, across rows: sums of blocks of columns, and dx (gradient_shares.cl).
//
// For sets with few elements in each of many rows, and (ROW_STATISTICS) for the parameters of LayerNorm, which have one
// element in each row. gradient_merges.cl merges the sums to the means of sets and to the gradients of parameters.

#include "gradient_shares.cl"

// The sums of the blocks of all columns.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time.
// [in]  x, residual, dy      [samples, rows, groups, width]
// [in]  gamma, beta          [groups, width / run], or null
// [in]  mean, mean_lo, rstd  [sets]; ROW_STATISTICS: sets_per_row sets of each row, of set_width columns each
// [out] partials             2 x stride reals: the sums of block b of sample n at n * columns * tiles + b
// local                      none
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
gradient_sums_of_columns(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                         __global const parameter_t *gamma, __global const parameter_t *beta, __global const real *mean,
                         __global const real *mean_lo, __global const real *rstd, const real eps,
                         __global real *partials, const ulong stride, const ulong rows, const ulong groups,
                         const ulong width, const ulong run, const uint short_rows, const uint strips, const uint tiles,
                         const uint sets_per_row, const uint set_width, const ulong shares_per_part, const ulong parts,
                         const ulong first_group)
{
    const sets_t sets = sets_of(rows, groups, width, run);
    const columns_t columns = columns_of(sets, short_rows, strips, tiles);
    const uint item = (uint)get_local_id(0) % TEAM;
    RETURN_IF_IDLE(first_group)
    const part_t part = part_of(columns, work_group(first_group), (index_t)parts, (index_t)shares_per_part);
    const uint row_length = (uint)row_stride(sets);
    const ulong offset = part.sample * columns.size;
    const sample_t own = sample_of(tensor_at(tensor_of(x, residual), offset), dy + offset,
                                   parameters_of_sample(gamma, sets, part.sample),
                                   parameters_of_sample(beta, sets, part.sample),
                                   saved_of_sample(saved_of(mean, mean_lo, rstd, eps), rows, part.sample), 0, 0);
    __global real *own_partials = partials + part.sample * columns.columns * tiles;
    row_sets_t row_sets;
    row_sets.rows = rows;
    row_sets.per_row = sets_per_row;
    row_sets.width = set_width;
    gradient_column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
    for (index_t number = part.first + (uint)get_local_id(0) / TEAM; number < part.end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
#if !ROW_STATISTICS
        known_column = gradient_columns_of_share(known, known_column, share, own, sets, row_length,
                                                 part.sample * groups);
#endif
        sums_of_share(own, own_partials, stride, columns, share, known, row_sets, row_length);
    }
}

// dx of a tensor whose means are known. If statistics are GIVEN there are no means: g and g_of_xhat are null.
// Parallel over: samples x parts, those of gradient_sums_of_columns.
// [in]  as gradient_sums_of_columns and gradient_of_sets
// [out] dx  as x; may be dy
// local     none
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
input_gradient_of_columns(__global const storage_t *x, __global const storage_t *residual, __global const storage_t *dy,
                          __global const parameter_t *gamma, __global const parameter_t *beta,
                          __global const real *mean, __global const real *mean_lo, __global const real *rstd,
                          const real eps, __global const real *g, __global const real *g_of_xhat,
                          __global storage_t *dx, const ulong rows, const ulong groups, const ulong width,
                          const ulong run, const uint short_rows, const uint strips, const uint tiles,
                          const ulong shares_per_part, const ulong parts, const ulong first_group)
{
    const sets_t sets = sets_of(rows, groups, width, run);
    const columns_t columns = columns_of(sets, short_rows, strips, tiles);
    const uint item = (uint)get_local_id(0) % TEAM;
    RETURN_IF_IDLE(first_group)
    const part_t part = part_of(columns, work_group(first_group), (index_t)parts, (index_t)shares_per_part);
    const uint row_length = (uint)row_stride(sets);
    const ulong offset = part.sample * columns.size;
    const sample_t own = sample_of(
        tensor_at(tensor_of(x, residual), offset), dy + offset, parameters_of_sample(gamma, sets, part.sample),
        parameters_of_sample(beta, sets, part.sample), saved_of(mean, mean_lo, rstd, eps), g, g_of_xhat);
    gradient_column_t known[STRIP_VECTORS];
    uint known_column = UINT_MAX;
    for (index_t number = part.first + (uint)get_local_id(0) / TEAM; number < part.end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        known_column = gradient_columns_of_share(known, known_column, share, own, sets, row_length,
                                                 part.sample * groups);
        input_gradient_of_share(own, dx + offset, columns, share, known);
    }
}
