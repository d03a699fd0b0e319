package io.github.clnorm.internal.tune;

import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Layout;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a plan is tuned for: how channels are grouped into sets, and where these lie in memory. Two problems with equal
 * groupings have equal geometries. A grouping leaves out the rest: activation, residual, and which gradients are wanted.
 *
 * <p>The operation follows from the geometry. It is the plainest one with this geometry: group_norm with as many groups as
 * channels is instance_norm. Rows without a mean are rms_norm. Sets of channels without a mean share the grouping of those
 * with one: the memory traffic is the same.
 *
 * <p>Immutable and thread-safe.
 *
 * @param operation the normalization
 * @param backward whether it is the backward pass
 * @param layout position of the channels; channels first for operations without channels
 * @param type type of the tensor's elements
 * @param samples N if the position of a set's elements depends on it; else 1
 * @param sets number of sets
 * @param setSize elements of a set
 * @param channels parameters of a set, for example the channels of a group
 */
public record Grouping(
        PlainOperation operation,
        boolean backward,
        Layout layout,
        ElementType type,
        long samples,
        long sets,
        long setSize,
        long channels) {

    // The numbers of a near grouping differ by at most this factor.
    private static final double NEAR_FACTOR = 2;
    // With fewer sets for each compute unit, the numbers of sets must be equal: one more set could leave a single unit
    // busy.
    private static final long FEW_SETS_PER_UNIT = 4;

    /**
     * The grouping of a problem.
     *
     * @param problem what is computed, not empty
     * @return its grouping; none where statistics are given, since all elements are then alike and there is nothing to tune
     */
    public static Optional<Grouping> of(Problem problem) {
        Geometry geometry = problem.geometry().plain();
        Statistics statistics = problem.statistics();
        if (statistics == Statistics.GIVEN) {
            return Optional.empty();
        }
        PlainOperation operation = operation(geometry);
        if (operation == PlainOperation.LAYER_NORM && statistics == Statistics.MEAN_SQUARE) {
            operation = PlainOperation.RMS_NORM;
        }
        boolean last = geometry.rows() > 1 && geometry.run() == 1;
        boolean rowsAreSamples = operation == PlainOperation.BATCH_NORM && !last;
        return Optional.of(new Grouping(
                operation,
                problem instanceof BackwardProblem,
                last ? Layout.CHANNELS_LAST : Layout.CHANNELS_FIRST,
                problem.type(),
                rowsAreSamples ? geometry.rows() : geometry.samples(),
                geometry.sets(),
                geometry.setSize(),
                geometry.width() / geometry.run()));
    }

    private static PlainOperation operation(Geometry geometry) {
        boolean oneChannel = geometry.run() == geometry.width();
        if (geometry.rows() == 1) {
            return geometry.groups() == 1 && geometry.run() == 1
                    ? PlainOperation.LAYER_NORM
                    : oneChannel ? PlainOperation.INSTANCE_NORM : PlainOperation.GROUP_NORM;
        }
        if (!oneChannel) {
            return PlainOperation.GROUP_NORM;
        }
        return geometry.samples() == 1 ? PlainOperation.BATCH_NORM : PlainOperation.INSTANCE_NORM;
    }

    /**
     * The forward pass that the tuner runs for a grouping.
     *
     * @param problem a problem of the grouping
     * @return the same sets, with weight and bias, without activation and residual
     */
    static ForwardProblem plain(ForwardProblem problem) {
        return ForwardProblem.of(problem.geometry().plain(), problem.statistics(), problem.type());
    }

    /**
     * The backward pass that the tuner runs for a grouping.
     *
     * @param problem a problem of the grouping
     * @return the same sets, for all gradients, without activation and residual
     */
    static BackwardProblem plain(BackwardProblem problem) {
        return new BackwardProblem(
                problem.geometry().plain(),
                problem.statistics(),
                problem.type(),
                problem.real(),
                Activation.NONE,
                false,
                true,
                true,
                true);
    }

    /**
     * Bytes of the tensor.
     *
     * @return bytes of all sets
     */
    public long bytes() {
        return sets * setSize * type.bytes();
    }

    /**
     * The distance of another grouping, if a plan for one may serve the other. Groupings are near if they have the same
     * operation, direction, layout and type, and if samples, sets, set size and channels each differ by at most a factor of
     * 2. If there are fewer than 4 sets for each compute unit, the number of sets must be equal. Both tensors must fit in the
     * last-level cache of the device, or neither.
     *
     * @param other another grouping
     * @param computeUnits of the device
     * @param cache bytes of its last-level cache; 0 if unknown
     * @return the sum of the binary logarithms of the factors, 0 for the same grouping; empty if it is not near
     */
    public OptionalDouble distance(Grouping other, int computeUnits, long cache) {
        if (operation != other.operation
                || backward != other.backward
                || layout != other.layout
                || type != other.type
                || Math.min(sets, other.sets) < FEW_SETS_PER_UNIT * computeUnits && sets != other.sets
                || bytes() > cache != other.bytes() > cache) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        for (double[] pair : new double[][] {
            {samples, other.samples}, {sets, other.sets}, {setSize, other.setSize}, {channels, other.channels}
        }) {
            double factor = Math.max(pair[0], pair[1]) / Math.min(pair[0], pair[1]);
            if (factor > NEAR_FACTOR) {
                return OptionalDouble.empty();
            }
            sum += Math.log(factor) / Math.log(2);
        }
        return OptionalDouble.of(sum);
    }

    /** For a person. */
    @Override
    public String toString() {
        return operation + (backward ? " backward, " : " forward, ") + type
                + (operation.isOfRows() ? "" : ", " + layout) + ", " + sets + " sets of " + setSize
                + " elements, " + channels + (channels == 1 ? " channel a set" : " channels a set")
                + (samples == 1 || samples == sets ? "" : ", " + samples + " samples");
    }
}
