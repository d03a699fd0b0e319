package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.driver.Quirks;

/** A plain copy, the reference for bandwidth: one read and one write of each element. Thread-safe. */
public final class Copy {

    /**
     * How a copy runs; decides speed, not results.
     *
     * @param workGroupSize work-items of a work-group, a power of two
     * @param vectorWidth elements of a vector load: 1, 2, 4, 8 or 16
     * @param partSize elements that a work-group copies
     * @param nonTemporal non-temporal stores, if the device's compiler supports them
     * @param prefetch software prefetch, if the device's compiler supports it
     */
    public record Variant(int workGroupSize, int vectorWidth, long partSize, boolean nonTemporal, boolean prefetch) {

        @Override
        public String toString() {
            return "work-group " + workGroupSize + ", vector " + vectorWidth + ", parts of " + partSize
                    + (nonTemporal ? ", non-temporal stores" : "")
                    + (prefetch ? ", prefetched" : "");
        }
    }

    private Copy() {}

    private static boolean isAligned(Session session, Variant variant, long elements) {
        return variant.vectorWidth > 1 && elements % variant.vectorWidth == 0 && Quirks.alignsVectors(session.device());
    }

    /**
     * Enqueues a copy and sends it to the device. Does not block.
     *
     * @param session the device
     * @param variant how it runs
     * @param from floats
     * @param to as many floats
     */
    public static void enqueue(Session session, Variant variant, DeviceBuffer from, DeviceBuffer to) {
        session.exclusively(() -> {
            long elements = from.bytes() / Float.BYTES;
            BuiltKernel kernel = session.kernel(
                    "bandwidth.cl",
                    "copy",
                    "-DWORK_GROUP_SIZE=" + variant.workGroupSize + " -DVECTOR_WIDTH=" + variant.vectorWidth
                            + (isAligned(session, variant, elements) ? " -DALIGNED=1" : "")
                            + (variant.nonTemporal ? " -DNON_TEMPORAL=1" : "")
                            + (variant.prefetch ? " -DPREFETCH=1" : ""));
            KernelArguments arguments = kernel.arguments()
                    .with("x", from)
                    .with("y", to)
                    .with("n", elements)
                    .with("part_size", variant.partSize)
                    .with(BuiltKernel.FIRST_GROUP, 0);
            session.queue()
                    .enqueue(
                            kernel,
                            arguments,
                            (elements + variant.partSize - 1) / variant.partSize,
                            variant.workGroupSize);
            session.queue().flush();
        });
    }
}
