// Phase 1 of the strategy split: the moments of all blocks along rows, and the merge of blocks to sets.
//
// Both kernels are in one file because they often share a program.

#include "set_moments.cl"

// The moments of the blocks of all sets.
// Parallel over: sets x parts; a work-group takes blocks_per_part blocks of one set, each of its teams one at a time.
// [in]  x, residual  [samples, rows, groups, width]
// [out] moments      4 x stride reals: mean_hi, mean_lo, m2, unit of block b of set s at s * blocks + b
// local              2 vectors of reals for each work-item, 4 bytes for each team
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_blocks(__global const storage_t *x, __global const storage_t *residual, __global real *moments,
                  const ulong stride, const ulong rows, const ulong groups, const ulong width, const ulong run,
                  const uint blocks, const uint blocks_per_row, const uint blocks_per_part, const uint parts,
                  const ulong first_group)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const tensor_t tensor = tensor_of(x, residual);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t set = group / parts;
    const uint first = (uint)(group % parts) * blocks_per_part;
    const uint end = min(first + blocks_per_part, blocks);
    moments_of_set_blocks(tensor_at(tensor, set_offset(sets, set)), 1, sets, blocks_per_row, first, end, team.team,
                          TEAMS, moments + set * blocks, stride, &team);
}

// The moments of all sets. Used if merging the blocks in each work-group of phase 2 would cost more than a launch.
// Parallel over: sets; a work-group of one team merges one.
// [in]  moments  as moments_of_blocks and moments_of_columns store them
// [out] mean, mean_lo, rstd, variance  [sets]; mean_lo and variance may be null
// local          as moments_of_blocks
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_sets(__global const real *moments, __global real *mean, __global real *mean_lo, __global real *rstd,
                __global real *variance, const ulong stride, const ulong rows, const ulong groups, const ulong width,
                const ulong run, const uint blocks, const uint period, const uint full, const uint fuller,
                const real more, const real less, const real unit, const real eps, const ulong first_group)
{
    DECLARE_TEAM(team);
    const cut_t cut = cut_of(blocks, period, full, fuller, more, less, unit);
    RETURN_IF_IDLE(first_group)
    const index_t set = work_group(first_group);
    const set_moments_t m = merge_blocks(moments + set * blocks, stride, cut, rows * width, eps, &team);
    if (get_local_id(0) == 0) {
        store_moments(m, set, mean, mean_lo, rstd, variance);
    }
}
