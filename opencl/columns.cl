// Both passes across rows, for sets that have a few elements in each of many rows: channels last.
//
// A row of a sample holds the elements of all groups, one column each: C columns with channels last. A block is one
// column over COLUMN_ROWS rows, summed from the first row to the last; a work-item holds VECTOR_WIDTH columns side by
// side, so that memory is read as it lies, and needs no other work-item. A set's blocks are then merged as moments.cl
// does it, hence the same promise: neither the cut into work-groups nor the vector width changes a bit.
//
// Where rows are short, `lanes` successive rows are taken as one (a *long row* of `lanes` times as many columns), so
// that a long row has 64 columns or more; lane l of a column takes the rows l, l + lanes, l + 2 lanes, ...
//
//     column q of a long row = lane q / C of column q % C;  C = groups * width
//     block of (column c, tile t, lane l) is number ((c * tiles + t) * lanes + l) of its sample
//
// so that the blocks of a set, whose columns lie side by side, do so too. Outliers and magnitudes are met as in
// moments.cl: the pivot is the mean of the column's first four rows, which costs five bits at most; columns whose
// squares leave the range of real are summed again, scaled.

#ifndef CLNORM_COLUMNS_CL
#define CLNORM_COLUMNS_CL

#include "affine.cl"

// Long rows of a block. Part of the order of summation: another value gives other bits.
#define COLUMN_ROWS 128
// Rows whose mean is the pivot, where there are as many.
#define PIVOT_ROWS 4

// How the samples are cut into columns; what the kernels below are told beside the sets.
typedef struct {
    ulong lanes;   // rows in a long row
    ulong columns; // columns of a long row: lanes * groups * width
    ulong size;    // elements of a sample
    uint strips;   // teams' shares of a long row: ceil(columns / 64)
    uint tiles;    // blocks of a column lane: ceil(rows / (lanes * COLUMN_ROWS))
} columns_t;

#define COLUMNS_ARGUMENTS const ulong lanes, const uint strips, const uint tiles
#define DECLARE_COLUMNS(name)                                                                                          \
    columns_t name;                                                                                                    \
    name.lanes = lanes;                                                                                                \
    name.columns = lanes * groups * width;                                                                             \
    name.size = rows * groups * width;                                                                                 \
    name.strips = strips;                                                                                              \
    name.tiles = tiles

// The number of lane v of a vector.
CLNORM_INLINE bitsv lane_numbers(void)
{
    real_bits number[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        number[v] = v;
    }
    return load_vector(number);
}

// a where the lane's number is below `count`, else b.
CLNORM_INLINE realv first_lanes(const uint count, const realv a, const realv b)
{
#if VECTOR_WIDTH == 1
    return count > 0 ? a : b;
#else
    return lane_numbers() < (bitsv)(count) ? a : b;
#endif
}

// VECTOR_WIDTH elements of which the first `count` are wanted and those up to `readable` exist; 0 for the others.
CLNORM_INLINE realv some_elements(const tensor_t tensor, const ulong at, const uint count, const ulong readable)
{
    if (at + VECTOR_WIDTH <= readable) {
        return first_lanes(count, tensor_elements(tensor, at), (realv)(0));
    }
    real part[VECTOR_WIDTH];
#pragma unroll
    for (uint v = 0; v < VECTOR_WIDTH; v++) {
        part[v] = v < count ? tensor_element(tensor, at + v) : (real)0;
    }
    return load_vector(part);
}

// How many of the VECTOR_WIDTH columns from `at` on lie before `end`.
CLNORM_INLINE uint columns_before(const ulong at, const ulong end)
{
    return at >= end ? 0 : (uint)min((ulong)VECTOR_WIDTH, end - at);
}

// The moments of VECTOR_WIDTH columns.
typedef struct {
    realv mean_hi, mean_lo, m2, unit;
} column_moments_t;

