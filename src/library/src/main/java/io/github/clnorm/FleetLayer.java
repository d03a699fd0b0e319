package io.github.clnorm;

import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A layer for tensors that are distributed over the devices of a {@link Fleet}: a {@link Layer} on each device, with the
 * same parameters. {@code batch_norm} in training is a {@link SyncBatchNorm} on each device: the statistics are those of the whole
 * batch, with the same bits for each division of it, and so are the gradients of weight and bias.
 *
 * <p>A pass that throws leaves the layers as they were before it, with their running statistics and numbers of batches, and it can be
 * repeated: a forward pass before it still has its backward pass. If a device cannot restore its statistics, the next pass restores
 * them first, or throws.
 *
 * <p>Thread-safe: passes of several threads run one after the other. {@link #backward} belongs to the last {@link #forward} of the
 * layer, on the same thread.
 */
public final class FleetLayer implements AutoCloseable {

    private final Fleet fleet;
    private final NormSpec spec;
    private final DeviceLayers layers;
    private final ReentrantLock lock = new ReentrantLock();
    private LastPass last;
    private boolean closed;

    /** A forward pass whose gradients were not taken; a record for each part. */
    private record LastPass(Thread thread, ShardedTensor input, List<Recorded> records, List<Tensor> empty) {

        void close() {
            records.forEach(Recorded::close);
            empty.forEach(Tensor::close);
        }
    }

    FleetLayer(Fleet fleet, NormSpec spec, ElementType type) {
        this.fleet = fleet;
        this.spec = Objects.requireNonNull(spec, "spec");
        spec.requireNoWeightOffset();
        if (spec.sets().samplesAreIndependent()
                && spec instanceof ChannelStatisticsSpec<?> own
                && own.ownStatistics()
                && own.tracking().tracked()) {
            throw new IllegalArgumentException(spec
                    + " updates running statistics by all samples, which are on several devices: expected"
                    + " trackRunningStats(false) or training(false)");
        }
        this.layers = new DeviceLayers(fleet.backends(), spec, type);
    }

    /**
     * The layers of the devices, in the order of {@link Fleet#backends()}. A change of a parameter must be made to each.
     *
     * @return the layers; they belong to this object
     */
    public List<Layer> layers() {
        return List.copyOf(layers.all());
    }

    /**
     * Normalizes, and saves what {@link #backward} needs. Asynchronous.
     *
     * @param input x, of this fleet. Not modified
     * @return y, distributed as the input is; the caller closes it
     * @throws IllegalArgumentException when the input does not fit, belongs to another fleet, or its first dimension is a part of
     *     what is normalized
     * @throws IllegalStateException when the layer, the fleet or the input is closed
     * @throws io.github.clnorm.device.ClException if a device fails
     */
    public ShardedTensor forward(ShardedTensor input) {
        Objects.requireNonNull(input, "input");
        return exclusively(() -> {
            Recorded[] records = new Recorded[layers.all().size()];
            List<Tensor> empty = new ArrayList<>();
            try {
                ShardedTensor output =
                        pass(input, empty, (part, layer, x, options) -> records[part] = layer.record(x, options));
                forget();
                List<Recorded> all =
                        Arrays.stream(records).filter(Objects::nonNull).toList();
                last = new LastPass(Thread.currentThread(), input, all, empty);
                return output;
            } catch (RuntimeException e) {
                Arrays.stream(records).filter(Objects::nonNull).forEach(Recorded::close);
                empty.forEach(Tensor::close);
                throw e;
            }
        });
    }

    /**
     * Normalizes, and saves nothing. Asynchronous.
     *
     * @param input x, of this fleet. Not modified
     * @return y, distributed as the input is; the caller closes it
     * @throws IllegalArgumentException as {@link #forward}
     * @throws IllegalStateException as {@link #forward}
     */
    public ShardedTensor infer(ShardedTensor input) {
        Objects.requireNonNull(input, "input");
        return exclusively(() -> {
            List<Tensor> empty = new ArrayList<>();
            try {
                return pass(input, empty, (part, layer, x, options) -> layer.infer(x, options));
            } finally {
                empty.forEach(Tensor::close);
            }
        });
    }

    private interface OnPart {
        void pass(int part, Layer layer, Tensor input, Options options);
    }

    /**
     * The parts of a tensor: its shards. If the devices exchange statistics, all of them must take part, those without a shard
     * with an empty tensor.
     */
    private List<ShardedTensor.Shard> parts(ShardedTensor tensor, List<Tensor> empty) {
        if (!layers.areSynchronized()) {
            return tensor.shards();
        }
        long[] shape = tensor.shape();
        shape[0] = 0;
        List<ShardedTensor.Shard> parts = new ArrayList<>();
        for (int i = 0; i < layers.all().size(); i++) {
            int device = i;
            parts.add(tensor.shards().stream()
                    .filter(shard -> shard.device() == device)
                    .findFirst()
                    .orElseGet(() -> {
                        Tensor nothing = fleet.backends().get(device).empty(tensor.type(), shape);
                        empty.add(nothing);
                        return new ShardedTensor.Shard(device, 0, 0, nothing);
                    }));
        }
        return parts;
    }

    private ShardedTensor pass(ShardedTensor input, List<Tensor> empty, OnPart onPart) {
        check(input);
        List<ShardedTensor.Shard> shards = new ArrayList<>();
        List<Runnable> tasks = new ArrayList<>();
        try {
            List<ShardedTensor.Shard> parts = parts(input, empty);
            for (int i = 0; i < parts.size(); i++) {
                int part = i;
                ShardedTensor.Shard shard = parts.get(i);
                Tensor x = shard.tensor();
                x.requireOpen("input");
                Tensor y = x.backend().empty(x.type(), x.sizes());
                if (input.shards().contains(shard)) {
                    shards.add(new ShardedTensor.Shard(shard.device(), shard.from(), shard.to(), y));
                } else {
                    empty.add(y);
                }
                tasks.add(() -> onPart.pass(part, layers.of(shard.device()), x, Options.DEFAULTS.output(y)));
            }
            layers.forward(tasks);
            return new ShardedTensor(fleet, input.type(), input.shape(), shards);
        } catch (RuntimeException e) {
            closeAfter(e, shards);
            throw e;
        }
    }

    private static void closeAfter(RuntimeException failure, List<ShardedTensor.Shard> shards) {
        try {
            ShardedTensor.close(shards.stream().map(ShardedTensor.Shard::tensor).toList());
        } catch (RuntimeException again) {
            failure.addSuppressed(again);
        }
    }

    private void check(ShardedTensor input) {
        if (input.fleet() != fleet) {
            throw new IllegalArgumentException(
                    "Expected a tensor of the layer's own fleet, but got " + input + " of " + input.fleet());
        }
        long[] shape = input.shape();
        Sets sets = spec.sets();
        sets.geometry(shape);
        spec.checkInput(ChannelState.NONE, shape);
        sets.checkStatistics(shape);
        if (Shapes.elements(shape) > 0 && sets.samples(shape) % shape[0] != 0) {
            throw new IllegalArgumentException("the first dimension of " + Shapes.text(shape) + " is a part of what "
                    + spec + " normalizes, and cannot be distributed");
        }
    }

    /**
     * The gradients of the last {@link #forward}. Those of weight and bias are sums over all samples, and do not depend on the
     * shares: on devices of one name and driver they have the bits of one device, and of batch_norm in training those of
     * exact sums. Blocks until the devices have the sums.
     *
     * @param gradOutput dy, distributed as the output is. Not modified
     * @return dx, dγ and dβ
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException if there was no forward pass on this thread, its gradients were taken already, or a tensor that
     *     is read again was changed or closed
     * @throws io.github.clnorm.device.ClException if a device fails
     */
    public ShardedGradients backward(ShardedTensor gradOutput) {
        Objects.requireNonNull(gradOutput, "gradOutput");
        return exclusively(() -> {
            if (last == null || last.thread != Thread.currentThread()) {
                throw new IllegalStateException("Expected forward before backward of " + this + " on this thread"
                        + (last == null ? "" : ", but the last forward was on thread " + last.thread.getName()));
            }
            if (!gradOutput.isDividedAs(last.input)) {
                throw new IllegalArgumentException("Expected a gradient that is distributed as " + last.input
                        + ", but got " + gradOutput + " with other shards");
            }
            ShardedGradients gradients = gradients(last, gradOutput);
            forget();
            return gradients;
        });
    }

    private ShardedGradients gradients(LastPass pass, ShardedTensor gradOutput) {
        List<Tensor> empty = new ArrayList<>();
        Gradients[] all = new Gradients[pass.records.size()];
        List<ShardedTensor.Shard> shards = new ArrayList<>();
        try {
            List<ShardedTensor.Shard> parts = parts(gradOutput, empty);
            ShardSums sums =
                    layers.areSynchronized() ? null : new ShardSums(spec, pass.input, gradOutput, layers.all());
            List<Runnable> tasks = new ArrayList<>();
            for (int i = 0; i < all.length; i++) {
                int part = i;
                tasks.add(() -> all[part] = gradients(pass.records.get(part), parts.get(part), sums));
            }
            layers.run(tasks);
            for (int i = 0; i < all.length; i++) {
                ShardedTensor.Shard part = parts.get(i);
                if (gradOutput.shards().contains(part)) {
                    shards.add(new ShardedTensor.Shard(part.device(), part.from(), part.to(), all[i].input()));
                } else {
                    empty.add(all[i].input());
                }
            }
            double[][] ofParameters = ofParameters(sums, all);
            ShardedTensor input = new ShardedTensor(fleet, pass.input.type(), pass.input.shape(), shards);
            return new ShardedGradients(input, ofParameters[0], ofParameters[1]);
        } catch (RuntimeException e) {
            for (Gradients gradients : all) {
                if (gradients != null) {
                    gradients.input().close();
                }
            }
            throw e;
        } finally {
            empty.forEach(Tensor::close);
            for (Gradients gradients : all) {
                if (gradients != null) {
                    new Gradients(null, gradients.weight(), gradients.bias()).close();
                }
            }
        }
    }

    private Gradients gradients(Recorded recorded, ShardedTensor.Shard part, ShardSums sums) {
        if (sums == null) {
            return recorded.backward(part.tensor());
        }
        sums.add(layers.of(part.device()), recorded.saved(), part);
        return recorded.backward(part.tensor(), GradientOptions.DEFAULTS.wanted(true, false, false));
    }

    /** dγ and dβ of all shards; null for a parameter that the layer has not. */
    private double[][] ofParameters(ShardSums sums, Gradients... all) {
        if (sums != null) {
            return sums.merged();
        }
        // Devices that exchange statistics have the sums over the whole batch already.
        return new double[][] {values(all[0].weight()), values(all[0].bias())};
    }

    private static double[] values(Tensor tensor) {
        return tensor == null ? null : tensor.toDoubles();
    }

    private interface Body<T> {
        T run();
    }

    private <T> T exclusively(Body<T> steps) {
        lock.lock();
        try {
            fleet.requireOpen();
            if (closed) {
                throw new IllegalStateException(this + " is closed");
            }
            return steps.run();
        } finally {
            lock.unlock();
        }
    }

    private void forget() {
        if (last != null) {
            last.close();
        }
        last = null;
    }

    /** The layer as PyTorch prints it, and the number of devices. */
    @Override
    public String toString() {
        return spec + " on " + Shapes.count(layers.all().size(), "device");
    }

    /** Closes the layers of the devices. Closing it again is a no-op. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                forget();
                layers.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
