package io.github.clnorm.internal.runtime;

/** An empty kernel, for measuring launch overhead. Thread-safe. */
public final class EmptyLaunch {
    private EmptyLaunch() {}

    /**
     * Enqueues the kernel and sends it to the device. Does not block.
     *
     * @param session the device
     * @param argument any buffer; neither read nor written
     */
    public static void enqueue(Session session, DeviceBuffer argument) {
        session.exclusively(() -> {
            BuiltKernel kernel = session.kernel("launch.cl", "nothing", "");
            session.queue().enqueue(kernel, kernel.arguments().with("y", argument), 1, 1);
            session.queue().flush();
        });
    }
}
