// Both passes across rows, for sets that have a few elements in each of many rows: channels last.
//
// A block is one column over COLUMN_ROWS rows (tiles.cl), summed from the first row to the last; a work-item holds vectors
// of columns side by side, walks down the rows, and needs no other work-item. A set's blocks are then merged as moments.cl
// does it, hence the same promise: neither the cut into work-groups nor the vector width changes a bit.
//
// Outliers and magnitudes are met as in moments.cl: the pivot is the mean of the column's first sixteen rows; columns in
// which these lie so far from the others that bits were lost are summed again about their mean, and columns whose squares
// leave the range of real, scaled.

#ifndef CLNORM_COLUMNS_CL
#define CLNORM_COLUMNS_CL

#include "affine.cl"
#include "tiles.cl"

// Rows whose mean is the pivot, where there are as many; else 4 or 1.
#define PIVOT_ROWS 16

// The vector of a row that begins at column q. `at` is its first element.
CLNORM_INLINE realv row_vector(const tensor_t sample, const columns_t columns, const share_t share, const uint row,
                               const uint q)
{
    const ulong at = share.offset + (ulong)row * columns.columns + q;
    return row < share.safe ? tensor_elements(sample, at) : some_elements(sample, at, columns_before(q, columns.columns));
}

// What is taken from the elements of the vector of columns at q before squaring: the mean of their first rows, times
// scale.
CLNORM_INLINE realv column_pivot(const tensor_t sample, const columns_t columns, const share_t share, const uint q,
                                 const realv scale)
{
#if CENTERED
    if (share.whole == 0) {
        return some_elements(sample, share.offset + q, columns_before(q, share.ragged)) * scale;
    }
    const uint rows = share.whole >= PIVOT_ROWS ? PIVOT_ROWS : (share.whole >= 4 ? 4 : 1);
    realv sum = row_vector(sample, columns, share, 0, q) * scale;
    for (uint row = 1; row < rows; row++) {
        sum += row_vector(sample, columns, share, row, q) * scale;
    }
    return sum * (realv)(rows == PIVOT_ROWS ? (real)1 / PIVOT_ROWS : (rows == 4 ? (real)0.25 : (real)1));
#else
    return (realv)(0);
#endif
}

// The moments of VECTOR_WIDTH columns.
typedef struct {
    realv mean_hi, mean_lo, m2, unit;
} column_moments_t;

// The moments of the columns at q, whose deviations from the pivot have these sums. Scaled ones are scaled back.
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
    const realv mean = pivot + remainder;
    const realv taken = mean - pivot;
    const realv rest = (pivot - (mean - taken)) + (remainder - taken);
    result.mean_hi = mean * unit;
    result.mean_lo = rest * unit;
    result.m2 = m2 < 0 ? (realv)(0) : m2;
#else
    result.mean_hi = (realv)(0);
    result.mean_lo = (realv)(0);
    result.m2 = squares;
#endif
    return result;
}

// How to scale columns of these moments, which were taken without scaling; 1 for those in range and those not there.
CLNORM_INLINE realv column_scale(const column_moments_t m, const realv pivot, const uint there)
{
    realv scale = fabs(pivot) < TINY_PIVOT ? (realv)(SCALE_OF_TINY) : (realv)(1);
    scale = m.m2 < TINY_M2 ? scale : (realv)(1);
    scale = m.m2 < HUGE_BLOCK_M2 ? scale : (realv)(SCALE_OF_HUGE);
    return first_lanes(there, scale, (realv)(1));
}

CLNORM_INLINE int any_lane_differs(const realv a, const realv b)
{
#if VECTOR_WIDTH == 1
    return a != b;
#else
    return any(a != b);
#endif
}

// The moments of the columns at q once more, of elements times scale and about another pivot.
CLNORM_INLINE column_moments_t moments_again(const tensor_t sample, const columns_t columns, const share_t share,
                                             const uint q, const realv pivot, const realv scale)
{
    realv sum = (realv)(0), squares = (realv)(0);
    for (uint row = 0; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
        const uint there = row < share.whole ? VECTOR_WIDTH : columns_before(q, share.ragged);
        const realv x = row < share.whole ? row_vector(sample, columns, share, row, q)
                                          : some_elements(sample, share.offset + (ulong)row * columns.columns + q, there);
        const realv d = first_lanes(there, multiply_add(x, scale, -pivot), (realv)(0));
        sum += d;
        squares = multiply_add(d, d, squares);
    }
    return column_moments(pivot, sum, squares, share, q, scale);
}

