// The copy that every speed is measured against: one read and one write of every element, nothing else.

#include "types.cl"

// Parallel over: parts of part_size elements, a multiple of VECTOR_WIDTH, one a work-group.
// [in]  x  n elements
// [out] y  n elements
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
copy(__global const storage_t *x, __global storage_t *y, const ulong n, const ulong part_size)
{
    const ulong from = get_group_id(0) * part_size;
    const ulong to = min(from + part_size, n);
    const ulong vectors = (to - from) / VECTOR_WIDTH;
    for (ulong v = get_local_id(0); v < vectors; v += WORK_GROUP_SIZE) {
        const ulong at = from + v * VECTOR_WIDTH;
        prefetch_input(x + at + AHEAD);
        prefetch_output(y + at + AHEAD);
        store_output(elements(x + at), y + at);
    }
    for (ulong at = from + vectors * VECTOR_WIDTH + get_local_id(0); at < to; at += WORK_GROUP_SIZE) {
        store_element(element(x + at), y + at);
    }
}
