// How the work-items of a launch that takes whole sets share them, and copies of sets in local memory.

#ifndef CLNORM_KEEP_CL
#define CLNORM_KEEP_CL

#include "lanes.cl"
#include "sets.cl"

// 0 if a work-group takes one set at a time, 1 if each team takes a set of its own.
#ifndef PACKED
#define PACKED 0
#endif

// Work-items that share a set, and sets that a work-group takes at a time.
#if PACKED
#define MEMBERS TEAM
#define SETS_AT_A_TIME TEAMS
#else
#define MEMBERS WORK_GROUP_SIZE
#define SETS_AT_A_TIME 1
#endif

#if KEEP_SET
// Stores VECTOR_WIDTH elements of a copy.
CLNORM_INLINE void keep_vector(const realv value, __local real *to)
{
    store_aligned(value, __local, REAL_NAME, to);
}

#if MEMBERS > 1
// Stores the next four vectors of this work-item.
CLNORM_INLINE void keep_four(const four_t four, __local real *to)
{
    keep_vector(four.v0, to);
    keep_vector(four.v1, to + MEMBERS * VECTOR_WIDTH);
    keep_vector(four.v2, to + 2 * MEMBERS * VECTOR_WIDTH);
    keep_vector(four.v3, to + 3 * MEMBERS * VECTOR_WIDTH);
}
#endif

// Copies a set to local memory, row after row, by MEMBERS work-items. This one is number `member`.
CLNORM_INLINE void keep_set(const tensor_t set, __local real *kept, const sets_t sets, const uint member)
{
    const ulong vectors = sets.width / VECTOR_WIDTH;
    for (ulong row = 0; row < sets.rows; row++) {
        const tensor_t from = tensor_at(set, row * row_stride(sets));
        __local real *to = kept + row * sets.width;
        ulong v = member;
#if MEMBERS > 1
        for (; v + 3 * MEMBERS < vectors; v += 4 * MEMBERS) {
            keep_four(four_of_tensor(from, v * VECTOR_WIDTH, MEMBERS * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
#endif
        for (; v < vectors; v += MEMBERS) {
            keep_vector(tensor_elements(from, v * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
#if !ALIGNED
        for (ulong e = vectors * VECTOR_WIDTH + member; e < sets.width; e += MEMBERS) {
            to[e] = tensor_element(from, e);
        }
#endif
    }
}

// Copies a set of a tensor that has no residual, such as dy.
CLNORM_INLINE void keep_elements(__global const storage_t *set, __local real *kept, const sets_t sets,
                                 const uint member)
{
    const ulong vectors = sets.width / VECTOR_WIDTH;
    for (ulong row = 0; row < sets.rows; row++) {
        __global const storage_t *from = set + row * row_stride(sets);
        __local real *to = kept + row * sets.width;
        ulong v = member;
#if MEMBERS > 1
        for (; v + 3 * MEMBERS < vectors; v += 4 * MEMBERS) {
            keep_four(four_of_elements(from, v * VECTOR_WIDTH, MEMBERS * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
#endif
        for (; v < vectors; v += MEMBERS) {
            keep_vector(elements(from + v * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
#if !ALIGNED
        for (ulong e = vectors * VECTOR_WIDTH + member; e < sets.width; e += MEMBERS) {
            to[e] = element(from + e);
        }
#endif
    }
}
#endif

#endif
