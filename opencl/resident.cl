// Both passes in one launch, where a set stays near its work-group: in local memory, or in the cache of a CPU's core.
//
// Same blocks, same lanes, same formulas as moments.cl and affine.cl, hence the same bits; but block moments stay in
// local memory, and one launch instead of two or three is what small problems are made of.
//
//     resident  (PACKED 0)  a work-group takes one set: its teams share the blocks
//     packed    (PACKED 1)  every team takes whole sets, sets_per_team of them in turn
//
// KEEP_SET 1 copies the set to local memory first, so that global memory is read once.

#define MOMENTS_SPACE __local

#include "affine.cl"
#include "keep.cl"

// Parallel over: sets.
// [in]  x, residual  [samples, rows, groups, width]; `count` sets
// [in]  gamma, beta  [groups, width / run], or null
// [out] y, sum       as x
// [out] mean, mean_rest, rstd, variance  one real a set; mean_rest and variance may be null
// local moments  4 x SETS_AT_A_TIME x blocks reals
// local kept     SETS_AT_A_TIME sets, as reals, with KEEP_SET; else one real that is not used
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
         __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
         __global real *mean, __global real *mean_rest, __global real *rstd, __global real *variance,
         const ulong count, SETS_ARGUMENTS, CUT_ARGUMENTS, const uint blocks_per_row, const uint items_per_run, const uint sets_per_team, const real eps,
         const ulong first_group, __local real *moments, __local real *kept)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_CUT(cut);
    DECLARE_TENSOR(tensor);
    DECLARE_TARGET(target);
    const uint place = PACKED ? team.team : 0;
    const uint member = PACKED ? team.item : (uint)get_local_id(0);
    const ulong group = first_group + get_group_id(0);
    const ulong set_size = sets.rows * sets.width;
    __local real *own_moments = moments + (ulong)place * 4 * blocks;
    for (uint i = 0; i < sets_per_team; i++) {
        const ulong set = (group * sets_per_team + i) * SETS_AT_A_TIME + place;
        const int present = set < count;
        const ulong offset = present ? set_offset(sets, set) : 0;
        const tensor_t global_set = tensor_at(tensor, offset);
#if KEEP_SET
        __local real *own_set = kept + place * set_size;
        if (present) {
            keep_set(global_set, own_set, sets, member);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#else
        const tensor_t own_set = global_set;
#endif
        // A team whose set is absent has empty blocks, but goes round with the others.
        moments_of_set_blocks(own_set, present, sets, blocks_per_row, 0, blocks, PACKED ? 0 : team.team,
                              PACKED ? 1 : TEAMS, own_moments, blocks, &team);
        barrier(CLK_LOCAL_MEM_FENCE);
        const set_moments_t m = merge_blocks(own_moments, blocks, cut, set_size, eps, &team);
        if (present) {
            if (member == 0) {
                store_moments(m, set, mean, mean_rest, rstd, variance);
            }
            const ulong first_param = first_parameter(sets, set);
            affine_blocks(own_set, target_at(target, offset), sets, blocks_per_row, 0, blocks,
                          gamma ? gamma + first_param : gamma, beta ? beta + first_param : beta, m, member, MEMBERS,
                          items_per_run);
        }
        // The next set overwrites the moments, and what is kept.
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
