package io.github.clnorm.internal.runtime;

import java.util.function.UnaryOperator;

/**
 * What a backward pass reads and writes, all on one session. Reals are float64 for float64 tensors, else float32.
 *
 * <p>Immutable and thread-safe; the buffers have their own rules.
 *
 * @param input x, {@code geometry.elements()} elements
 * @param residual as x, for a problem with a residual; else null
 * @param gradOutput dy, as x
 * @param weight gamma, one element a parameter, or null
 * @param bias beta, one element a parameter, or null
 * @param meanHi the saved mean, one real a set; null for a normalization without a mean
 * @param meanLo the rounding error of the saved mean, one real a set; null for 0
 * @param rstd one real a set: 1 / sqrt(variance + eps), or the variance if statistics are given
 * @param gradInput dx, as x, if it is wanted; may be dy, since every element is read before it is written
 * @param gradWeight as the weight, if it is wanted
 * @param gradBias as the bias, if it is wanted
 * @param sums of blocks: two reals a block, both in the order of sets and blocks; across samples in that of the columns.
 *     Null for scratch memory, which a whole pass uses
 * @param g the mean of g that dx takes, one real a set; null for scratch memory
 * @param gOfXhat the mean of g · xhat, as g
 */
public record BackwardBuffers(
        DeviceBuffer input,
        DeviceBuffer residual,
        DeviceBuffer gradOutput,
        DeviceBuffer weight,
        DeviceBuffer bias,
        DeviceBuffer meanHi,
        DeviceBuffer meanLo,
        DeviceBuffer rstd,
        DeviceBuffer gradInput,
        DeviceBuffer gradWeight,
        DeviceBuffer gradBias,
        DeviceBuffer sums,
        DeviceBuffer g,
        DeviceBuffer gOfXhat)
        implements PassBuffers<BackwardBuffers> {

    /** The buffers of a whole pass. */
    public BackwardBuffers(
            DeviceBuffer input,
            DeviceBuffer residual,
            DeviceBuffer gradOutput,
            DeviceBuffer weight,
            DeviceBuffer bias,
            DeviceBuffer meanHi,
            DeviceBuffer meanLo,
            DeviceBuffer rstd,
            DeviceBuffer gradInput,
            DeviceBuffer gradWeight,
            DeviceBuffer gradBias) {
        this(
                input,
                residual,
                gradOutput,
                weight,
                bias,
                meanHi,
                meanLo,
                rstd,
                gradInput,
                gradWeight,
                gradBias,
                null,
                null,
                null);
    }

    /** The buffers for the sums of blocks of this pass. */
    public BackwardBuffers ofSums(DeviceBuffer sumsOfBlocks) {
        return new BackwardBuffers(
                input,
                residual,
                gradOutput,
                weight,
                bias,
                meanHi,
                meanLo,
                rstd,
                null,
                null,
                null,
                sumsOfBlocks,
                null,
                null);
    }

    /** The buffers that merge sums of blocks into the gradients of parameters. */
    public static BackwardBuffers ofParameters(DeviceBuffer sums, DeviceBuffer gradWeight, DeviceBuffer gradBias) {
        return new BackwardBuffers(
                null, null, null, null, null, null, null, null, null, gradWeight, gradBias, sums, null, null);
    }

    /** The buffers that merge sums of blocks into the means that dx takes. */
    public static BackwardBuffers ofMeans(
            DeviceBuffer sums, DeviceBuffer weight, DeviceBuffer g, DeviceBuffer gOfXhat) {
        return new BackwardBuffers(
                null, null, null, weight, null, null, null, null, null, null, null, sums, g, gOfXhat);
    }

    @Override
    public DeviceBuffer[] all() {
        return new DeviceBuffer[] {
            input,
            residual,
            gradOutput,
            weight,
            bias,
            meanHi,
            meanLo,
            rstd,
            gradInput,
            gradWeight,
            gradBias,
            sums,
            g,
            gOfXhat
        };
    }

    @Override
    public BackwardBuffers map(UnaryOperator<DeviceBuffer> function) {
        return new BackwardBuffers(
                function.apply(input),
                function.apply(residual),
                function.apply(gradOutput),
                function.apply(weight),
                function.apply(bias),
                function.apply(meanHi),
                function.apply(meanLo),
                function.apply(rstd),
                function.apply(gradInput),
                function.apply(gradWeight),
                function.apply(gradBias),
                function.apply(sums),
                function.apply(g),
                function.apply(gOfXhat));
    }
}