// Stores the moments of the columns at q: the blocks of a column lie side by side.
CLNORM_INLINE void store_columns(__global real *moments, const ulong stride, const columns_t columns,
                                 const share_t share, const uint row_length, const uint q, const column_moments_t m)
{
    real hi[VECTOR_WIDTH], lo[VECTOR_WIDTH], m2[VECTOR_WIDTH], unit[VECTOR_WIDTH];
    store_vector(m.mean_hi, hi);
    store_vector(m.mean_lo, lo);
    store_vector(m.m2, m2);
    store_vector(m.unit, unit);
    const uint there = columns_before(q, columns.columns);
    uint lane = columns.lanes == 1 ? 0 : q / row_length;
    uint column = columns.lanes == 1 ? q : q % row_length;
    ulong block = ((ulong)column * columns.tiles + share.tile) * columns.lanes + lane;
    const ulong next = (ulong)columns.tiles * columns.lanes;
    ROLLED
    for (uint v = 0; v < there; v++) {
        moments[block] = hi[v];
        moments[stride + block] = lo[v];
        moments[2 * stride + block] = m2[v];
        moments[3 * stride + block] = unit[v];
        block += next;
        column++;
        if (column == row_length) {
            column = 0;
            lane++;
            block = (ulong)share.tile * columns.lanes + lane;
        }
    }
}

// The moments of all blocks of all columns.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time. A share is
// a tile of COLUMN_ROWS long rows by a strip of STRIP columns.
// [in]  x, residual  [samples, rows, groups, width]
// [out] moments      4 x stride reals: mean_hi, mean_lo, m2, unit of block b of sample n at n * columns * tiles + b
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
moments_of_columns(__global const storage_t *x, __global const storage_t *residual, __global real *moments,
                   const ulong stride, SETS_ARGUMENTS, COLUMNS_ARGUMENTS, const ulong shares_per_part,
                   const ulong parts, const ulong first_group)
{
    DECLARE_SETS(sets);
    DECLARE_COLUMNS(columns);
    DECLARE_TENSOR(tensor);
    const uint item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    __global real *own_moments = moments + sample * columns.columns * tiles;
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        realv pivot[STRIP_VECTORS], sum[STRIP_VECTORS], squares[STRIP_VECTORS];
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                pivot[k] = column_pivot(own, columns, share, share.column + k * VECTOR_STEP, (realv)(1));
                sum[k] = (realv)(0);
                squares[k] = (realv)(0);
            }
        }
        for (uint row = 0; row < share.safe; row++) {
            const ulong at = share.offset + (ulong)row * columns.columns + share.column;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k >= share.vectors) {
                    break;
                }
                const realv d = tensor_elements(own, at + k * VECTOR_STEP) - pivot[k];
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
        }
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            const uint q = share.column + k * VECTOR_STEP;
            // The rows at the end of the tensor, which vectors must not be read beyond.
            for (uint row = share.safe; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
                const uint there = columns_before(q, row < share.whole ? columns.columns : share.ragged);
                const realv x_row = some_elements(own, share.offset + (ulong)row * columns.columns + q, there);
                const realv d = first_lanes(there, x_row - pivot[k], (realv)(0));
                sum[k] += d;
                squares[k] = multiply_add(d, d, squares[k]);
            }
            column_moments_t m = column_moments(pivot[k], sum[k], squares[k], share, q, (realv)(1));
            const uint there = columns_before(q, share.whole > 0 ? columns.columns : share.ragged);
            const realv scale = column_scale(m, pivot[k], there);
            realv better = pivot[k];
#if CENTERED
            // The mean is the best pivot for columns whose first rows are far from the others.
            better = m.m2 * MOST_CANCELLED < squares[k] ? m.mean_hi : better;
            if (any_lane_differs(scale, (realv)(1))) {
                const realv scaled = isfinite(m.mean_hi) ? m.mean_hi * scale : column_pivot(own, columns, share, q, scale);
                better = scale == (realv)(1) ? better : scaled;
            }
            better = first_lanes(there, better, pivot[k]);
