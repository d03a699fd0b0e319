package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;

/** The plain copy that every speed is measured against: one read and one write of each element. Thread-safe. */
public final class Copy {

    /**
     * How to copy.
     *
     * @param workGroupSize work-items of a work-group, a power of two
     * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
     * @param partSize elements that a work-group copies
     * @param nonTemporal write past the cache, where the device's compiler can
     * @param prefetch ask for memory ahead of time, where the device's compiler can
     */
    public record Plan(int workGroupSize, int vectorWidth, long partSize, boolean nonTemporal, boolean prefetch) {

        @Override
        public String toString() {
            return "work-group " + workGroupSize + ", vector " + vectorWidth + ", parts of " + partSize
                    + (nonTemporal ? ", non-temporal stores" : "")
                    + (prefetch ? ", prefetched" : "");
        }
    }

    private Copy() {}

    /**
     * Enqueues a copy and sends it to the device, without waiting.
     *
     * @param session where
     * @param plan how
     * @param from floats
     * @param to as many floats
     */
    public static void enqueue(Session session, Plan plan, DeviceBuffer from, DeviceBuffer to) {
        session.lock();
        try {
            long elements = from.bytes() / Float.BYTES;
            OpenCl.Kernel kernel = session.kernel(
                    "bandwidth.cl",
                    "copy",
                    "-DWORK_GROUP_SIZE=" + plan.workGroupSize + " -DVECTOR_WIDTH=" + plan.vectorWidth
                            + (plan.nonTemporal ? " -DNON_TEMPORAL=1" : "")
                            + (plan.prefetch ? " -DPREFETCH=1" : ""));
            KernelArguments arguments =
                    new KernelArguments().add(from).add(to).add(elements).add(plan.partSize);
            session.enqueue(kernel, arguments, (elements + plan.partSize - 1) / plan.partSize, plan.workGroupSize);
            session.flush();
        } finally {
            session.unlock();
        }
    }
}
