// Both passes in one launch, where a set stays near its work-group: in local memory, or in the cache of a CPU's core.
//
// Same blocks, same lanes, same formulas as moments.cl and affine.cl, hence the same bits; but block moments stay in
// local memory, and one launch instead of two or three is what small problems are made of.
//
//     resident  (PACKED 0)  a work-group takes one set: its teams share the blocks
//     packed    (PACKED 1)  every team takes whole sets, sets_per_team of them in turn

#ifndef PACKED
#define PACKED 0
#endif

// 1 copies the set to local memory first, so that global memory is read once.
#ifndef KEEP_SET
#define KEEP_SET 0
#endif

#if KEEP_SET
#define SET_SPACE __local
#endif
#define MOMENTS_SPACE __local

#include "affine.cl"

// Work-items that share a set, and sets that a work-group works on at a time.
#if PACKED
#define MEMBERS TEAM
#define SETS_AT_A_TIME TEAMS
#else
#define MEMBERS WORK_GROUP_SIZE
#define SETS_AT_A_TIME 1
#endif

// Parallel over: sets.
// [in]  x       `sets` sets of set_size elements, one after another
// [in]  gamma, beta  one real a run, params_per_set of them a set, for `groups` successive sets; or null
// [out] y       as x
// [out] mean, rstd  one real a set
// local moments  4 x SETS_AT_A_TIME x blocks reals
// local kept     SETS_AT_A_TIME x set_size elements with KEEP_SET, else one element that is not used
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident(__global const storage_t *x, __global storage_t *y, __global const real *gamma, __global const real *beta,
         __global real *mean, __global real *rstd, const ulong sets, const ulong set_size, const uint blocks,
         const ulong run, const ulong params_per_set, const ulong groups, const uint items_per_run,
         const uint sets_per_team, const real eps, const ulong first_group, __local real *moments,
         __local storage_t *kept)
{
    DECLARE_TEAM(team);
    const uint place = PACKED ? team.team : 0;
    const uint member = PACKED ? team.item : (uint)get_local_id(0);
    const ulong group = first_group + get_group_id(0);
    __local real *own_moments = moments + (ulong)place * 4 * blocks;
    for (uint i = 0; i < sets_per_team; i++) {
        const ulong set = (group * sets_per_team + i) * SETS_AT_A_TIME + place;
        const int present = set < sets;
        __global const storage_t *global_set = x + (present ? set * set_size : 0);
#if KEEP_SET
        __local storage_t *own_set = kept + (ulong)place * set_size;
        if (present) {
            const ulong vectors = set_size / VECTOR_WIDTH;
            for (ulong v = member; v < vectors; v += MEMBERS) {
                store_reals(load_reals(global_set + v * VECTOR_WIDTH), own_set + v * VECTOR_WIDTH);
            }
            for (ulong e = vectors * VECTOR_WIDTH + member; e < set_size; e += MEMBERS) {
                own_set[e] = global_set[e];
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#else
        __global const storage_t *own_set = global_set;
#endif
        // A team whose set is absent has no blocks, but goes round with the others.
        moments_of_set_blocks(own_set, present ? set_size : 0, 0, blocks, PACKED ? 0 : team.team, PACKED ? 1 : TEAMS,
                              own_moments, blocks, &team);
        barrier(CLK_LOCAL_MEM_FENCE);
        const set_moments_t m = merge_blocks(own_moments, blocks, set_size, eps, &team);
        if (present) {
            if (member == 0) {
                mean[set] = m.mean_hi;
                rstd[set] = m.rstd;
            }
            const ulong first_param = set % groups * params_per_set;
            affine_part(own_set, y + set * set_size, gamma ? gamma + first_param : gamma,
                        beta ? beta + first_param : beta, 0, set_size, run, m, member, MEMBERS, items_per_run);
        }
        // The next set overwrites the moments, and what is kept.
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
