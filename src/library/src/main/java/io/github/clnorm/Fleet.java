package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.internal.fleet.ShareStore;
import io.github.clnorm.internal.fleet.Weights;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.tasks.Interrupts;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.io.UncheckedIOException;
import java.nio.Buffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Several devices, of one platform or of several, that share the samples of a tensor.
 *
 * <pre>{@code
 * try (Fleet fleet = Fleet.open("gpu")) {
 *     FleetReport report = fleet.normalize(spec, ElementType.FLOAT32, source, target, 64, 320, 64, 64);
 *     System.out.println(report.explain());
 * }
 * }</pre>
 *
 * <p><b>Shares.</b> Each device has a weight. The pieces of a tensor, of whole samples, go to the devices by the
 * weights and nothing else: a repetition with the same weights and shape gives each device the same samples. Weights
 * are, in this order, those of {@link #weights(double...)}; those that {@link #calibrate} or an earlier pass measured
 * on these devices for the operation and size, also in an earlier process; or else measured by the first pass, before
 * it begins. A device that does not make the whole faster is left out, and the report says why.
 *
 * <p><b>Bits.</b> A sample has the bits that its device gives it alone. Devices of one name and driver give the same
 * bits, so that the result has the bits of one device. {@link FleetReport#deviceOf} says which device computed a
 * sample.
 *
 * <p><b>Sections.</b> {@code batch_norm} in training needs all samples at once, and a sample may be too large for every
 * device. The fleet reads these tensors twice, in sections of which each device takes a fixed share: for the moments of
 * blocks, which one device merges, and for the results. The bits are those of one device. A file is read twice where it
 * is; other channels, pipes and devices go through a temporary file. The weights are those of rows. The spec does not
 * change: {@link FleetReport#runningStatistics()} has the running statistics after the batch.
 *
 * <p><b>Failures.</b> If a device fails in {@code normalize}, the others compute its samples, and the report names it.
 * It gets no more samples from this fleet. If all fail, {@code normalize} throws {@link ClException} with all failures.
 * Tensors that were scattered to a device that failed are lost, and calls that use them throw ClException.
 *
 * <p><b>Interrupts.</b> An interrupt of the thread that called {@code normalize}, {@code gradients} or {@code
 * calibrate} ends the pass, also while it waits for that of another thread: each device finishes what it computes, and
 * the call throws {@link java.util.concurrent.CancellationException}; the thread stays interrupted. The content of the
 * targets is then undefined. The fleet can be used further. A read or write of a channel that takes longer than a
 * second is interrupted too, which closes an {@link java.nio.channels.InterruptibleChannel}.
 *
 * <p>Thread-safe. Passes of several threads run one after the other, because each keeps all devices busy.
 */
public final class Fleet implements AutoCloseable {

    /** Whether a fleet may have several backends on one device. */
    public enum SameDevice {
        /** Each device once. */
        REJECTED,
        /** Any number of backends on a device, each with a share. */
        ALLOWED
    }

    private final FleetState state;
    private final boolean isOwner;
    private final ReentrantLock passes = new ReentrantLock(true);
    private volatile boolean closed;

    private Fleet(FleetMembers members, boolean isOwner, ShareStore store) {
        this.state = new FleetState(members.backends(), members.notOpened(), store);
        this.isOwner = isOwner;
    }

    /**
     * Opens all devices that match a selector, each once. Closing the fleet closes them. A device that cannot be opened
     * is left out, and reports say so.
     *
     * @param selector {@code all}, or as in {@link DeviceSelector}, for example {@code gpu}
     * @return the fleet
     * @throws NoDeviceException when no device matches
     * @throws ClException when none of them can be opened
     */
    public static Fleet open(String selector) {
        return open(selector, Tuning.CACHED);
    }

    /**
     * Opens all devices that match a selector, as {@link #open(String)} does.
     *
     * @param selector {@code all}, or as in {@link DeviceSelector}
     * @param tuning how launch parameters are found
     * @return the fleet
     * @throws NoDeviceException when no device matches
     * @throws ClException when none of them can be opened
     */
    public static Fleet open(String selector, Tuning tuning) {
        return new Fleet(FleetMembers.open(selector, tuning), true, ShareStore.ofUser());
    }

    /**
     * A fleet of open backends, each on a device of its own. Closing the fleet does not close them.
     *
     * @param backends one or more
     * @return the fleet
     * @throws IllegalArgumentException when there is none, or two are on one device
     */
    public static Fleet of(Backend... backends) {
        return of(Arrays.asList(backends), SameDevice.REJECTED);
    }

    /**
     * A fleet of open backends. Closing the fleet does not close them.
     *
     * @param backends one or more, each once
     * @param sameDevice whether several may be on one device
     * @return the fleet
     * @throws IllegalArgumentException when there is none, one is given twice, or two are on one device without being
     *     allowed
     */
    public static Fleet of(List<Backend> backends, SameDevice sameDevice) {
        return of(backends, sameDevice, ShareStore.ofUser());
    }

    static Fleet of(List<Backend> backends, SameDevice sameDevice, ShareStore store) {
        return new Fleet(FleetMembers.of(backends, sameDevice), false, store);
    }

    /**
     * The open devices.
     *
     * @return the backends, in the order of the weights and of the reports' devices
     */
    public List<Backend> backends() {
        return state.backends();
    }

    /**
     * Sets the weights of all later calls, in place of measured ones. No device is left out.
     *
     * @param weights one for each of {@link #backends()}, each greater than 0, with the sum 1
     * @return this fleet
     * @throws IllegalArgumentException when they are not as many as the devices, one is not positive, or the sum is not
     *     1; the message has the sum
     */
    public Fleet weights(double... weights) {
        requireOpen();
        Weights.check(backends().size(), Objects.requireNonNull(weights, "weights"));
        state.give(weights);
        return this;
    }

    /**
     * Measures weights for an operation and a shape, and stores them in the user's cache folder: later passes of this
     * operation and size use them, also in other processes. Takes some passes on each device alone, and on the devices
     * together. Measured on host memory of up to 64 MB, from transfer to transfer. Other programs on the machine change
     * the result.
     *
     * @param spec the operation
     * @param type of the elements
     * @param shape of the input
     * @return the weights, and what was measured
     * @throws IllegalArgumentException if the spec does not fit the shape, or no device can compute it
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetWeights calibrate(NormSpec spec, ElementType type, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape);
        return pass(() -> {
            FleetWeights found = new FleetPass(state, request).shares().measure(FleetShares.THOROUGH);
            state.latest(found.weights());
            return found;
        });
    }

    /**
     * The weights that {@link #normalize} would use, and the reasons. Measures nothing.
     *
     * @param spec the operation
     * @param type of the elements
     * @param shape of the input
     * @return the text
     * @throws IllegalArgumentException if the spec does not fit the shape, or no device can compute it
     * @throws IllegalStateException when the fleet is closed
     */
    public String explain(NormSpec spec, ElementType type, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape);
        return exclusively(() -> new FleetPass(state, request).shares().explain());
    }

    /**
     * The weights that a pass over tensors would use, and the reasons: with a residual, those of sections. Measures
     * nothing.
     *
     * @param spec the operation
     * @param type of the elements
     * @param tensors of the pass
     * @param shape of the tensors
     * @return the text
     * @throws IllegalArgumentException if the spec does not fit the shape, or no device can compute it
     * @throws IllegalStateException when the fleet is closed
     */
    public String explain(NormSpec spec, ElementType type, FleetTensors tensors, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape).of(tensors);
        return exclusively(() -> new FleetPass(state, request).shares().explain());
    }

    /**
     * Normalizes a tensor in host memory, on all devices that pay.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source as {@link Backend#tensor(ElementType, Buffer, long...)} takes it. Not modified; devices that share
     *     the host's memory read direct buffers of bytes where they are
     * @param target as {@link Tensor#get(Buffer)} takes it; must not overlap the source. Its position does not change.
     *     Undefined if the call throws
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException if the spec does not fit the shape, a buffer does not
     *     hold the shape, both overlap, or no device can compute it
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetReport normalize(NormSpec spec, ElementType type, Buffer source, Buffer target, long... shape) {
        return normalize(spec, type, FleetTensors.from(source).to(target), shape);
    }

    /**
     * Normalizes a tensor from a channel to a channel. Samples are read and written in order; the channels stay open.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source has the elements in native byte order, the last dimension fastest. In blocking mode. Bytes beyond
     *     the tensor are not read. Used by a thread of the fleet
     * @param target gets the elements in the same form. In blocking mode. Used by a thread of the fleet. Source and
     *     target must be distinct files: with two channels on one file, results are undefined
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException if the spec does not fit the shape, no device can compute it, source and target
     *     are one {@link java.nio.channels.SeekableByteChannel}, or the source ends early; the message says which
     *     samples were computed and written before
     * @throws java.io.UncheckedIOException if a channel fails
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetReport normalize(
            NormSpec spec, ElementType type, ReadableByteChannel source, WritableByteChannel target, long... shape) {
        return normalize(spec, type, FleetTensors.from(source).to(target), shape);
    }

    /**
     * Normalizes a tensor from a channel to host memory. See the methods for buffers and for channels.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source has the elements
     * @param target gets the elements
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException as for buffers and for channels
     * @throws java.io.UncheckedIOException if the channel fails
     */
    public FleetReport normalize(
            NormSpec spec, ElementType type, ReadableByteChannel source, Buffer target, long... shape) {
        return normalize(spec, type, FleetTensors.from(source).to(target), shape);
    }

    /**
     * Normalizes a tensor from host memory to a channel. See the methods for buffers and for channels.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source has the elements
     * @param target gets the elements
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException as for buffers and for channels
     * @throws java.io.UncheckedIOException if the channel fails
     */
    public FleetReport normalize(
            NormSpec spec, ElementType type, Buffer source, WritableByteChannel target, long... shape) {
        return normalize(spec, type, FleetTensors.from(source).to(target), shape);
    }

    /**
     * Normalizes tensors in buffers and channels, with a residual if they have one. With it, the devices share each
     * sample, in sections.
     *
     * @param spec the operation
     * @param type of the elements
     * @param tensors input and target; residual and sum may be missing
     * @param shape of the tensors
     * @return what each device did
     * @throws IllegalArgumentException as for buffers and for channels; if there is no target, or a sum without a
     *     residual
     * @throws java.io.UncheckedIOException if a channel fails
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetReport normalize(NormSpec spec, ElementType type, FleetTensors tensors, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape).of(tensors);
        tensors.forForward(request);
        return pass(() -> new FleetPass(state, request).normalize(tensors));
    }

    /**
     * The gradients of a tensor in host memory, which need not fit the devices. The tensors are read once to three
     * times, in sections of which each device takes a fixed share, and the sums of blocks are merged. On devices of one
     * name and driver, dx, dγ and dβ have the bits of one device.
     *
     * @param spec the operation, with its parameters
     * @param type of the elements
     * @param input x, as {@link Backend#tensor(ElementType, Buffer, long...)} takes it. Not modified
     * @param gradOutput dy, as the input
     * @param gradInput gets dx, as {@link Tensor#get(Buffer)} takes it; null if it is not wanted. May be neither input
     *     nor gradOutput
     * @param shape of the tensors
     * @return dγ and dβ
     * @throws IllegalArgumentException if the spec does not fit the shape, a buffer does not hold it, gradInput
     *     overlaps another buffer, or no device can compute it
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetGradients gradients(
            NormSpec spec, ElementType type, Buffer input, Buffer gradOutput, Buffer gradInput, long... shape) {
        FleetTensors read = FleetTensors.from(input).gradOutput(gradOutput);
        return gradients(spec, type, gradInput == null ? read : read.to(gradInput), shape);
    }

    /**
     * The gradients of a tensor in channels. A file is read where it is, from its position on; other channels,
     * pipes and devices are copied to a temporary file. See the method for buffers.
     *
     * @param spec the operation, with its parameters
     * @param type of the elements
     * @param input x, in native byte order. In blocking mode; stays open
     * @param gradOutput dy
     * @param gradInput gets dx; null if it is not wanted. Must be a file of its own: with two channels on one file,
     *     results are undefined
     * @param shape of the tensors
     * @return dγ and dβ
     * @throws IllegalArgumentException if the spec does not fit the shape, no device can compute it, or a source ends
     *     early
     * @throws java.io.UncheckedIOException if a channel fails
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetGradients gradients(
            NormSpec spec,
            ElementType type,
            ReadableByteChannel input,
            ReadableByteChannel gradOutput,
            WritableByteChannel gradInput,
            long... shape) {
        FleetTensors read = FleetTensors.from(input).gradOutput(gradOutput);
        return gradients(spec, type, gradInput == null ? read : read.to(gradInput), shape);
    }

    /**
     * The gradients of tensors in buffers and channels, with a residual if the forward pass had one, which has the
     * input's gradient.
     *
     * @param spec the operation, with its parameters
     * @param type of the elements
     * @param tensors input and gradient of the output; residual and target may be missing
     * @param shape of the tensors
     * @return dγ and dβ, if they are wanted
     * @throws IllegalArgumentException as for buffers and for channels; if there is no gradient of the output
     * @throws java.io.UncheckedIOException if a channel fails
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetGradients gradients(NormSpec spec, ElementType type, FleetTensors tensors, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape).of(tensors);
        tensors.forBackward(request);
        return pass(() -> new FleetPass(state, request).gradients(tensors));
    }

    /**
     * Distributes a tensor over the devices along its first dimension, and keeps it there. The shares are those of
     * {@link #weights(double...)}, else the latest measured ones of this fleet, else equal ones.
     *
     * @param type of the elements
     * @param buffer as {@link Backend#tensor(ElementType, Buffer, long...)} takes it
     * @param shape of the tensor, one dimension or more
     * @return the tensor; the caller closes it
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit, or a share exceeds a
     *     device's largest buffer
     * @throws ClException if a device fails
     * @throws IllegalStateException when the fleet is closed, or all its devices have failed
     */
    public ShardedTensor scatter(ElementType type, Buffer buffer, long... shape) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(shape, "shape");
        HostElements.source(type, buffer, Shapes.text(shape), Shapes.elements(shape));
        if (shape.length == 0) {
            throw new IllegalArgumentException("Expected a tensor with a first dimension to divide, but got shape []");
        }
        return exclusively(() -> {
            boolean[] usable = state.working();
            double[] wanted = state.given() != null
                    ? state.given()
                    : state.latest() != null ? state.latest() : Weights.equal(usable.length);
            return ShardedTensor.scatter(this, Weights.among(wanted, usable), type, buffer, shape);
        });
    }

    /**
     * A layer for sharded float32, float16 and bfloat16 tensors of this fleet.
     *
     * @param spec the operation, with its parameters
     * @return the layer; the caller closes it
     * @throws IllegalArgumentException if eps is negative, or instance_norm updates running statistics
     * @throws IllegalStateException if the fleet is closed, or the spec is for any number of channels
     */
    public FleetLayer layer(NormSpec spec) {
        return layer(spec, ElementType.FLOAT32);
    }

    /**
     * A layer for sharded tensors of this fleet.
     *
     * @param spec the operation, with its parameters
     * @param type of its inputs: parameters are float64 for float64, else float32
     * @return the layer; the caller closes it
     * @throws IllegalArgumentException if eps is negative, instance_norm updates running statistics, or a device does
     *     not compute the type
     * @throws IllegalStateException if the fleet is closed, or the spec is for any number of channels
     */
    public FleetLayer layer(NormSpec spec, ElementType type) {
        requireOpen();
        return new FleetLayer(this, spec, type);
    }

    /** Steps that take no longer than a transfer. */
    private <T> T exclusively(Supplier<T> steps) {
        passes.lock();
        return locked(steps);
    }

    /** A pass, which an interrupt of this thread ends, also while it waits for another pass. */
    private <T> T pass(Supplier<T> steps) {
        try {
            passes.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Interrupts.ended(e);
        }
        try {
            return locked(steps);
        } catch (UncheckedIOException e) {
            throw e.getCause() instanceof ClosedByInterruptException ? Interrupts.ended(e) : e;
        }
    }

    private <T> T locked(Supplier<T> steps) {
        try {
            requireOpen();
            return steps.get();
        } finally {
            passes.unlock();
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the fleet of " + backends() + " is closed");
        }
    }

    /** Divides tensors into smaller pieces; for tests. */
    Fleet leastPiece(long bytes) {
        state.leastPiece(bytes);
        return this;
    }

    @Override
    public String toString() {
        return "Fleet" + backends();
    }

    /**
     * Waits for a pass that is running, and closes the backends that {@link #open} has opened. Closing it again is a
     * no-op.
     *
     * @throws ClException when a device fails that did not fail before; all are closed
     */
    @Override
    public void close() {
        passes.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            state.close(isOwner);
        } finally {
            passes.unlock();
        }
    }
}
