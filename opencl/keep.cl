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
// Copies a set to local memory, row after row, by MEMBERS work-items. This one is number `member`.
CLNORM_INLINE void keep_set(const tensor_t set, __local real *kept, const sets_t sets, const uint member)
{
    const ulong vectors = sets.width / VECTOR_WIDTH;
    for (ulong row = 0; row < sets.rows; row++) {
        const tensor_t from = tensor_at(set, row * row_stride(sets));
        __local real *to = kept + row * sets.width;
        for (ulong v = member; v < vectors; v += MEMBERS) {
            store_vector(tensor_elements(from, v * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
        for (ulong e = vectors * VECTOR_WIDTH + member; e < sets.width; e += MEMBERS) {
            to[e] = tensor_element(from, e);
        }
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
        for (ulong v = member; v < vectors; v += MEMBERS) {
            store_vector(elements(from + v * VECTOR_WIDTH), to + v * VECTOR_WIDTH);
        }
        for (ulong e = vectors * VECTOR_WIDTH + member; e < sets.width; e += MEMBERS) {
            to[e] = element(from + e);
        }
    }
}
#endif

#endif
