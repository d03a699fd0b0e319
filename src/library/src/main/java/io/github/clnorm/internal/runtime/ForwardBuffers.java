package io.github.clnorm.internal.runtime;

import java.util.function.UnaryOperator;

/**
 * What a forward pass reads and writes, all on one session. Reals are float64 for float64 tensors, else float32.
 *
 * <p>Immutable and thread-safe; the buffers have their own rules.
 *
 * @param input x, {@code geometry.elements()} elements
 * @param residual as x, for a problem with a residual; else null
 * @param weight gamma, one element a parameter, or null
 * @param bias beta, one element a parameter, or null
 * @param output y, as x; may be the input, since every element is read before it is written
 * @param sum x + residual, as x, for a problem that stores it; else null
 * @param meanHi the mean, one real a set: read if statistics are given, else written; null if the caller does not need it
 * @param meanLo the rounding error of the mean, one real a set; null if the caller does not need it
 * @param variance one real a set: read if statistics are given, else written; null if the caller does not need it
 * @param rstd one real a set; null if the caller does not need it
 * @param moments of blocks: four reals a block, each of the four in the order of sets and blocks; null for scratch memory,
 *     which a whole pass uses
 */
public record ForwardBuffers(
        DeviceBuffer input,
        DeviceBuffer residual,
        DeviceBuffer weight,
        DeviceBuffer bias,
        DeviceBuffer output,
        DeviceBuffer sum,
        DeviceBuffer meanHi,
        DeviceBuffer meanLo,
        DeviceBuffer variance,
        DeviceBuffer rstd,
        DeviceBuffer moments)
        implements PassBuffers<ForwardBuffers> {

    /** The buffers of a whole pass. */
    public ForwardBuffers(
            DeviceBuffer input,
            DeviceBuffer residual,
            DeviceBuffer weight,
            DeviceBuffer bias,
            DeviceBuffer output,
            DeviceBuffer sum,
            DeviceBuffer meanHi,
            DeviceBuffer meanLo,
            DeviceBuffer variance,
            DeviceBuffer rstd) {
        this(input, residual, weight, bias, output, sum, meanHi, meanLo, variance, rstd, null);
    }

    /** The buffers for the moments of blocks. */
    public static ForwardBuffers ofMoments(DeviceBuffer input, DeviceBuffer residual, DeviceBuffer moments) {
        return new ForwardBuffers(input, residual, null, null, null, null, null, null, null, null, moments);
    }

    /** The buffers that merge moments of blocks into statistics. */
    public static ForwardBuffers ofStatistics(
            DeviceBuffer moments, DeviceBuffer meanHi, DeviceBuffer meanLo, DeviceBuffer variance, DeviceBuffer rstd) {
        return new ForwardBuffers(null, null, null, null, null, null, meanHi, meanLo, variance, rstd, moments);
    }

    @Override
    public DeviceBuffer[] all() {
        return new DeviceBuffer[] {input, residual, weight, bias, output, sum, meanHi, meanLo, variance, rstd, moments};
    }

    @Override
    public ForwardBuffers map(UnaryOperator<DeviceBuffer> function) {
        return new ForwardBuffers(
                function.apply(input),
                function.apply(residual),
                function.apply(weight),
                function.apply(bias),
                function.apply(output),
                function.apply(sum),
                function.apply(meanHi),
                function.apply(meanLo),
                function.apply(variance),
                function.apply(rstd),
                function.apply(moments));
    }
}
