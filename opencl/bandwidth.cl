// The copy that speeds are compared with: one read and one write of each element.

#include "cache.cl"
#include "fixed_grid.cl"
#include "in_flight.cl"

// Parallel over: parts of part_size elements, a multiple of VECTOR_WIDTH; a work-group copies one.
// [in]  x  [n]
// [out] y  [n]
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
copy(__global const storage_t *x, __global storage_t *y, const ulong n, const ulong part_size, const ulong first_group)
{
    RETURN_IF_IDLE(first_group)
    const ulong begin = (FIRST_GROUP(first_group) + get_group_id(0)) * part_size;
    const ulong end = min(begin + part_size, n);
    const ulong vectors = (end - begin) / VECTOR_WIDTH;
    ulong v = get_local_id(0);
#if WORK_GROUP_SIZE > 1
    for (; v + 3 * WORK_GROUP_SIZE < vectors; v += 4 * WORK_GROUP_SIZE) {
        const ulong at = begin + v * VECTOR_WIDTH;
        const ulong step = WORK_GROUP_SIZE * VECTOR_WIDTH;
        const four_t four = four_of_elements(x, at, step);
        store_output(four.v0, y + at);
        store_output(four.v1, y + at + step);
        store_output(four.v2, y + at + 2 * step);
        store_output(four.v3, y + at + 3 * step);
    }
#endif
    for (; v < vectors; v += WORK_GROUP_SIZE) {
        const ulong at = begin + v * VECTOR_WIDTH;
        prefetch_input(x + at + AHEAD);
        prefetch_output(y + at + AHEAD);
        store_output(elements(x + at), y + at);
    }
    for (ulong at = begin + vectors * VECTOR_WIDTH + get_local_id(0); at < end; at += WORK_GROUP_SIZE) {
        store_element(element(x + at), y + at);
    }
}
