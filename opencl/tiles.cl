// How the rows of a sample are cut into tiles of columns, for work that goes across rows.
//
// A row of a sample holds the elements of all groups, one column each: C columns with channels last. Where rows are
// short, `lanes` successive rows are taken as one (a *long row* of `lanes` times as many columns), so that a long row has
// 64 columns or more; lane l of a column takes the rows l, l + lanes, l + 2 lanes, ...
//
//     column q of a long row = lane q / C of column q % C;  C = groups * width
//     block of (column c, tile t, lane l) of set g is number
//         moments of a set   (t * lanes + l) * width + c % width          of set g = c / width
//         sums of gradients  (c * tiles + t) * lanes + l                  of the sample
//
// The former lie as their columns do; the latter so that those of a column, which are merged to the gradient of its
// parameters, lie side by side.

#ifndef CLNORM_TILES_CL
#define CLNORM_TILES_CL

#include "lanes.cl"
#include "sets.cl"

// Long rows of a block. Part of the order of summation: another value gives other bits.
#define COLUMN_ROWS 128

// Columns that a team walks down together: a team of several work-items keeps their sums in registers, a lone one in the
// cache, and reads longer stretches of memory for it. Of no matter to the bits.
#if TEAM == 1
#define STRIP (32 * VECTOR_WIDTH)
#define UNROLL_VECTORS
#else
#define STRIP LANES
#define UNROLL_VECTORS _Pragma("unroll")
#endif
// Vectors of a strip that a work-item holds.
#define STRIP_VECTORS (STRIP / (TEAM * VECTOR_WIDTH))

// How the samples are cut into columns; what the kernels below are told beside the sets.
typedef struct {
    uint lanes;   // rows in a long row
    uint columns; // columns of a long row: lanes * groups * width
    ulong size;   // elements of a sample
    uint first;   // columns that the work-group takes: those from here
    uint end;     //     to here
    uint strips;  // teams' shares of these: ceil((end - first) / STRIP)
    uint tiles;   // blocks of a column lane: ceil(rows / (lanes * COLUMN_ROWS))
} columns_t;

#define COLUMNS_ARGUMENTS const uint lanes, const uint strips, const uint tiles
#define DECLARE_COLUMNS(name)                                                                                          \
    columns_t name;                                                                                                    \
    name.lanes = lanes;                                                                                                \
    name.columns = lanes * (uint)(groups * width);                                                                     \
    name.size = rows * groups * width;                                                                                 \
    name.first = 0;                                                                                                    \
    name.end = name.columns;                                                                                           \
    name.strips = strips;                                                                                              \
    name.tiles = tiles

// A team's share of a sample, as one of its work-items sees it: a tile by a strip.
typedef struct {
    uint tile;
    uint column;  // the first of this work-item's first vector; the next one begins TEAM * VECTOR_WIDTH further
    uint vectors; // of this work-item that have columns
    ulong offset; // of the tile's first element in the sample
    uint whole;   // long rows of the tile
    uint ragged;  // elements of the row behind them, which ends early; 0 where there is none
    uint safe;    // long rows that whole vectors can be read of, also where columns end within a vector
} share_t;

#define VECTOR_STEP (TEAM * VECTOR_WIDTH)

CLNORM_INLINE share_t share_of(const columns_t columns, const ulong number, const uint item)
{
    share_t share;
    share.tile = (uint)(number / columns.strips);
    share.column = columns.first + (uint)(number % columns.strips) * STRIP + item * VECTOR_WIDTH;
    share.vectors = share.column < columns.end
                        ? min((columns.end - share.column + VECTOR_STEP - 1) / VECTOR_STEP, (uint)STRIP_VECTORS)
                        : 0;
    share.offset = (ulong)share.tile * COLUMN_ROWS * columns.columns;
    const ulong left = columns.size - share.offset;
    share.whole = (uint)min((ulong)COLUMN_ROWS, left / columns.columns);
    share.ragged = share.whole < COLUMN_ROWS ? (uint)(left % columns.columns) : 0;
    // A vector that goes beyond its row reads what the next row begins with, as long as there is one.
    const ulong reach = share.column + (ulong)share.vectors * VECTOR_STEP;
    share.safe = reach <= left ? (uint)min((ulong)share.whole, (left - reach) / columns.columns + 1) : 0;
    return share;
}

// How far ahead memory is asked for on the way down the rows: whole rows.
CLNORM_INLINE ulong rows_ahead(const columns_t columns)
{
    return (ulong)columns.columns * max(1u, (uint)AHEAD / columns.columns);
}

// How many of the VECTOR_WIDTH columns from `at` on lie before `end`.
CLNORM_INLINE uint columns_before(const uint at, const uint end)
{
    return at >= end ? 0 : min((uint)VECTOR_WIDTH, end - at);
}

// VECTOR_WIDTH elements of which the first `count` are wanted; 0 for the others.
CLNORM_INLINE realv some_elements(const tensor_t tensor, const ulong at, const uint count)
{
    real part[VECTOR_WIDTH];
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? tensor_element(tensor, at + v) : (real)0;
    }
    return load_vector(part);
}

#endif
