// The moments of the blocks of columns (tiles.cl), for sets with few elements in each of many rows.
//
// A block is one column of a tile, summed from the first row to the last. A work-item holds vectors of neighbouring
// columns and walks down the rows; it needs no other work-item, and no barrier. set_moments.cl merges the blocks of a
// set. As along rows, neither the work-group size nor the vector width changes a bit.
//
// The pivot of a column is the mean of its first sixteen rows. As in block_moments.cl, columns that lost bits are
// summed again about their mean, and columns whose squares leave the range of real, scaled.

#ifndef CLNORM_COLUMN_MOMENTS_CL
#define CLNORM_COLUMN_MOMENTS_CL

#include "block_moments.cl"
#include "tiles.cl"

// Rows whose mean is the pivot. 4 or 1 if the tile has fewer. Part of the order of summation.
#define PIVOT_ROWS 16

CLNORM_INLINE uint pivot_rows(const share_t share)
{
    return share.whole >= PIVOT_ROWS ? PIVOT_ROWS : (share.whole >= 4 ? 4 : 1);
}

// 1 / rows, for a result of pivot_rows.
CLNORM_INLINE real inverse_of_pivot_rows(const uint rows)
{
    return rows == PIVOT_ROWS ? (real)1 / PIVOT_ROWS : (rows == 4 ? REAL(0.25) : (real)1);
}

// The vector of a row from column q on.
CLNORM_INLINE realv row_vector(const tensor_t sample, const columns_t columns, const share_t share, const uint row,
                               const uint q)
{
    const ulong at = row_offset(columns, share, row) + q;
    return row < share.safe ? tensor_elements(sample, at)
                            : some_elements(sample, at, columns_before(q, columns.columns));
}

// The pivots of the columns from q on, times scale.
CLNORM_INLINE realv column_pivot(const tensor_t sample, const columns_t columns, const share_t share, const uint q,
                                 const realv scale)
{
#if CENTERED
    if (share.whole == 0) {
        return some_elements(sample, share.offset + q, columns_before(q, share.ragged)) * scale;
    }
    const uint rows = pivot_rows(share);
    realv sum = row_vector(sample, columns, share, 0, q) * scale;
    for (uint row = 1; row < rows; row++) {
        sum += row_vector(sample, columns, share, row, q) * scale;
    }
    return sum * (realv)(inverse_of_pivot_rows(rows));
#else
    return (realv)(0);
#endif
}

// The pivots of all vectors of a share, row by row as they lie in memory.
CLNORM_INLINE void pivots_of_share(const tensor_t sample, const columns_t columns, const share_t share,
                                   const ulong ahead, realv *pivot)
{
    const uint rows = pivot_rows(share);
    if (!CENTERED || share.safe < rows) {
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                pivot[k] = column_pivot(sample, columns, share, share.column + k * VECTOR_STEP, (realv)(1));
            }
        }
        return;
    }
#if ROWS_BY_FOUR
    if (rows >= 4 && share.vectors > 0) {
        four_t x = four_rows(sample, columns, share, 0);
        realv total = x.v0 + x.v1 + x.v2 + x.v3;
        for (uint row = 4; row < rows; row += 4) {
            x = four_rows(sample, columns, share, row);
            total = total + x.v0 + x.v1 + x.v2 + x.v3;
        }
        pivot[0] = total * (realv)(inverse_of_pivot_rows(rows));
        return;
    }
#endif
    for (uint row = 0; row < rows; row++) {
        const ulong at = row_offset(columns, share, row) + share.column;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            prefetch_tensor(sample, at + k * VECTOR_STEP + ahead);
            const realv x = tensor_elements(sample, at + k * VECTOR_STEP);
            const realv total = row == 0 ? x : pivot[k] + x;
            pivot[k] = row == rows - 1 ? total * (realv)(inverse_of_pivot_rows(rows)) : total;
        }
    }
}

// The moments of VECTOR_WIDTH columns: block_moments_t as vectors.
typedef struct {
    realv mean_hi, mean_lo, m2, unit;
} column_moments_t;

