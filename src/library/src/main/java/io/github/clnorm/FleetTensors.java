package io.github.clnorm;

import java.nio.Buffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The tensors of a pass of a {@link Fleet}, each in a buffer or in a channel. All have the shape and type of the input. Buffers are
 * as {@link Backend#tensor(io.github.clnorm.type.ElementType, Buffer, long...)} and {@link Tensor#get(Buffer)} take them; channels
 * have the elements in native byte order, are in blocking mode and stay open. Each method returns a changed copy.
 *
 * <p>Immutable and thread-safe; buffers and channels are not copied, and used by threads of the fleet.
 */
public final class FleetTensors {

    private final FleetSource source;
    private final FleetSource residual;
    private final FleetSource gradOutput;
    private final FleetTarget target;
    private final FleetTarget sum;
    private final boolean ofWeight;
    private final boolean ofBias;

    private FleetTensors(
            FleetSource source,
            FleetSource residual,
            FleetSource gradOutput,
            FleetTarget target,
            FleetTarget sum,
            boolean ofWeight,
            boolean ofBias) {
        this.source = source;
        this.residual = residual;
        this.gradOutput = gradOutput;
        this.target = target;
        this.sum = sum;
        this.ofWeight = ofWeight;
        this.ofBias = ofBias;
    }

    /**
     * An input in host memory.
     *
     * @param input x. Not modified
     * @return the tensors
     */
    public static FleetTensors from(Buffer input) {
        return from(FleetSource.of(input, "input"));
    }

    /**
     * An input in a channel.
     *
     * @param input x. Bytes beyond the tensor are not read
     * @return the tensors
     */
    public static FleetTensors from(ReadableByteChannel input) {
        return from(FleetSource.of(input, "input"));
    }

    private static FleetTensors from(FleetSource input) {
        return new FleetTensors(input, null, null, null, null, true, true);
    }

    /**
     * With a tensor that is added to the input before normalizing.
     *
     * @param value in host memory. Not modified
     * @return the changed tensors
     */
    public FleetTensors residual(Buffer value) {
        return residual(FleetSource.of(value, "residual"));
    }

    /**
     * With a tensor that is added to the input before normalizing.
     *
     * @param value in a channel
     * @return the changed tensors
     */
    public FleetTensors residual(ReadableByteChannel value) {
        return residual(FleetSource.of(value, "residual"));
    }

    private FleetTensors residual(FleetSource value) {
        return new FleetTensors(source, value, gradOutput, target, sum, ofWeight, ofBias);
    }

    /**
     * With the gradient of the output, for {@link Fleet#gradients}.
     *
     * @param value dy, in host memory. Not modified
     * @return the changed tensors
     */
    public FleetTensors gradOutput(Buffer value) {
        return gradOutput(FleetSource.of(value, "gradOutput"));
    }

    /**
     * With the gradient of the output, for {@link Fleet#gradients}.
     *
     * @param value dy, in a channel
     * @return the changed tensors
     */
    public FleetTensors gradOutput(ReadableByteChannel value) {
        return gradOutput(FleetSource.of(value, "gradOutput"));
    }

    private FleetTensors gradOutput(FleetSource value) {
        return new FleetTensors(source, residual, value, target, sum, ofWeight, ofBias);
    }

    /**
     * With a target: y for {@link Fleet#normalize}, dx for {@link Fleet#gradients}.
     *
     * @param value host memory that is overwritten. Overlaps no other tensor. Undefined if the pass throws
     * @return the changed tensors
     */
    public FleetTensors to(Buffer value) {
        return to(FleetTarget.of(value, "target"));
    }

    /**
     * With a target: y for {@link Fleet#normalize}, dx for {@link Fleet#gradients}.
     *
     * @param value gets the elements. A file must be that of no other tensor: with two channels on one file, results are
     *     undefined
     * @return the changed tensors
     */
    public FleetTensors to(WritableByteChannel value) {
        return to(FleetTarget.of(value, "target"));
    }

    private FleetTensors to(FleetTarget value) {
        return new FleetTensors(source, residual, gradOutput, value, sum, ofWeight, ofBias);
    }

    /**
     * With a target for input plus residual, rounded to their type, for {@link Fleet#normalize}.
     *
     * @param value host memory that is overwritten. Overlaps no other tensor
     * @return the changed tensors
     */
    public FleetTensors sum(Buffer value) {
        return sum(FleetTarget.of(value, "sum"));
    }

    /**
     * With a target for input plus residual, rounded to their type, for {@link Fleet#normalize}.
     *
     * @param value gets the elements. A file must be that of no other tensor: with two channels on one file, results are
     *     undefined
     * @return the changed tensors
     */
    public FleetTensors sum(WritableByteChannel value) {
        return sum(FleetTarget.of(value, "sum"));
    }

    private FleetTensors sum(FleetTarget value) {
        return new FleetTensors(source, residual, gradOutput, target, value, ofWeight, ofBias);
    }

    /**
     * With some of the gradients of parameters, for {@link Fleet#gradients}.
     *
     * @param weight whether dγ is computed, if the spec has a weight; true unless set
     * @param bias whether dβ is computed, if the spec has a bias; true unless set
     * @return the changed tensors
     */
    public FleetTensors wanted(boolean weight, boolean bias) {
        return new FleetTensors(source, residual, gradOutput, target, sum, weight, bias);
    }

    /** Rejects what a forward pass does not take, and what does not fit the request. */
    FleetTensors forForward(FleetRequest request) {
        if (gradOutput != null) {
            throw new IllegalArgumentException("normalize takes no gradient of the output: gradients does");
        }
        if (target == null) {
            throw new IllegalArgumentException("Expected a target for the result: call to(…)");
        }
        if (sum != null && residual == null) {
            throw new IllegalArgumentException("Expected a residual where the sum of input and residual is wanted");
        }
        check(request);
        return this;
    }

    /** Rejects what a backward pass does not take, and what does not fit the request. */
    FleetTensors forBackward(FleetRequest request) {
        if (gradOutput == null) {
            throw new IllegalArgumentException("Expected the gradient of the output: call gradOutput(…)");
        }
        if (sum != null) {
            throw new IllegalArgumentException("gradients writes no sum: normalize does");
        }
        check(request);
        return this;
    }

    private void check(FleetRequest request) {
        List<FleetSource> sources =
                Stream.of(source, residual, gradOutput).filter(Objects::nonNull).toList();
        List<FleetTarget> targets =
                Stream.of(target, sum).filter(Objects::nonNull).toList();
        sources.forEach(each -> each.check(request));
        targets.forEach(each -> each.check(request));
        for (FleetTarget written : targets) {
            sources.forEach(read -> checkOverlap(read.buffer(), written.buffer()));
            // A socket may be read and written, but a file has one position for both.
            sources.forEach(read -> checkDistinct(
                    read.channel() instanceof SeekableByteChannel && read.channel() == written.channel()));
        }
        if (targets.size() == 2) {
            checkOverlap(target.buffer(), sum.buffer());
            checkDistinct(target.channel() != null && target.channel() == sum.channel());
        }
    }

    private static void checkOverlap(Buffer one, Buffer written) {
        if (one != null && written != null && HostOverlap.of(one, written)) {
            throw new IllegalArgumentException(
                    "a target overlaps another tensor: a fleet reads tensors again, and samples of a device that fails");
        }
    }

    private static void checkDistinct(boolean isSame) {
        if (isSame) {
            throw new IllegalArgumentException(
                    "Expected a file of its own for each target, but got the channel of another tensor:"
                            + " a fleet reads tensors again after it has begun to write");
        }
    }

    /** How many tensors the pass has. */
    long count() {
        return Stream.of(source, residual, gradOutput, target, sum)
                .filter(Objects::nonNull)
                .count();
    }

    FleetSource source() {
        return source;
    }

    /** Null for none. */
    FleetSource residual() {
        return residual;
    }

    /** Null in a forward pass. */
    FleetSource gradOutput() {
        return gradOutput;
    }

    /** Null if dx is not wanted. */
    FleetTarget target() {
        return target;
    }

    /** Null for none. */
    FleetTarget sum() {
        return sum;
    }

    boolean ofWeight() {
        return ofWeight;
    }

    boolean ofBias() {
        return ofBias;
    }
}
