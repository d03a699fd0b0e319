// Adds a tensor to another one: a gradient to what it is accumulated into.

#include "cache.cl"
#include "fixed_grid.cl"

// Parallel over: parts of part_size elements, a multiple of VECTOR_WIDTH; a work-group adds one.
// [in]  a, b  [n]
// [out] sum   [n]: a + b, rounded once; may be a or b
__kernel __attribute__((reqd_work_group_size(WORK_GROUP_SIZE, 1, 1))) void
addition(__global const storage_t *a, __global const storage_t *b, __global storage_t *sum, const ulong n,
         const ulong part_size, const ulong first_group)
{
    RETURN_IF_IDLE(first_group)
    const ulong begin = (FIRST_GROUP(first_group) + get_group_id(0)) * part_size;
    const ulong end = min(begin + part_size, n);
    const ulong vectors = (end - begin) / VECTOR_WIDTH;
    for (ulong v = get_local_id(0); v < vectors; v += WORK_GROUP_SIZE) {
        const ulong at = begin + v * VECTOR_WIDTH;
        prefetch_input(a + at + AHEAD);
        prefetch_input(b + at + AHEAD);
        store_elements(elements(a + at) + elements(b + at), sum + at);
    }
    for (ulong at = begin + vectors * VECTOR_WIDTH + get_local_id(0); at < end; at += WORK_GROUP_SIZE) {
        store_element(element(a + at) + element(b + at), sum + at);
    }
}
