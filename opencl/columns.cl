// Both passes across rows, for sets that have a few elements in each of many rows: channels last. In launches of their own,
// or in one (resident_columns), where a work-group takes all rows of some sets of a sample.
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

// How many of a share's rows make its pivots, and 1 over that.
CLNORM_INLINE uint pivot_rows(const share_t share)
{
    return share.whole >= PIVOT_ROWS ? PIVOT_ROWS : (share.whole >= 4 ? 4 : 1);
}

CLNORM_INLINE real share_of_row(const uint rows)
{
    return rows == PIVOT_ROWS ? (real)1 / PIVOT_ROWS : (rows == 4 ? (real)0.25 : (real)1);
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
    const uint rows = pivot_rows(share);
    realv sum = row_vector(sample, columns, share, 0, q) * scale;
    for (uint row = 1; row < rows; row++) {
        sum += row_vector(sample, columns, share, row, q) * scale;
    }
    return sum * (realv)(share_of_row(rows));
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

// Stores the moments of the columns at q, side by side.
CLNORM_INLINE void store_columns(__global real *moments, const ulong stride, const columns_t columns, const sets_t sets,
                                 const share_t share, const uint q, const column_moments_t m)
{
    const uint there = columns_before(q, columns.end);
    const uint width = (uint)sets.width;
    const uint row_length = (uint)row_stride(sets);
    uint lane = columns.lanes == 1 ? 0 : q / row_length;
    uint column = columns.lanes == 1 ? q : q % row_length;
    const uint of_group = column % width;
    ulong set = (ulong)(column / width) * width * columns.tiles * columns.lanes;
    ulong block = set + ((ulong)share.tile * columns.lanes + lane) * width + of_group;
    if (there == VECTOR_WIDTH && of_group + VECTOR_WIDTH <= width) {
        store_vector(m.mean_hi, moments + block);
        store_vector(m.mean_lo, moments + stride + block);
        store_vector(m.m2, moments + 2 * stride + block);
        store_vector(m.unit, moments + 3 * stride + block);
        return;
    }
    real hi[VECTOR_WIDTH], lo[VECTOR_WIDTH], m2[VECTOR_WIDTH], unit[VECTOR_WIDTH];
    store_vector(m.mean_hi, hi);
    store_vector(m.mean_lo, lo);
    store_vector(m.m2, m2);
    store_vector(m.unit, unit);
    uint left = width - of_group;
    ROLLED
    for (uint v = 0; v < there; v++) {
        moments[block] = hi[v];
        moments[stride + block] = lo[v];
        moments[2 * stride + block] = m2[v];
        moments[3 * stride + block] = unit[v];
        block++;
        column++;
        left--;
        if (left == 0) {
            left = width;
            set += (ulong)width * columns.tiles * columns.lanes;
            if (column == row_length) {
                column = 0;
                lane++;
                set = 0;
            }
            block = set + ((ulong)share.tile * columns.lanes + lane) * width;
        }
    }
}

// column_pivot of all vectors of a share, row by row as they lie in memory.
CLNORM_INLINE void pivots_of_share(const tensor_t own, const columns_t columns, const share_t share, const ulong ahead,
                                   realv *pivot)
{
    const uint rows = pivot_rows(share);
    if (!CENTERED || share.safe < rows) {
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                pivot[k] = column_pivot(own, columns, share, share.column + k * VECTOR_STEP, (realv)(1));
            }
        }
        return;
    }
    for (uint row = 0; row < rows; row++) {
        const ulong at = share.offset + (ulong)row * columns.columns + share.column;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            prefetch_tensor(own, at + k * VECTOR_STEP + ahead);
            const realv x = tensor_elements(own, at + k * VECTOR_STEP);
            const realv total = row == 0 ? x : pivot[k] + x;
            pivot[k] = row == rows - 1 ? total * (realv)(share_of_row(rows)) : total;
        }
    }
}

// Adds the deviations of one row's vector to what is kept of its columns.
CLNORM_INLINE void add_row(const realv d, realv *sum, realv *squares)
{
    *sum += d;
    *squares = multiply_add(d, d, *squares);
}

// The moments of the columns of a share, into those of its sample.
CLNORM_INLINE void moments_of_share(const tensor_t own, __global real *moments, const ulong stride,
                                    const columns_t columns, const sets_t sets, const share_t share)
{
    realv pivot[STRIP_VECTORS], sum[STRIP_VECTORS], squares[STRIP_VECTORS];
    const ulong ahead = rows_ahead(columns);
    pivots_of_share(own, columns, share, ahead, pivot);
    UNROLL_VECTORS
    for (uint k = 0; k < STRIP_VECTORS; k++) {
        sum[k] = (realv)(0);
        squares[k] = (realv)(0);
    }
    for (uint row = 0; row < share.safe; row++) {
        const ulong at = share.offset + (ulong)row * columns.columns + share.column;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            prefetch_tensor(own, at + k * VECTOR_STEP + ahead);
            add_row(tensor_elements(own, at + k * VECTOR_STEP) - pivot[k], sum + k, squares + k);
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
            const realv x = some_elements(own, share.offset + (ulong)row * columns.columns + q, there);
            add_row(first_lanes(there, x - pivot[k], (realv)(0)), sum + k, squares + k);
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
        store_columns(moments, stride, columns, sets, share, q, m);
    }
}

