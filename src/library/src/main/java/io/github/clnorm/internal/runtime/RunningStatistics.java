package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.opencl.OpenCl;
import io.github.clnorm.type.ElementType;

/** Enqueues the update of running means and variances by the statistics of a batch. Thread-safe. */
public final class RunningStatistics {

    private RunningStatistics() {}

    /**
     * The statistics of a batch.
     *
     * @param mean one real for each of {@code samples} x {@code channels} sets
     * @param variance the same, biased
     * @param samples how many are averaged
     * @param channels C
     * @param setSize elements that made each of them
     */
    public record Batch(DeviceBuffer mean, DeviceBuffer variance, long samples, long channels, long setSize) {}

    /**
     * Enqueues running = (1 - factor) · running + factor · batch, with the unbiased variance, without waiting.
     *
     * @param session where
     * @param real float32 or float64
     * @param batch what is new
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
        session.lock();
        try {
            String type = real == ElementType.FLOAT64 ? "-DSTORAGE=FLOAT64" : "";
            OpenCl.Kernel kernel = session.kernel("running.cl", "running", type);
            KernelArguments arguments = new KernelArguments()
                    .add(batch.mean)
                    .add(batch.variance)
                    .add(runningMean)
                    .add(runningVar)
                    .add(batch.samples)
                    .add(batch.channels)
                    .addReal(real, 1 - factor)
                    .addReal(real, factor)
                    .addReal(real, (double) batch.setSize / (batch.setSize - 1));
            session.enqueue(kernel, arguments, batch.channels, 1);
            session.flush();
        } finally {
            session.unlock();
        }
    }
}