// The moments of the VECTOR_WIDTH columns that begin at element `at` of the sample, over `whole` long rows; the first
// `further` of them have one row more. `wanted` columns exist; what the others hold is not used.
CLNORM_INLINE column_moments_t moments_of_vector(const tensor_t sample, const columns_t columns, const ulong at,
                                                 const uint whole, const uint further, const uint wanted)
{
    const ulong stride = columns.columns;
    const ulong last = at + (ulong)whole * stride;
    column_moments_t result;
    realv scale = (realv)(1);
    int again = 1;
    for (uint attempt = 0; attempt < 2 && again; attempt++) {
        realv pivot = (realv)(0), sum = (realv)(0), squares = (realv)(0);
#if CENTERED
        if (whole >= PIVOT_ROWS) {
            const realv first = some_elements(sample, at, wanted, columns.size) * scale;
            const realv second = some_elements(sample, at + stride, wanted, columns.size) * scale;
            const realv third = some_elements(sample, at + 2 * stride, wanted, columns.size) * scale;
            const realv fourth = some_elements(sample, at + 3 * stride, wanted, columns.size) * scale;
            pivot = ((first + third) + (second + fourth)) * (realv)((real)1 / PIVOT_ROWS);
        } else {
            pivot = some_elements(sample, at, whole > 0 ? wanted : further, columns.size) * scale;
        }
#endif
        // All rows but the last can be read beyond the wanted columns: there the next row begins.
        uint row = 0;
        for (; row + 1 < whole; row++) {
            const realv d = multiply_add(tensor_elements(sample, at + row * stride), scale, -pivot);
            sum += d;
            squares = multiply_add(d, d, squares);
        }
        if (row < whole) {
            const realv x = some_elements(sample, at + row * stride, wanted, columns.size);
            const realv d = multiply_add(x, scale, -pivot);
            sum += d;
            squares = multiply_add(d, d, squares);
        }
        if (further > 0) {
            const realv x = some_elements(sample, last, further, columns.size);
            const realv d = first_lanes(further, multiply_add(x, scale, -pivot), (realv)(0));
            sum += d;
            squares = multiply_add(d, d, squares);
        }
        const realv n = first_lanes(further, (realv)((real)(whole + 1)), (realv)((real)max(whole, 1u)));
        realv unit = scale == (realv)(SCALE_OF_HUGE) ? (realv)(SCALE_OF_TINY) : (realv)(1);
        unit = scale == (realv)(SCALE_OF_TINY) ? (realv)(SCALE_OF_HUGE) : unit;
#if CENTERED
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
        result.unit = unit;
        if (attempt == 0) {
            // Columns that are in range are summed a second time as they were, with the same result.
            const realv tiny = (realv)(SCALE_OF_TINY);
            scale = result.m2 < TINY_M2 ? (fabs(pivot) < TINY_PIVOT ? tiny : (realv)(1)) : (realv)(1);
            scale = result.m2 < HUGE_BLOCK_M2 ? scale : (realv)(SCALE_OF_HUGE);
            scale = first_lanes(whole > 0 ? wanted : further, scale, (realv)(1));
#if VECTOR_WIDTH == 1
            again = scale != 1;
#else
            again = any(scale != (realv)(1));
#endif
        }
    }
    return result;
}

