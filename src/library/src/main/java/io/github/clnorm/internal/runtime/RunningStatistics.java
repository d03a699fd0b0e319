package io.github.clnorm.internal.runtime;

import io.github.clnorm.type.ElementType;

/** Updates running means and variances with the statistics of a batch. Thread-safe. */
public final class RunningStatistics {

    private RunningStatistics() {}

    /**
     * The statistics of a batch.
     *
     * @param mean one real for each of {@code samples} x {@code channels} sets
     * @param variance the same, biased
     * @param samples how many sets of a channel are averaged
     * @param channels C
     * @param setSize elements of a set
     */
    public record Batch(DeviceBuffer mean, DeviceBuffer variance, long samples, long channels, long setSize) {}

    /**
     * Enqueues running = (1 - factor) · running + factor · batch, with the unbiased variance. Does not block.
     *
     * @param session the device
     * @param real float32 or float64
     * @param batch the statistics of the batch
     * @param runningMean C reals, or null
     * @param runningVar C reals, or null
     * @param factor PyTorch's momentum
     */
    public static void enqueue(
            Session session,
            ElementType real,
            Batch batch,
            DeviceBuffer runningMean,
            DeviceBuffer runningVar,
            double factor) {
        session.exclusively(() -> {
            String type = real == ElementType.FLOAT64 ? "-DSTORAGE=FLOAT64" : "";
            BuiltKernel kernel = session.kernel("running.cl", "running", type);
            KernelArguments arguments = new KernelArguments(kernel.signature(), real)
                    .with("mean", batch.mean)
                    .with("variance", batch.variance)
                    .with("running_mean", runningMean)
                    .with("running_var", runningVar)
                    .with("samples", batch.samples)
                    .with("channels", batch.channels)
                    .withReal("keep", 1 - factor)
                    .withReal("factor", factor)
                    .withReal("unbiased", (double) batch.setSize / (batch.setSize - 1));
            session.queue().enqueue(kernel, arguments, batch.channels, 1);
            session.queue().flush();
        });
    }
}
