// Both phases along rows in one launch, for sets that fit the registers of a work-group: memory is read once.
//
// Blocks, lanes and formulas are those of resident.cl, which reads a set a second time from memory or from a copy in
// local memory, hence the same bits. Each team holds one block (register_blocks.cl).
//
//     strategy resident  (PACKED 0)  a work-group takes one set at a time, of at most TEAMS blocks
//     strategy packed    (PACKED 1)  each team takes whole sets of one block, sets_per_team of them one after another

// A work-group has all blocks of its sets.
#define BLOCKS_SPACE __local

#include "register_affine.cl"
#include "keep.cl"
#include "set_moments.cl"

// Parallel over: sets.
// [in]  x, residual  [samples, rows, groups, width]; `count` sets
// [in]  gamma, beta  [groups, width / run], or null
// [out] y, sum       as x
// [out] mean, mean_lo, rstd, variance  [sets]; mean_lo and variance may be null
// local moments      4 x SETS_AT_A_TIME x blocks reals
// local              2 vectors of reals for each work-item, 4 bytes for each team
// first_group is the number of the launch's first work-group among those of all launches of the tensor.
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident_registers(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
                   __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
                   __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance,
                   const ulong count, const ulong rows, const ulong groups, const ulong width, const ulong run,
                   const uint blocks, const uint period, const uint full, const uint fuller, const real more,
                   const real less, const real unit, const uint blocks_per_row, const uint sets_per_team,
                   const real eps, const ulong first_group, __local real *moments)
{
    DECLARE_TEAM(team);
    const sets_t sets = sets_of(rows, groups, width, run);
    const cut_t cut = cut_of(blocks, period, full, fuller, more, less, unit);
    const uint place = PACKED ? team.team : 0;
    const uint member = PACKED ? team.item : (uint)get_local_id(0);
    RETURN_IF_IDLE(first_group)
    const index_t group = work_group(first_group);
    __local real *own_moments = moments + place * 4 * blocks;
    // The block of this team.
    const uint number = PACKED ? 0 : team.team;
    const uint row = number / blocks_per_row;
    const uint from = number % blocks_per_row * BLOCK;
    for (uint i = 0; i < sets_per_team; i++) {
        const index_t set = (group * sets_per_team + i) * SETS_AT_A_TIME + place;
        const int has_block = set < count && number < blocks;
        const uint n = has_block ? min((uint)BLOCK, (uint)width - from) : 0;
        const index_t offset = has_block ? set_offset(sets, set) + row * row_stride(sets) + from : 0;
        register_block_t block;
        load_register_block(&block, tensor_at(tensor_of(x, residual), offset), n, &team);
        // A team without a block takes part in all group calls.
        const block_moments_t of_block = block_moments(&block, n, &team);
        if (number < blocks && team.item == 0) {
            store_block(own_moments, blocks, number, of_block);
        }
        GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
        const set_moments_t m = merge_blocks(own_moments, blocks, cut, rows * width, eps, &team);
        if (set < count && member == 0) {
            store_moments(m, set, mean, mean_lo, rstd, variance);
        }
        if (has_block) {
            const index_t first_param = first_parameter(sets, set);
            affine_register_block(&block, target_at(target_of(y, sum), offset), from, n, (uint)run,
                                  parameters_at(gamma, first_param), parameters_at(beta, first_param), m, &team);
        }
        // The next set overwrites the moments.
        GROUP_BARRIER(CLK_LOCAL_MEM_FENCE);
    }
}