// The moments of the columns from q on, from the sums of their deviations and of their squares.
CLNORM_INLINE column_moments_t column_moments(const realv pivot, const realv sum, const realv squares,
                                              const share_t share, const uint q, const realv scale)
{
    column_moments_t result;
    realv unit = scale == (realv)(SCALE_OF_HUGE) ? (realv)(SCALE_OF_TINY) : (realv)(1);
    unit = scale == (realv)(SCALE_OF_TINY) ? (realv)(SCALE_OF_HUGE) : unit;
    result.unit = unit;
#if CENTERED
    const uint further = columns_before(q, share.ragged);
    const realv n = first_lanes(further, (realv)((real)(share.whole + 1)), (realv)((real)max(share.whole, 1u)));
    const realv remainder = sum / n;
    const realv m2 = multiply_add(-sum, remainder, squares);
    const realv mean_hi = pivot + remainder;
    const realv taken = mean_hi - pivot;
    const realv mean_lo = (pivot - (mean_hi - taken)) + (remainder - taken);
    result.mean_hi = mean_hi * unit;
    result.mean_lo = mean_lo * unit;
    result.m2 = m2 < 0 ? (realv)(0) : m2;
#else
    result.mean_hi = (realv)(0);
    result.mean_lo = (realv)(0);
    result.m2 = squares;
#endif
    return result;
}

// The scales for columns with the given moments, which were taken without scaling. 1 for columns in range, and for
// missing columns.
CLNORM_INLINE realv column_scale(const column_moments_t m, const realv pivot, const uint count)
{
    realv scale = fabs(pivot) < TINY_PIVOT ? (realv)(SCALE_OF_TINY) : (realv)(1);
    scale = m.m2 < TINY_M2 ? scale : (realv)(1);
    scale = m.m2 < HUGE_BLOCK_M2 ? scale : (realv)(SCALE_OF_HUGE);
    return first_lanes(count, scale, (realv)(1));
}

CLNORM_INLINE int any_differs(const realv a, const realv b)
{
#if VECTOR_WIDTH == 1
    return a != b;
#else
    return any(a != b);
#endif
}

// Adds the deviations of one row to the sums of its columns.
CLNORM_INLINE void add_row_deviations(const realv d, realv *sum, realv *squares)
{
    *sum += d;
    *squares = multiply_add(d, d, *squares);
}

// The moments of the columns from q on, summed again about another pivot and with elements times scale.
CLNORM_INLINE column_moments_t moments_again(const tensor_t sample, const columns_t columns, const share_t share,
                                             const uint q, const realv pivot, const realv scale)
{
    realv sum = (realv)(0), squares = (realv)(0);
    for (uint row = 0; row < rows_of_share(share); row++) {
        const uint count = row < share.whole ? VECTOR_WIDTH : columns_before(q, share.ragged);
        const realv x = row < share.whole ? row_vector(sample, columns, share, row, q)
                                          : some_elements(sample, row_offset(columns, share, row) + q, count);
        add_row_deviations(first_lanes(count, multiply_add(x, scale, -pivot), (realv)(0)), &sum, &squares);
    }
    return column_moments(pivot, sum, squares, share, q, scale);
}

// The moments of the columns from q on, given their sums about the first pivot. Columns out of range, or that lost
// bits, are summed again. Their neighbours in the vector are summed again too, with the same result.
CLNORM_INLINE column_moments_t final_moments(const tensor_t sample, const columns_t columns, const share_t share,
                                             const uint q, const realv pivot, const realv sum, const realv squares)
{
    const column_moments_t m = column_moments(pivot, sum, squares, share, q, (realv)(1));
    const uint count = columns_before(q, share.whole > 0 ? columns.columns : share.ragged);
    const realv scale = column_scale(m, pivot, count);
    realv better = pivot;
#if CENTERED
    // The mean is the best pivot for columns whose first rows differ much from the others.
    better = m.m2 * MOST_CANCELLED < squares ? m.mean_hi : better;
    if (any_differs(scale, (realv)(1))) {
        const realv scaled = isfinite(m.mean_hi) ? m.mean_hi * scale : column_pivot(sample, columns, share, q, scale);
        better = scale == (realv)(1) ? better : scaled;
    }
    better = first_lanes(count, better, pivot);
#endif
    if (any_differs(scale, (realv)(1)) || any_differs(better, pivot)) {
        return moments_again(sample, columns, share, q, better, scale);
    }
    return m;
}

