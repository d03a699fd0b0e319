// The cut of a set into blocks for backward, along rows.
//
// A block is at most BLOCK elements that share gamma and beta: a piece of a run. If each element has its own gamma and
// beta (EACH), a block is a piece of a row. Part of the order of summation.

#ifndef CLNORM_GRADIENT_CUT_CL
#define CLNORM_GRADIENT_CUT_CL

#include "lanes.cl"
#include "sets.cl"

// 1 if each element of a row has its own gamma and beta: runs of 1 along rows.
#ifndef EACH
#define EACH 0
#endif

// How the blocks of a set belong to its parameters: block k belongs to run k / per_run % runs. EACH has one run per
// row.
typedef struct {
    uint blocks;  // of a set
    uint runs;    // of a row: parameters of a set
    uint per_run; // successive blocks of one run
} gradient_cut_t;

CLNORM_INLINE gradient_cut_t gradient_cut_of(const uint blocks, const uint runs, const uint per_run)
{
    gradient_cut_t cut;
    cut.blocks = blocks;
    cut.runs = runs;
    cut.per_run = per_run;
    return cut;
}

// Where a block of a set lies, and which parameters it has.
typedef struct {
    index_t offset; // of its first element in the set
    uint n;         // elements
    index_t row;    // its row in the set
    uint run;       // its run in the row
    uint in_run;    // its number in the run
    uint param;     // offset of its gamma and beta: its run, or with EACH its first element in the row
} block_t;

CLNORM_INLINE block_t placed_block(const sets_t sets, const uint in_run, const uint run, const index_t row)
{
    const index_t length = EACH ? sets.width : sets.run;
    const index_t from = (index_t)in_run * BLOCK;
    block_t block;
    block.offset = row * source_row_stride(sets) + run * length + from;
    block.n = (uint)min((index_t)BLOCK, length - from);
    block.param = EACH ? (uint)from : run;
    block.in_run = in_run;
    block.run = run;
    block.row = row;
    return block;
}

CLNORM_INLINE block_t block_of(const sets_t sets, const gradient_cut_t cut, const uint number)
{
    const uint run = number / cut.per_run;
    return placed_block(sets, number % cut.per_run, run % cut.runs, run / cut.runs);
}

// The block after `block`. Cheaper than block_of, whose divisions take as long as a short run.
CLNORM_INLINE block_t block_after(const sets_t sets, const gradient_cut_t cut, const block_t block)
{
    const int same_run = block.in_run + 1 < cut.per_run;
    const int same_row = same_run || block.run + 1 < cut.runs;
    return placed_block(sets, same_run ? block.in_run + 1 : 0, same_run ? block.run : (same_row ? block.run + 1 : 0),
                        same_row ? block.row : block.row + 1);
}

// Block number `number`, which is `step` blocks after `before`.
CLNORM_INLINE block_t next_block(const sets_t sets, const gradient_cut_t cut, const block_t before, const uint number,
                                 const uint step)
{
    return step == 1 ? block_after(sets, cut, before) : block_of(sets, cut, number);
}

// The distance in the set to the element that follows `elements` elements later.
CLNORM_INLINE index_t distance_ahead(const sets_t sets, const uint elements)
{
    return sets.rows == 1 ? elements : elements / sets.width * row_stride(sets) + elements % sets.width;
}

#endif
