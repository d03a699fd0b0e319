// How a sample is divided for work across rows: long rows, columns, tiles, strips and shares.
//
// A row of a sample holds the elements of all groups, one column each: C = groups * width columns. If rows are short,
// `short_rows` successive rows are taken as one long row, so that it has 64 columns or more:
//
//     column q of long row r  =  column q % C of row  r * short_rows + q / C
//
// A tile is COLUMN_ROWS long rows. A strip is STRIP neighbouring columns. A share is a tile by a strip: a team takes
// one share at a time and walks down its rows. A block is one column of a tile, and has a number:
//
//     moments    (tile * short_rows + q / C) * width + c % width         in set g = c / width, where c = q % C
//     gradients  (c * tiles + tile) * short_rows + q / C                 in the sample
//
// Moments lie as their columns do. Sums of gradients of one column lie side by side: they are merged to the gradients
// of its parameters.

#ifndef CLNORM_TILES_CL
#define CLNORM_TILES_CL

#include "lanes.cl"
#include "sets.cl"

// Long rows of a tile. Part of the order of summation: another value gives other bits.
#define COLUMN_ROWS 128

// Columns of a strip. A team of several work-items keeps their sums in registers. A single work-item keeps them in the
// cache, and reads longer stretches of memory. Changes no bit.
#if TEAM == 1
#define STRIP (32 * VECTOR_WIDTH)
#define UNROLL_VECTORS
#else
#define STRIP LANES
#define UNROLL_VECTORS _Pragma("unroll")
#endif

// Columns from one vector of a work-item to its next, and vectors of a strip that a work-item holds.
#define VECTOR_STEP (TEAM * VECTOR_WIDTH)
#define STRIP_VECTORS (STRIP / VECTOR_STEP)

// 1 if a work-item holds one vector of a strip: it then loads those of four rows before it uses any.
#define ROWS_BY_FOUR (TEAM > 1 && STRIP_VECTORS == 1)

// The columns of a sample.
typedef struct {
    uint short_rows; // rows of a long row
    uint columns;    // columns of a long row: short_rows * groups * width
    index_t size;    // elements of a sample
    uint first, end; // columns that the work-group takes
    uint strips;     // strips of these: ceil((end - first) / STRIP)
    uint tiles;      // tiles of a sample: ceil(rows / (short_rows * COLUMN_ROWS))
} columns_t;

CLNORM_INLINE columns_t columns_of(const sets_t sets, const uint short_rows, const uint strips, const uint tiles)
{
    columns_t columns;
    columns.short_rows = short_rows;
    columns.columns = short_rows * (uint)(sets.groups * sets.width);
    columns.size = sets.rows * sets.groups * sets.width;
    columns.first = 0;
    columns.end = columns.columns;
    columns.strips = strips;
    columns.tiles = tiles;
    return columns;
}

// A share, as one work-item of its team sees it.
typedef struct {
    uint tile;
    uint column;    // the first column of this work-item's first vector
    uint vectors;   // vectors of this work-item that have columns
    index_t offset; // the tile's first element in the sample
    uint whole;     // long rows of the tile
    uint ragged;    // elements of the long row after them, which ends early; 0 if there is none
    uint safe;      // long rows whose vectors may be loaded whole, also if the columns end within a vector
} share_t;

// Share number `number`: tile after tile, strip after strip.
CLNORM_INLINE share_t share_of(const columns_t columns, const index_t number, const uint item)
{
    share_t share;
    share.tile = (uint)(number / columns.strips);
    share.column = columns.first + (uint)(number % columns.strips) * STRIP + item * VECTOR_WIDTH;
    share.vectors = share.column < columns.end
                        ? min((columns.end - share.column + VECTOR_STEP - 1) / VECTOR_STEP, (uint)STRIP_VECTORS)
                        : 0;
    share.offset = (index_t)share.tile * COLUMN_ROWS * columns.columns;
    const index_t left = columns.size - share.offset;
    share.whole = (uint)min((index_t)COLUMN_ROWS, left / columns.columns);
    share.ragged = share.whole < COLUMN_ROWS ? (uint)(left % columns.columns) : 0;
#if ALIGNED
    share.safe = share.whole;
#else
    // A vector beyond the end of its row reads the beginning of the next row, if there is one.
    const index_t reach = share.column + (index_t)share.vectors * VECTOR_STEP;
    share.safe = reach <= left ? (uint)min((index_t)share.whole, (left - reach) / columns.columns + 1) : 0;
#endif
    return share;
}

// The shares of a work-group: number first .. end of a sample.
typedef struct {
    index_t sample, first, end;
} part_t;

// Part number `part` of a tensor whose samples have `parts` parts each.
CLNORM_INLINE part_t part_of(const columns_t columns, const index_t part, const index_t parts,
                             const index_t shares_per_part)
{
    part_t p;
    p.sample = part / parts;
    p.first = part % parts * shares_per_part;
    p.end = min(p.first + shares_per_part, (index_t)columns.strips * columns.tiles);
    return p;
}

// The number of long rows of a share, including one that ends early.
CLNORM_INLINE uint rows_of_share(const share_t share)
{
    return share.whole + (share.ragged > 0 ? 1 : 0);
}

// The first element of a share's row in the sample.
CLNORM_INLINE index_t row_offset(const columns_t columns, const share_t share, const uint row)
{
    return share.offset + (index_t)row * columns.columns;
}

#if ROWS_BY_FOUR
// The work-item's vectors of the rows row .. row + 3 of a share.
CLNORM_INLINE four_t four_rows(const tensor_t sample, const columns_t columns, const share_t share, const uint row)
{
    return four_of_tensor(sample, row_offset(columns, share, row) + share.column, columns.columns);
}
#endif

// Distance in elements between a load or store and the prefetch beside it: whole rows.
CLNORM_INLINE ulong rows_ahead(const columns_t columns)
{
    return (ulong)columns.columns * max(1u, (uint)AHEAD / columns.columns);
}

// How many of the VECTOR_WIDTH columns from `at` on lie before `end`.
CLNORM_INLINE uint columns_before(const uint at, const uint end)
{
    return at >= end ? 0 : min((uint)VECTOR_WIDTH, end - at);
}

// The first `count` of VECTOR_WIDTH elements from number `at` on, and 0 for the others, which are not read. ALIGNED rows
// end with a vector: count is 0 or VECTOR_WIDTH.
CLNORM_INLINE realv some_elements(const tensor_t tensor, const ulong at, const uint count)
{
#if ALIGNED
    return count > 0 ? tensor_elements(tensor, at) : (realv)(0);
#else
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? tensor_element(tensor, at + v) : (real)0;
    }
    return load_vector(part);
#endif
}

#endif