// The moments of all blocks of all columns.
// Parallel over: samples x parts; a work-group takes shares_per_part shares, each of its teams one at a time. A share is
// a tile of COLUMN_ROWS long rows by a strip of 64 columns.
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
    const uint lane_team = (uint)get_local_id(0) / TEAM;
    const uint lane_item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint row_length = (uint)row_stride(sets);
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    __global real *own_moments = moments + sample * columns.columns * tiles;
    for (ulong share = first + lane_team; share < end; share += TEAMS) {
        const uint tile = (uint)(share / strips);
        const ulong tile_offset = (ulong)tile * COLUMN_ROWS * columns.columns;
        const ulong left = (columns.size - tile_offset) / columns.columns;
        const uint whole = (uint)min((ulong)COLUMN_ROWS, left);
        // The last, shorter long row of the sample, where the number of rows is no multiple of the lanes.
        const uint strip = (uint)(share % strips) * LANES;
        const ulong ragged = whole < COLUMN_ROWS ? (columns.size - tile_offset) % columns.columns : 0;
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint q = strip + k * (TEAM * VECTOR_WIDTH) + lane_item * VECTOR_WIDTH;
            const uint wanted = columns_before(q, columns.columns);
            if (wanted > 0) {
                const column_moments_t m = moments_of_vector(own, columns, tile_offset + q, whole,
                                                             columns_before(q, ragged), wanted);
                real hi[VECTOR_WIDTH], lo[VECTOR_WIDTH], m2[VECTOR_WIDTH], unit[VECTOR_WIDTH];
                store_vector(m.mean_hi, hi);
                store_vector(m.mean_lo, lo);
                store_vector(m.m2, m2);
                store_vector(m.unit, unit);
                uint lane = lanes == 1 ? 0 : q / row_length;
                uint column = lanes == 1 ? q : q % row_length;
                for (uint v = 0; v < wanted; v++) {
                    const ulong block = ((ulong)column * tiles + tile) * lanes + lane;
                    own_moments[block] = hi[v];
                    own_moments[stride + block] = lo[v];
                    own_moments[2 * stride + block] = m2[v];
                    own_moments[3 * stride + block] = unit[v];
                    column++;
                    if (column == row_length) {
                        column = 0;
                        lane++;
                    }
                }
            }
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
    const uint lane_team = (uint)get_local_id(0) / TEAM;
    const uint lane_item = (uint)get_local_id(0) % TEAM;
    const ulong group = first_group + get_group_id(0);
    const ulong sample = group / parts;
    const uint row_length = (uint)row_stride(sets);
    const ulong first = group % parts * shares_per_part;
    const ulong end = min(first + shares_per_part, (ulong)strips * tiles);
    const tensor_t own = tensor_at(tensor, sample * columns.size);
    const target_t own_target = target_at(target, sample * columns.size);
    for (ulong share = first + lane_team; share < end; share += TEAMS) {
        const ulong tile_offset = share / strips * COLUMN_ROWS * columns.columns;
        const ulong tile_end = min(tile_offset + COLUMN_ROWS * columns.columns, columns.size);
        realv hi[HELD], lo[HELD], a[HELD], b[HELD];
        uint wanted[HELD];
        const uint strip = (uint)(share % strips) * LANES;
#pragma unroll
        for (uint k = 0; k < HELD; k++) {
            const uint q = strip + k * (TEAM * VECTOR_WIDTH) + lane_item * VECTOR_WIDTH;
            real his[VECTOR_WIDTH], los[VECTOR_WIDTH], as[VECTOR_WIDTH], bs[VECTOR_WIDTH];
            wanted[k] = columns_before(q, columns.columns);
            // Columns that do not exist take the parameters of those at the row's beginning, and are not stored.
            uint column = lanes == 1 && q < row_length ? q : q % row_length;
            uint of_group = column % (uint)width;
            uint of_row = column / (uint)width;
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
        for (ulong row = tile_offset + strip; row < tile_end; row += columns.columns) {
#pragma unroll
            for (uint k = 0; k < HELD; k++) {
                const ulong at = row + k * (TEAM * VECTOR_WIDTH) + lane_item * VECTOR_WIDTH;
                const uint here = min(wanted[k], columns_before(at, tile_end));
                const int aligned = aligned_head(own_target.y + at, VECTOR_WIDTH) == 0;
                if (here == VECTOR_WIDTH && aligned) {
                    const realv whole = tensor_elements(own, at);
                    store_results(activate(NORMALIZED(whole, hi[k], lo[k], a[k], b[k])), whole, own_target, at);
                } else if (here > 0) {
                    real from[VECTOR_WIDTH], result[VECTOR_WIDTH];
                    const realv part = some_elements(own, at, here, columns.size);
                    store_vector(part, from);
                    store_vector(activate(NORMALIZED(part, hi[k], lo[k], a[k], b[k])), result);
                    for (uint v = 0; v < here; v++) {
                        store_result(result[v], from[v], own_target, at + v);
                    }
                }
            }
        }
    }
}

#endif
