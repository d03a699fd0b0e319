// Launches of a fixed number of work-groups, some of which return at once.
//
// With -DFIXED_GRID=1, the upper 16 bits of first_group say how many work-groups of a launch work, in kernels of one
// work-item. The host then gives every launch of a kernel the same number of work-groups, because PoCL 3.1 ends the process if
// threads launch a kernel with different numbers at the same time. Not with several work-items: a return before a barrier makes
// PoCL 3.1 compile moments_of_sets to an endless loop.

#ifndef CLNORM_FIXED_GRID_CL
#define CLNORM_FIXED_GRID_CL

#ifndef WORK_GROUP_SIZE
#define WORK_GROUP_SIZE 64
#endif

#ifndef FIXED_GRID
#define FIXED_GRID 0
#endif

#if FIXED_GRID && WORK_GROUP_SIZE == 1
#define RETURN_IF_IDLE(first_group)                                                                                    \
    if (get_group_id(0) >= (first_group) >> 48) {                                                                      \
        return;                                                                                                        \
    }
#define FIRST_GROUP(first_group) ((first_group) & 0xffffffffffffUL)
#else
#define RETURN_IF_IDLE(first_group)
#define FIRST_GROUP(first_group) (first_group)
#endif

#endif
