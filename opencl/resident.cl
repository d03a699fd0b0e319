// Both phases along rows in one launch, for sets that stay in local memory or in the cache of a CPU core.
//
// Launch overhead dominates small tensors, so both phases are fused. Blocks, lanes and formulas are those of moments.cl
// and affine.cl, hence the same bits. The moments of blocks stay in local memory.
//
//     strategy resident  (PACKED 0)  a work-group takes one set at a time: its teams share the blocks
//     strategy packed    (PACKED 1)  each team takes whole sets, sets_per_team of them one after another
//
// KEEP_SET 1 copies the set to local memory first, so that global memory is read once.

// A work-group has all blocks of its sets.
#define BLOCKS_SPACE __local

#include "row_affine.cl"
#include "keep.cl"
#include "set_moments.cl"

// Parallel over: sets.
// [in]  x, residual  [samples, rows, groups, width]; `count` sets
// [in]  gamma, beta  [groups, width / run], or null
// [out] y, sum       as x
// [out] mean, mean_lo, rstd, variance  [sets]; mean_lo and variance may be null
// local moments      4 x SETS_AT_A_TIME x blocks reals
// local kept         KEEP_SET: SETS_AT_A_TIME sets, as reals; else one real that is not used
// local              2 vectors of reals for each work-item, 4 bytes for each team
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
         __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
         __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance, const ulong count,
         const ulong rows, const ulong groups, const ulong width, const ulong run, const uint blocks, const uint period,
         const uint full, const uint fuller, const real more, const real less, const real unit,
         const uint blocks_per_row, const uint items_per_run, const uint sets_per_team, const real eps,
         const ulong first_group, __local real *moments, __local kept_t *kept)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const cut_t cut = cut_of(blocks, period, full, fuller, more, less, unit);
    const tensor_t tensor = tensor_of(x, residual);
    const target_t target = target_of(y, sum);
    const uint place = PACKED ? team.team : 0;
    const uint member = PACKED ? team.item : (uint)get_local_id(0);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    const index_t set_size = sets.rows * sets.width;
    __local real *own_moments = moments + (ulong)place * 4 * blocks;
    for (uint i = 0; i < sets_per_team; i++) {
        const index_t set = (group * sets_per_team + i) * SETS_AT_A_TIME + place;
        const int present = set < count;
        const index_t offset = present ? set_offset(sets, set) : 0;
        const tensor_t global_set = tensor_at(tensor, offset);
#if KEEP_SET
        __local real *own_set = (__local real *)kept + place * set_size;
        if (present) {
            keep_set(global_set, own_set, sets, member);
        }
        GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
#else
        const tensor_t own_set = global_set;
#endif
        // A team whose set is not present has empty blocks, but takes part in all group calls.
        moments_of_set_blocks(own_set, present, sets, blocks_per_row, 0, blocks, PACKED ? 0 : team.team,
                              PACKED ? 1 : TEAMS, own_moments, blocks, &team);
        GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
        const set_moments_t m = merge_blocks(own_moments, blocks, cut, set_size, eps, &team);
        if (present) {
            if (member == 0) {
                store_moments(m, set, mean, mean_lo, rstd, variance);
            }
            const index_t first_param = first_parameter(sets, set);
            affine_blocks(own_set, target_at(target, offset), sets, blocks_per_row, 0, blocks,
                          parameters_at(gamma, first_param), parameters_at(beta, first_param), m, member, MEMBERS,
                          items_per_run);
        }
        // The next set overwrites the moments and the copy.
        GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    }
}