#endif
            if (any_lane_differs(scale, (realv)(1)) || any_lane_differs(better, pivot[k])) {
                // Columns that were right are summed a second time as they were, with the same result.
                m = moments_again(own, columns, share, q, better, scale);
            }
            store_columns(own_moments, stride, columns, share, (uint)row_stride(sets), q, m);
        }
    }
}

// Normalizes a tensor whose set moments are known, with STATISTICS MERGED or GIVEN.
// Parallel over: samples x parts, those of moments_of_columns.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [in]  mean, mean_lo, rstd  MERGED: as moments_of_sets leaves them
// [in]  mean, variance       GIVEN: one real a set
// [out] y, sum       as x
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
affine_columns(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
               __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
               __global const real *mean, __global const real *mean_lo, __global const real *rstd,
               __global const real *variance, SETS_ARGUMENTS, COLUMNS_ARGUMENTS, const ulong shares_per_part,
               const ulong parts, const real eps, const ulong first_group)
{
    DECLARE_SETS(sets);
    DECLARE_COLUMNS(columns);
    DECLARE_TENSOR(tensor);
    DECLARE_TARGET(target);
    const uint item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint row_length = (uint)row_stride(sets);
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    const target_t own_target = target_at(target, sample * columns.size);
    realv hi[STRIP_VECTORS], lo[STRIP_VECTORS], a[STRIP_VECTORS], b[STRIP_VECTORS];
    uint known = UINT_MAX;
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        // The next tile has the same columns where a strip is a whole row.
        if (known != share.column) {
            known = share.column;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k >= share.vectors) {
                    break;
                }
                real his[VECTOR_WIDTH], los[VECTOR_WIDTH], as[VECTOR_WIDTH], bs[VECTOR_WIDTH];
                // Columns that do not exist take the parameters of those at the row's beginning, and are not stored.
                uint column = (share.column + k * VECTOR_STEP) % row_length;
                uint of_row = column / (uint)width;
                uint of_group = column % (uint)width;
                ROLLED
                for (uint v = 0; v < VECTOR_WIDTH; v++) {
                    const set_moments_t m =
                        known_moments(mean, mean_lo, rstd, variance, eps, sample * groups + of_row);
                    const ulong param = run == 1 ? column : (ulong)of_row * (uint)(width / run) + of_group / (uint)run;
                    his[v] = m.mean_hi;
                    los[v] = m.mean_lo;
                    as[v] = gamma ? m.rstd * parameter(gamma + param) : m.rstd;
                    bs[v] = beta ? parameter(beta + param) : (real)0;
                    column++;
                    of_group++;
                    if (of_group == width) {
                        of_group = 0;
                        of_row++;
                    }
                    if (column == row_length) {
                        column = 0;
                        of_row = 0;
                    }
                }
                hi[k] = load_vector(his);
                lo[k] = load_vector(los);
                a[k] = load_vector(as);
                b[k] = load_vector(bs);
            }
        }
        for (uint row = 0; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
            const ulong row_offset = share.offset + (ulong)row * columns.columns;
            const uint row_end = row < share.whole ? columns.columns : share.ragged;
            UNROLL_VECTORS
            for (uint k = 0; k < STRIP_VECTORS; k++) {
                if (k >= share.vectors) {
                    break;
                }
                const uint q = share.column + k * VECTOR_STEP;
                const ulong at = row_offset + q;
                const int aligned = aligned_head(own_target.y + at, VECTOR_WIDTH) == 0;
                if (q + VECTOR_WIDTH <= row_end && aligned) {
                    const realv from = tensor_elements(own, at);
                    store_results(activate(NORMALIZED(from, hi[k], lo[k], a[k], b[k])), from, own_target, at);
                } else {
                    const uint there = columns_before(q, row_end);
                    real part[VECTOR_WIDTH], result[VECTOR_WIDTH];
                    const realv from = some_elements(own, at, there);
                    store_vector(from, part);
                    store_vector(activate(NORMALIZED(from, hi[k], lo[k], a[k], b[k])), result);
                    ROLLED
                    for (uint v = 0; v < there; v++) {
                        store_result(result[v], part[v], own_target, at + v);
                    }
                }
            }
        }
    }
}

#endif
