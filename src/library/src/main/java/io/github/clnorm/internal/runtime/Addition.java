package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Divide;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.ElementType;

/** Adds a tensor to another one. Thread-safe. */
public final class Addition {

    private static final String FILE = "addition.cl";
    private static final int CPU_VECTOR = 16;
    private static final int WORK_GROUP = 256;
    // Elements of a work-group on a CPU, and vectors of a work-item on a GPU.
    private static final long CPU_PART = 1 << 14;
    private static final int IN_TURN = 4;

    private Addition() {}

    /**
     * Enqueues sum = a + b, rounded once. Does not block.
     *
     * @param session the device
     * @param type of all elements
     * @param elements their number, above 0
     * @param a the first summand
     * @param b the second summand
     * @param sum receives the sum; may be a or b
     */
    public static void enqueue(
            Session session, ElementType type, long elements, DeviceBuffer a, DeviceBuffer b, DeviceBuffer sum) {
        session.exclusively(() -> {
            boolean cpu = Quirks.prefersVectorsToWorkItems(session.device());
            int group = cpu
                    ? 1
                    : (int) Long.highestOneBit(
                            Math.min(WORK_GROUP, session.device().maxWorkGroupSize()));
            long part = cpu ? CPU_PART : (long) group * IN_TURN;
            BuiltKernel kernel = session.kernel(
                    FILE,
                    "addition",
                    KernelOptions.of(session, group, cpu ? CPU_VECTOR : 1, type, Statistics.MEAN_AND_VARIANCE));
            KernelArguments arguments = new KernelArguments(kernel.signature(), type.accumulator())
                    .with("a", a)
                    .with("b", b)
                    .with("sum", sum)
                    .with("n", elements)
                    .with("part_size", part)
                    .with(BuiltKernel.FIRST_GROUP, 0)
                    .requireComplete();
            session.queue().enqueue(kernel, arguments, Divide.ceil(elements, part), group);
            session.queue().flush();
        });
    }
}
