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
 * What a plan is tuned for: how channels are grouped into sets, and how those lie in memory. Two problems with one grouping
 * have the same geometry; what is done beside the normalization (activation, residual, which gradients are wanted) is not
 * told apart.
 *
 * <p>The operation follows from the geometry, and is the plainest one that has it: group_norm with as many groups as
 * channels does the same as instance_norm, and is called so.
 *
 * <p>Immutable and thread-safe.
 *
 * @param operation which
 * @param backward whether it is the backward pass
 * @param layout where the channels are; channels first for operations without channels
 * @param type of the tensor's elements
 * @param samples N, where it matters to where the elements of a set lie; else 1
 * @param sets how many sets there are
 * @param setSize elements of a set
 * @param channels parameters that a set has, such as the channels of a group
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

    // A near one differs by this factor at most, in each of its numbers.
    private static final double NEAR_FACTOR = 2;
    // Fewer sets than this for a compute unit must be as many: one more, and a unit works alone for a while.
    private static final long FEW_SETS_PER_UNIT = 4;

    /**
     * The grouping of a problem.
     *
     * @param problem what is computed, not empty
     * @return its grouping; none where statistics are given, since all elements are then alike and there is nothing to tune
     */
    public static Optional<Grouping> of(Problem problem) {
        Geometry geometry = problem.geometry();
        Statistics statistics = problem.statistics();
        if (statistics == Statistics.GIVEN) {
            return Optional.empty();
        }
        PlainOperation operation = statistics == Statistics.MEAN_SQUARE ? PlainOperation.RMS_NORM : operation(geometry);
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
     * The problem of a forward pass that has this grouping and nothing beside it, which is what the tuner runs.
     *
     * @param problem any problem
     * @return the same sets, with weight and bias
     */
    static ForwardProblem plain(ForwardProblem problem) {
        return ForwardProblem.of(problem.geometry(), problem.statistics(), problem.type());
    }

    /**
     * The problem of a backward pass that has this grouping and nothing beside it, which is what the tuner runs.
     *
     * @param problem any problem
     * @return the same sets, with all gradients wanted
     */
    static BackwardProblem plain(BackwardProblem problem) {
        return new BackwardProblem(
                problem.geometry(),
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
     * @return those of all sets
     */
    public long bytes() {
        return sets * setSize * type.bytes();
    }

    /**
     * How far another grouping is from this one, where a plan for one may serve the other. Near are those of the same
     * operation, direction, layout and type, of which samples, sets, set size and channels each differ by a factor of 2 at
     * most; a device that has fewer than 4 sets for each compute unit must have as many in both; and both tensors must fit
     * the device's last-level cache, or neither.
     *
     * @param other another grouping
     * @param computeUnits of the device
     * @param cache bytes of its last-level cache; 0 where unknown
     * @return the sum of the factors' logarithms to base 2, 0 for the same grouping; empty where it is not near
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