// What normalizing a vector of columns takes; a = rstd * gamma, b = beta.
typedef struct {
    realv hi, lo, a, b;
} known_column_t;

// That of the columns from q on, of a sample whose first set is number `first_set`. Columns that do not exist take the
// parameters of those at the row's beginning, and are not stored.
CLNORM_INLINE known_column_t known_columns(const sets_t sets, const uint q, __global const parameter_t *gamma,
                                           __global const parameter_t *beta, __global const real *mean,
                                           __global const real *mean_lo, __global const real *rstd,
                                           __global const real *variance, const real eps, const ulong first_set)
{
    const uint width = (uint)sets.width;
    const uint row_length = (uint)row_stride(sets);
    const uint column = q % row_length;
    uint of_row = column / width;
    set_moments_t m = known_moments(mean, mean_lo, rstd, variance, eps, first_set + of_row);
    realv hi = (realv)(m.mean_hi), lo = (realv)(m.mean_lo), scale = (realv)(m.rstd);
    for (uint reach = width - column % width; reach < VECTOR_WIDTH; reach += width) {
        of_row = of_row + 1 == sets.groups ? 0 : of_row + 1;
        m = known_moments(mean, mean_lo, rstd, variance, eps, first_set + of_row);
        hi = first_lanes(reach, hi, (realv)(m.mean_hi));
        lo = first_lanes(reach, lo, (realv)(m.mean_lo));
        scale = first_lanes(reach, scale, (realv)(m.rstd));
    }
    known_column_t known;
    known.hi = hi;
    known.lo = lo;
    if (sets.run == 1 && column + VECTOR_WIDTH <= row_length) {
        known.a = gamma ? scale * parameters(gamma + column) : scale;
        known.b = beta ? parameters(beta + column) : (realv)(0);
        return known;
    }
    real as[VECTOR_WIDTH], bs[VECTOR_WIDTH];
    uint at = column;
    ROLLED
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        as[v] = gamma ? parameter(gamma + at / (uint)sets.run) : (real)1;
        bs[v] = beta ? parameter(beta + at / (uint)sets.run) : (real)0;
        at = at + 1 == row_length ? 0 : at + 1;
    }
    known.a = gamma ? scale * load_vector(as) : scale;
    known.b = load_vector(bs);
    return known;
}

// The same for all vectors of a share, unless they are those of `known_of`, which are known: the next tile has the same
// columns where a strip is a whole row. Gives the share's first column.
CLNORM_INLINE uint know_share(known_column_t *known, const uint known_of, const share_t share, const sets_t sets,
                              __global const parameter_t *gamma, __global const parameter_t *beta,
                              __global const real *mean, __global const real *mean_lo, __global const real *rstd,
                              __global const real *variance, const real eps, const ulong first_set)
{
    if (known_of != share.column) {
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k < share.vectors) {
                known[k] = known_columns(sets, share.column + k * VECTOR_STEP, gamma, beta, mean, mean_lo, rstd, variance,
                                         eps, first_set);
            }
        }
    }
    return share.column;
}

// Normalizes the vector of columns at q of one row, whose first element is number `at` of the sample, and whose columns
// end at row_end.
CLNORM_INLINE void affine_columns_at(const tensor_t own, const target_t target, const ulong at, const uint q,
                                     const uint row_end, const known_column_t c)
{
    if (q + VECTOR_WIDTH <= row_end && aligned_head(target.y + at, VECTOR_WIDTH) == 0) {
        const realv from = tensor_elements(own, at);
        store_results(activate(NORMALIZED(from, c.hi, c.lo, c.a, c.b)), from, target, at);
        return;
    }
    const uint there = columns_before(q, row_end);
    real part[VECTOR_WIDTH], result[VECTOR_WIDTH];
    const realv from = some_elements(own, at, there);
    store_vector(from, part);
    store_vector(activate(NORMALIZED(from, c.hi, c.lo, c.a, c.b)), result);
    ROLLED
    for (uint v = 0; v < there; v++) {
        store_result(result[v], part[v], target, at + v);
    }
}

