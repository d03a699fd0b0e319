package io.github.clnorm;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.device.DeviceSelector;
import io.github.clnorm.device.Devices;
import io.github.clnorm.device.NoDeviceException;
import io.github.clnorm.internal.fleet.ChannelFile;
import io.github.clnorm.internal.fleet.EndOfSource;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareStore;
import io.github.clnorm.internal.fleet.Weights;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.Tuning;
import java.nio.Buffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
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
 * <p><b>Shares.</b> Each device has a weight. The pieces of a tensor, of whole samples, go to the devices by the weights and
 * nothing else: a repetition with the same weights and shape gives each device the same samples. Weights are, in this order,
 * those of {@link #weights(double...)}; those that {@link #calibrate} or an earlier pass measured on these devices for the
 * operation and size, also in an earlier process; or else measured by the first pass, before it begins. A device that does not make the
 * whole faster is left out, and the report says why.
 *
 * <p><b>Bits.</b> A sample has the bits that its device gives it alone. Devices of one name and driver give the same bits, so
 * that the result has the bits of one device. {@link FleetReport#deviceOf} says which device computed a sample.
 *
 * <p><b>Sections.</b> {@code batch_norm} in training needs all samples at once, and a sample may be too large for every device.
 * Such a tensor is read twice, in sections of which each device takes a fixed share: for the moments of its blocks, which are
 * merged, and for the results. The bits are those of one device. A file is read twice where it is; another channel goes through a temporary file. The weights are those
 * measured for rows. Running statistics are not updated.
 *
 * <p><b>Failures.</b> If a device fails in {@code normalize}, the others compute its samples, and the report names it. It
 * gets no more samples from this fleet. If all fail, {@code normalize} throws {@link ClException} with all failures. Tensors that
 * were scattered to a device that failed are lost, and calls that use them throw ClException.
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

    private static final String ALL = "all";

    private final List<Backend> backends;
    private final List<String> notOpened;
    private final boolean isOwner;
    private final ShareStore store;
    private final ReentrantLock passes = new ReentrantLock(true);
    private final FleetBuffers.Slots sources = new FleetBuffers.Slots();
    private final FleetBuffers.Slots targets = new FleetBuffers.Slots();
    // Guarded by the lock, as is the staging. Null for a device that works.
    private final ClException[] failures;
    // Of the last pass.
    private FleetParameters parameters;
    private volatile double[] given;
    private volatile double[] latest;
    private volatile boolean closed;
    private long leastPiece = SamplePieces.LEAST_BYTES;

    Fleet(List<Backend> backends, List<String> notOpened, boolean isOwner, ShareStore store) {
        this.backends = List.copyOf(backends);
        this.notOpened = List.copyOf(notOpened);
        this.isOwner = isOwner;
        this.store = store;
        this.failures = new ClException[backends.size()];
    }

    /**
     * Opens all devices that match a selector, each once. Closing the fleet closes them. A device that cannot be opened is
     * left out, and reports say so.
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
        List<DeviceInfo> devices = matching(selector);
        List<Backend> opened = new ArrayList<>();
        List<String> notOpened = new ArrayList<>();
        RuntimeException first = null;
        for (DeviceInfo device : devices) {
            try {
                opened.add(Backend.open(device, tuning));
            } catch (ClException | NoDeviceException e) {
                first = first == null ? e : first;
                notOpened.add(device.description() + ": " + e.getMessage());
            }
        }
        if (opened.isEmpty() && first != null) {
            throw first;
        }
        return new Fleet(opened, notOpened, true, ShareStore.ofUser());
    }

    private static List<DeviceInfo> matching(String selector) {
        DeviceSelector parsed = DeviceSelector.parse(
                Objects.requireNonNull(selector, "selector").strip().equals(ALL) ? "any" : selector);
        List<DeviceInfo> matching = parsed.matching(Devices.of(Devices.platforms()));
        // If there is no device, the selector throws the error that says why.
        return matching.isEmpty() ? List.of(parsed.select()) : matching;
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
     * @throws IllegalArgumentException when there is none, one is given twice, or two are on one device without being allowed
     */
    public static Fleet of(List<Backend> backends, SameDevice sameDevice) {
        return of(backends, sameDevice, ShareStore.ofUser());
    }

    static Fleet of(List<Backend> backends, SameDevice sameDevice, ShareStore store) {
        Objects.requireNonNull(sameDevice, "sameDevice");
        if (backends.isEmpty()) {
            throw new IllegalArgumentException("Expected a fleet of one backend or more, but got none");
        }
        for (int i = 0; i < backends.size(); i++) {
            Backend backend = Objects.requireNonNull(backends.get(i), "backend");
            for (Backend before : backends.subList(0, i)) {
                if (before == backend) {
                    throw new IllegalArgumentException(
                            "Expected each backend of a fleet once, but got " + backend + " twice");
                }
                if (sameDevice == SameDevice.REJECTED && isSame(before.device(), backend.device())) {
                    throw new IllegalArgumentException("Expected each device of a fleet once, but got two backends on "
                            + backend.device().description()
                            + ": Fleet.of(backends, SameDevice.ALLOWED) takes them");
                }
            }
        }
        return new Fleet(backends, List.of(), false, store);
    }

    private static boolean isSame(DeviceInfo one, DeviceInfo other) {
        return one.handle() == null || other.handle() == null
                ? one.equals(other)
                : one.handle().equals(other.handle());
    }

    /**
     * The open devices.
     *
     * @return the backends, in the order of the weights and of the reports' devices
     */
    public List<Backend> backends() {
        return backends;
    }

    /**
     * Sets the weights of all later calls, in place of measured ones. No device is left out.
     *
     * @param weights one for each of {@link #backends()}, each greater than 0, with the sum 1
     * @return this fleet
     * @throws IllegalArgumentException when they are not as many as the devices, one is not positive, or the sum is not 1; the
     *     message has the sum
     */
    public Fleet weights(double... weights) {
        requireOpen();
        Weights.check(backends.size(), Objects.requireNonNull(weights, "weights"));
        given = weights.clone();
        return this;
    }

    /**
     * Measures weights for an operation and a shape, and stores them in the user's cache folder: later passes of this operation
     * and size use them, also in other processes. Takes some passes on each device alone, and on the devices together.
     * Measured on host memory of up to 64 MB, from transfer to transfer. Other programs on the machine change the result.
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
        return exclusively(() -> {
            FleetWeights found = pass(request).measure(FleetPass.THOROUGH);
            latest = found.weights();
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
        return exclusively(() -> pass(request).explain());
    }

    /**
     * Normalizes a tensor in host memory, on all devices that pay.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source as {@link Backend#tensor(ElementType, Buffer, long...)} takes it. Not modified; devices that share the host's
     *     memory read direct buffers of bytes where they are
     * @param target as {@link Tensor#get(Buffer)} takes it; must not overlap the source. Its position does not change. Undefined
     *     if the call throws
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException if the spec does not fit the shape, a buffer does not
     *     hold the shape, both overlap, or no device can compute it
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetReport normalize(NormSpec spec, ElementType type, Buffer source, Buffer target, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape);
        FleetBuffers.source(request, source);
        FleetBuffers.target(request, target);
        if (HostOverlap.of(source, target)) {
            throw new IllegalArgumentException(
                    "source and target overlap: a fleet that recomputes samples of a device that failed needs their input");
        }
        return exclusively(() -> pass(request).from(source).to(target).run());
    }

    /**
     * Normalizes a tensor from a channel to a channel. Samples are read and written in order; the channels stay open.
     *
     * @param spec the operation
     * @param type of the elements
     * @param source has the elements in native byte order, the last dimension fastest. In blocking mode. Bytes beyond the tensor are
     *     not read. Used by a thread of the fleet
     * @param target gets the elements in the same form. In blocking mode. Used by a thread of the fleet
     * @param shape of the tensor
     * @return what each device did
     * @throws IllegalArgumentException if the spec does not fit the shape, no device can compute it,
     *     or the source ends early; the message says which samples were computed and written before
     * @throws java.io.UncheckedIOException if a channel fails
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetReport normalize(
            NormSpec spec, ElementType type, ReadableByteChannel source, WritableByteChannel target, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape);
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(target, "target");
        return exclusively(() -> pass(request).from(source).to(target).run());
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
        FleetRequest request = new FleetRequest(spec, type, shape);
        Objects.requireNonNull(source, "source");
        FleetBuffers.target(request, target);
        return exclusively(() -> pass(request).from(source).to(target).run());
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
        FleetRequest request = new FleetRequest(spec, type, shape);
        FleetBuffers.source(request, source);
        Objects.requireNonNull(target, "target");
        return exclusively(() -> pass(request).from(source).to(target).run());
    }

    /**
     * The gradients of a tensor in host memory, which need not fit the devices. The tensors are read once to three times, in
     * sections of which each device takes a fixed share, and the sums of blocks are merged. On devices of one name and driver, dx, dγ
     * and dβ have the bits of one device.
     *
     * @param spec the operation, with its parameters
     * @param type of the elements
     * @param input x, as {@link Backend#tensor(ElementType, Buffer, long...)} takes it. Not modified
     * @param gradOutput dy, as the input
     * @param gradInput gets dx, as {@link Tensor#get(Buffer)} takes it; null if it is not wanted. May be neither input nor gradOutput
     * @param shape of the tensors
     * @return dγ and dβ
     * @throws IllegalArgumentException if the spec does not fit the shape, a buffer does not hold it, gradInput overlaps another
     *     buffer, or no device can compute it
     * @throws ClException if all devices fail
     * @throws IllegalStateException when the fleet is closed
     */
    public FleetGradients gradients(
            NormSpec spec, ElementType type, Buffer input, Buffer gradOutput, Buffer gradInput, long... shape) {
        FleetRequest request = new FleetRequest(spec, type, shape);
        FleetBuffers.source(request, input);
        FleetBuffers.source(request, gradOutput);
        if (gradInput != null) {
            FleetBuffers.target(request, gradInput);
            if (HostOverlap.of(input, gradInput) || HostOverlap.of(gradOutput, gradInput)) {
                throw new IllegalArgumentException("dx overlaps a tensor that is read again");
            }
        }
        return gradients(
                request,
                FleetBuffers.source(request, input).asSource(),
                FleetBuffers.source(request, gradOutput).asSource(),
                gradInput == null
                        ? null
                        : FleetBuffers.target(request, gradInput).asTarget());
    }

    /**
     * The gradients of a tensor in channels. A file is read where it is, from its position on; another channel is copied to a
     * temporary file. See the method for buffers.
     *
     * @param spec the operation, with its parameters
     * @param type of the elements
     * @param input x, in native byte order. In blocking mode; stays open
     * @param gradOutput dy
     * @param gradInput gets dx; null if it is not wanted
     * @param shape of the tensors
     * @return dγ and dβ
     * @throws IllegalArgumentException if the spec does not fit the shape, no device can compute it, or a source ends early
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
        FleetRequest request = new FleetRequest(spec, type, shape);
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(gradOutput, "gradOutput");
        long bytes = request.elements() * type.bytes();
        try (ChannelFile x = ChannelFile.of(input, bytes, type.bytes());
                ChannelFile dy = ChannelFile.of(gradOutput, bytes, type.bytes());
                ChannelFile dx = gradInput == null ? null : ChannelFile.of(gradInput, bytes, type.bytes())) {
            FleetGradients gradients = gradients(request, x, dy, dx);
            if (dx != null) {
                dx.finish(gradInput, bytes);
            }
            return gradients;
        } catch (EndOfSource e) {
            throw new IllegalArgumentException(
                    "a source ended after " + e.bytes() + " of " + bytes + " bytes of " + request, e);
        }
    }

    private FleetGradients gradients(
            FleetRequest request, TensorSource input, TensorSource gradOutput, TensorTarget gradInput) {
        return exclusively(() -> request.samples() == 0
                ? FleetSections.zeros(request)
                : pass(request).gradients(input, gradOutput, gradInput));
    }

    /**
     * Distributes a tensor over the devices along its first dimension, and keeps it there. The shares are those of {@link
     * #weights(double...)}, else the latest measured ones of this fleet, else equal ones.
     *
     * @param type of the elements
     * @param buffer as {@link Backend#tensor(ElementType, Buffer, long...)} takes it
     * @param shape of the tensor, one dimension or more
     * @return the tensor; the caller closes it
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit, or a share exceeds a device's
     *     largest buffer
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
            boolean[] usable = new boolean[failures.length];
            boolean any = false;
            for (int i = 0; i < usable.length; i++) {
                usable[i] = failures[i] == null;
                any |= usable[i];
            }
            if (!any) {
                throw allFailed();
            }
            double[] wanted = given != null ? given : latest != null ? latest : Weights.equal(usable.length);
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
     * @throws IllegalArgumentException if eps is negative, instance_norm updates running statistics, or a device does not compute
     *     the type
     * @throws IllegalStateException if the fleet is closed, or the spec is for any number of channels
     */
    public FleetLayer layer(NormSpec spec, ElementType type) {
        requireOpen();
        return new FleetLayer(this, spec, type);
    }

    private FleetPass pass(FleetRequest request) {
        return new FleetPass(this, request);
    }

    private <T> T exclusively(Supplier<T> steps) {
        passes.lock();
        try {
            requireOpen();
            return steps.get();
        } finally {
            passes.unlock();
        }
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the fleet of " + backends + " is closed");
        }
    }

    // For passes, which hold the lock.

    /** Why a device gets no samples any more; null if it works. */
    ClException failure(int device) {
        return failures[device];
    }

    void failed(int device, ClException e) {
        failures[device] = e;
    }

    IllegalStateException allFailed() {
        IllegalStateException all =
                new IllegalStateException("all devices of the fleet have failed: open a new one", failures[0]);
        Arrays.stream(failures).skip(1).forEach(all::addSuppressed);
        return all;
    }

    double[] given() {
        return given;
    }

    /** The weights of the latest pass, for {@link #scatter}. */
    void latest(double... weights) {
        latest = weights;
    }

    /** Divides tensors into smaller pieces; for tests. */
    Fleet leastPiece(long bytes) {
        leastPiece = bytes;
        return this;
    }

    long leastPiece() {
        return leastPiece;
    }

    List<String> notOpened() {
        return notOpened;
    }

    ShareStore store() {
        return store;
    }

    /** The parameters of a request on the devices: those of the last pass if it had the same. */
    FleetParameters parameters(FleetRequest request) {
        if (parameters == null || !parameters.areOf(request)) {
            closeParameters();
            parameters = new FleetParameters(request, backends);
        }
        return parameters;
    }

    private void closeParameters() {
        if (parameters != null) {
            parameters.close();
        }
    }

    FleetBuffers.Slots sources() {
        return sources;
    }

    FleetBuffers.Slots targets() {
        return targets;
    }

    @Override
    public String toString() {
        return "Fleet" + backends;
    }

    /**
     * Waits for a pass that is running, and closes the backends that {@link #open} has opened. Closing it again is a no-op.
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
            sources.clear();
            targets.clear();
            closeParameters();
            ClException first = null;
            for (int i = 0; isOwner && i < backends.size(); i++) {
                try {
                    backends.get(i).close();
                } catch (ClException e) {
                    first = first != null || failures[i] != null ? first : e;
                }
            }
            if (first != null) {
                throw first;
            }
        } finally {
            passes.unlock();
        }
    }
}