// Stores the moments of the columns from q on. See tiles.cl for the numbers of blocks.
CLNORM_INLINE void store_columns(__global real *moments, const ulong stride, const columns_t columns, const sets_t sets,
                                 const share_t share, const uint q, const column_moments_t m)
{
    const uint count = columns_before(q, columns.end);
    const uint width = (uint)sets.width;
    const uint row_length = (uint)row_stride(sets);
    uint short_row = columns.short_rows == 1 ? 0 : q / row_length;
    uint column = columns.short_rows == 1 ? q : q % row_length;
    const uint in_group = column % width;
    ulong set = (ulong)(column / width) * width * columns.tiles * columns.short_rows;
    ulong block = set + ((ulong)share.tile * columns.short_rows + short_row) * width + in_group;
    if (count == VECTOR_WIDTH && in_group + VECTOR_WIDTH <= width) {
        store_vector(m.mean_hi, moments + block);
        store_vector(m.mean_lo, moments + stride + block);
        store_vector(m.m2, moments + 2 * stride + block);
        store_vector(m.unit, moments + 3 * stride + block);
        return;
    }
    // The vector goes across the end of a group or of a short row.
    real mean_hi[VECTOR_WIDTH], mean_lo[VECTOR_WIDTH], m2[VECTOR_WIDTH], unit[VECTOR_WIDTH];
    store_vector(m.mean_hi, mean_hi);
    store_vector(m.mean_lo, mean_lo);
    store_vector(m.m2, m2);
    store_vector(m.unit, unit);
    uint left = width - in_group;
    ROLLED
    for (uint v = 0; v < count; v++) {
        moments[block] = mean_hi[v];
        moments[stride + block] = mean_lo[v];
        moments[2 * stride + block] = m2[v];
        moments[3 * stride + block] = unit[v];
        block++;
        column++;
        left--;
        if (left == 0) {
            left = width;
            set += (ulong)width * columns.tiles * columns.short_rows;
            if (column == row_length) {
                column = 0;
                short_row++;
                set = 0;
            }
            block = set + ((ulong)share.tile * columns.short_rows + short_row) * width;
        }
    }
}

// The moments of the columns of a share, stored among those of its sample.
CLNORM_INLINE void moments_of_share(const tensor_t sample, __global real *moments, const ulong stride,
                                    const columns_t columns, const sets_t sets, const share_t share)
{
    realv pivot[STRIP_VECTORS], sum[STRIP_VECTORS], squares[STRIP_VECTORS];
    const ulong ahead = rows_ahead(columns);
    pivots_of_share(sample, columns, share, ahead, pivot);
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        sum[k] = (realv)(0);
        squares[k] = (realv)(0);
    }
    uint row = 0;
#if ROWS_BY_FOUR
    for (; share.vectors > 0 && row + 4 <= share.safe; row += 4) {
        const four_t x = four_rows(sample, columns, share, row);
        add_row_deviations(x.v0 - pivot[0], sum, squares);
        add_row_deviations(x.v1 - pivot[0], sum, squares);
        add_row_deviations(x.v2 - pivot[0], sum, squares);
        add_row_deviations(x.v3 - pivot[0], sum, squares);
    }
#endif
    for (; row < share.safe; row++) {
        const ulong at = row_offset(columns, share, row) + share.column;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            prefetch_tensor(sample, at + k * VECTOR_STEP + ahead);
            add_row_deviations(tensor_elements(sample, at + k * VECTOR_STEP) - pivot[k], sum + k, squares + k);
        }
    }
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        if (k >= share.vectors) {
            break;
        }
        const uint q = share.column + k * VECTOR_STEP;
        // The rows at the end of the tensor, beyond which no vector may be loaded.
        for (row = share.safe; row < rows_of_share(share); row++) {
            const uint count = columns_before(q, row < share.whole ? columns.columns : share.ragged);
            const realv x = some_elements(sample, row_offset(columns, share, row) + q, count);
            add_row_deviations(first_lanes(count, x - pivot[k], (realv)(0)), sum + k, squares + k);
        }
        store_columns(moments, stride, columns, sets, share, q,
                      final_moments(sample, columns, share, q, pivot[k], sum[k], squares[k]));
    }
}

#endif
