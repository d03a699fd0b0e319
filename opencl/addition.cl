// Adds a tensor to another one: a gradient to what it is accumulated into.

#include "cache.cl"
#include "fixed_grid.cl"
#include "in_flight.cl"

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
    ulong v = get_local_id(0);
#if WORK_GROUP_SIZE > 1
    for (; v + 3 * WORK_GROUP_SIZE < vectors; v += 4 * WORK_GROUP_SIZE) {
        const ulong at = begin + v * VECTOR_WIDTH;
        const ulong step = WORK_GROUP_SIZE * VECTOR_WIDTH;
        const four_t of_a = four_of_elements(a, at, step);
        const four_t of_b = four_of_elements(b, at, step);
        store_elements(of_a.v0 + of_b.v0, sum + at);
        store_elements(of_a.v1 + of_b.v1, sum + at + step);
        store_elements(of_a.v2 + of_b.v2, sum + at + 2 * step);
        store_elements(of_a.v3 + of_b.v3, sum + at + 3 * step);
    }
#endif
    for (; v < vectors; v += WORK_GROUP_SIZE) {
        const ulong at = begin + v * VECTOR_WIDTH;
        prefetch_input(a + at + AHEAD);
        prefetch_input(b + at + AHEAD);
        store_elements(elements(a + at) + elements(b + at), sum + at);
    }
    for (ulong at = begin + vectors * VECTOR_WIDTH + get_local_id(0); at < end; at += WORK_GROUP_SIZE) {
        store_element(element(a + at) + element(b + at), sum + at);
    }
}
