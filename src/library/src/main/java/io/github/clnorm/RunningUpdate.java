package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Reals;
import io.github.clnorm.internal.runtime.RunningStatistics;

/**
 * Running statistics that a pass changes.
 *
 * @param runningMean or null; not both are null
 * @param runningVar or null
 * @param factor the share of the new statistics
 * @param averaged over how many samples the mean of the new statistics is taken
 */
record RunningUpdate(Tensor runningMean, Tensor runningVar, double factor, long averaged) {

    /** Null if there are no running statistics. */
    static RunningUpdate of(Tensor runningMean, Tensor runningVar, double factor, long averaged) {
        return runningMean == null && runningVar == null
                ? null
                : new RunningUpdate(runningMean, runningVar, factor, averaged);
    }

    /** The factor fits the input's type. */
    void checkFactor(Tensor input) {
        Reals.of(input.type(), "momentum", factor);
    }

    /** Both are open, and in the input's context. */
    void checkOpen(Tensor input) {
        Checks.openHere(input, "running_mean", runningMean);
        Checks.openHere(input, "running_var", runningVar);
    }

    /** Kernels can read and write both. */
    void checkAccess() {
        Checks.readable("running_mean", runningMean);
        Checks.readable("running_var", runningVar);
        Checks.writable("running_mean", runningMean);
        Checks.writable("running_var", runningVar);
    }

    /** They are written last, so they must not share memory with each other or with another tensor of the pass. */
    void checkApart(Iterable<Tensor> others) {
        checkApart(runningMean, runningVar);
        for (Tensor other : others) {
            checkApart(runningMean, other);
        }
        checkApart(runningVar, runningMean);
        for (Tensor other : others) {
            checkApart(runningVar, other);
        }
    }

    private static void checkApart(Tensor statistic, Tensor other) {
        if (statistic != null && other != null && other.sharesMemoryWith(statistic)) {
            throw new IllegalArgumentException(
                    "Expected running_mean and running_var in tensors of their own, but got one of shape "
                            + Shapes.text(statistic.sizes()) + " that is used twice");
        }
    }

    /**
     * Enqueues the update.
     *
     * @param mean of each set
     * @param variance of each set
     */
    void enqueue(Tensor input, DeviceBuffer mean, DeviceBuffer variance, long sets, long setSize) {
        RunningStatistics.enqueue(
                input.backend().session(),
                input.type().accumulator(),
                new RunningStatistics.Batch(mean, variance, averaged, sets / averaged, setSize),
                Pass.buffer(runningMean),
                Pass.buffer(runningVar),
                factor);
    }
}