// Normalizes a share, whose vectors' columns are known.
CLNORM_INLINE void affine_share(const tensor_t own, const target_t target, const columns_t columns, const share_t share,
                                const known_column_t *known)
{
    const ulong ahead = rows_ahead(columns);
    for (uint row = 0; row < share.whole + (share.ragged > 0 ? 1 : 0); row++) {
        const ulong offset = share.offset + (ulong)row * columns.columns + share.column;
        const uint row_end = row < share.whole ? columns.end : share.ragged;
        UNROLL_VECTORS
        for (uint k = 0; k < STRIP_VECTORS; k++) {
            if (k >= share.vectors) {
                break;
            }
            const ulong at = offset + k * VECTOR_STEP;
            prefetch_tensor(own, at + ahead);
            prefetch_target(target, at + ahead);
            affine_columns_at(own, target, at, share.column + k * VECTOR_STEP, row_end, known[k]);
        }
    }
}

// The moments of all blocks of all columns.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time. A share is
// a tile of COLUMN_ROWS long rows by a strip of STRIP columns.
// [in]  x, residual  [samples, rows, groups, width]
// [out] moments      4 x stride reals: mean_hi, mean_lo, m2, unit of block b of set s at s * blocks + b
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
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        moments_of_share(own, moments + sample * columns.columns * tiles, stride, columns, sets,
                         share_of(columns, number, item));
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
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    const target_t own_target = target_at(target, sample * columns.size);
    known_column_t known[STRIP_VECTORS];
    uint known_of = UINT_MAX;
    for (ulong number = first + (uint)get_local_id(0) / TEAM; number < end; number += TEAMS) {
        const share_t share = share_of(columns, number, item);
        known_of = know_share(known, known_of, share, sets, gamma, beta, mean, mean_lo, rstd, variance, eps,
                              sample * groups);
        affine_share(own, own_target, columns, share, known);
    }
}

#if STATISTICS != GIVEN

// Both passes in one launch: the second finds the sets in a cache, where they are small, and one launch instead of three
// is what small problems are made of.
// Parallel over: samples x parts; a work-group takes groups_per_part sets of a sample, side by side: all of them where
// lanes > 1.
// [in]  x, residual  [samples, rows, groups, width]
// [in]  gamma, beta  [groups, width / run], or null
// [tmp] moments      as moments_of_columns
// [out] y, sum       as x
// [out] mean, mean_lo, rstd, variance  one real a set; variance may be null
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
resident_columns(__global const storage_t *x, __global const storage_t *residual, __global storage_t *y,
                 __global storage_t *sum, __global const parameter_t *gamma, __global const parameter_t *beta,
                 __global real *mean, __global real *mean_lo, __global real *rstd, __global real *variance,
                 __global real *moments, const ulong stride, SETS_ARGUMENTS, COLUMNS_ARGUMENTS, CUT_ARGUMENTS,
                 const uint groups_per_part, const uint parts, const real eps, const ulong first_group)
{
    DECLARE_TEAM(team);
    DECLARE_SETS(sets);
    DECLARE_COLUMNS(columns);
    DECLARE_CUT(cut);
    DECLARE_TENSOR(tensor);
    DECLARE_TARGET(target);
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint first = (uint)(group % parts) * groups_per_part;
    const uint end = min(first + groups_per_part, (uint)groups);
    if (lanes == 1) {
        columns.first = first * (uint)width;
        columns.end = end * (uint)width;
    }
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    const target_t own_target = target_at(target, sample * columns.size);
    __global real *own_moments = moments + sample * columns.columns * tiles;
    for (uint number = team.team; number < strips * tiles; number += TEAMS) {
        moments_of_share(own, own_moments, stride, columns, sets, share_of(columns, number, team.item));
    }
    barrier(CLK_GLOBAL_MEM_FENCE);
    for (uint base = first; base < end; base += TEAMS) {
        // A team without a set merges the last one again, with the others.
        const uint of_sample = min(base + team.team, end - 1);
        const ulong set = sample * groups + of_sample;
        const set_moments_t m = merge_blocks(moments + set * blocks, stride, cut, sets.rows * sets.width, eps, &team);
        if (base + team.team < end && team.item == 0) {
            store_moments(m, set, mean, mean_lo, rstd, variance);
        }
    }
    barrier(CLK_GLOBAL_MEM_FENCE);
    known_column_t known[STRIP_VECTORS];
    uint known_of = UINT_MAX;
    // The last rows are still in a cache.
    for (uint tile = tiles; tile-- > 0;) {
        for (uint strip = team.team; strip < strips; strip += TEAMS) {
            const share_t share = share_of(columns, (ulong)tile * strips + strip, team.item);
            known_of = know_share(known, known_of, share, sets, gamma, beta, mean, mean_lo, rstd, variance, eps,
                                  sample * groups);
            affine_share(own, own_target, columns, share, known);
        }
    }
}

#endif

#endif
