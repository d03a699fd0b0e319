// A launch that does nothing, whatever its size. With -DIDLE_LAUNCHES=1, kernels of one work-item whose first_group is
// IDLE_LAUNCH return at once. The host makes such a launch where a driver must see a kernel's widest grid before others (PoCL
// 3.1). Not with several work-items: a return before a barrier makes PoCL 3.1 compile moments_of_sets to an endless loop.

#ifndef CLNORM_IDLE_CL
#define CLNORM_IDLE_CL

#ifndef WORK_GROUP_SIZE
#define WORK_GROUP_SIZE 64
#endif

#ifndef IDLE_LAUNCHES
#define IDLE_LAUNCHES 0
#endif

#define IDLE_LAUNCH (~(ulong)0)

#if IDLE_LAUNCHES && WORK_GROUP_SIZE == 1
#define RETURN_IF_IDLE(first_group)                                                                                    \
    if ((first_group) == IDLE_LAUNCH) {                                                                                \
        return;                                                                                                        \
    }
#else
#define RETURN_IF_IDLE(first_group)
#endif

#endif
