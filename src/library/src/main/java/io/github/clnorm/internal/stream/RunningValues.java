package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.RunningStatistics;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.ElementType;

/**
 * Running statistics on the host, one real for each channel. Immutable as long as its values are not written.
 *
 * @param mean running means
 * @param variance running variances, unbiased
 */
public record RunningValues(HostValues mean, HostValues variance) {

    /**
     * The values after a batch. A device computes them, as those of any pass.
     *
     * @param devices one of which does it
     * @param whole the batch, not empty
     * @param ofSets the statistics of all its sets; sets of one channel are averaged
     * @param factor PyTorch's momentum
     * @return new values
     */
    public RunningValues updated(StreamDevices devices, Geometry whole, SetStatistics ofSets, double factor) {
        return devices.onOne(session -> updated(session, whole, ofSets, factor));
    }

    private RunningValues updated(Session session, Geometry whole, SetStatistics ofSets, double factor) {
        ElementType real = mean.type();
        long channels = mean.bytes().capacity() / real.bytes();
        RunningValues result = new RunningValues(HostValues.of(real, channels), HostValues.of(real, channels));
        try (SectionBuffers device = new SectionBuffers(session)) {
            DeviceBuffer runningMean = device.copy(mean.bytes().duplicate());
            DeviceBuffer runningVar = device.copy(variance.bytes().duplicate());
            RunningStatistics.enqueue(
                    session,
                    real,
                    new RunningStatistics.Batch(
                            device.copy(ofSets.mean().bytes().duplicate()),
                            device.copy(ofSets.variance().bytes().duplicate()),
                            whole.sets() / channels,
                            channels,
                            whole.setSize()),
                    runningMean,
                    runningVar,
                    factor);
            device.download(runningMean, result.mean.bytes().duplicate());
            device.download(runningVar, result.variance.bytes().duplicate());
        }
        return result;
    }
}
