package io.github.clnorm;

import io.github.clnorm.internal.fleet.ParameterSums;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A layer for tensors that are distributed over the devices of a {@link Fleet}: a {@link Layer} on each device, with the
 * same parameters.
 *
 * <p>Thread-safe: passes of several threads run one after the other. {@link #backward} belongs to the last {@link #forward} of the
 * layer, on the same thread.
 */
public final class FleetLayer implements AutoCloseable {

    private final Fleet fleet;
    private final NormSpec spec;
    private final List<Layer> layers = new ArrayList<>();
    private final ParameterSums sums = ParameterSums.IN_ORDER;
    private final ReentrantLock lock = new ReentrantLock();
    private LastPass last;
    private boolean closed;

    /** A forward pass whose gradients were not taken. */
    private record LastPass(Thread thread, ShardedTensor input, List<Recorded> records) {

        void close() {
            records.forEach(Recorded::close);
        }
    }

    FleetLayer(Fleet fleet, NormSpec spec, ElementType type) {
        this.fleet = fleet;
        this.spec = Objects.requireNonNull(spec, "spec");
        if (!spec.sets().samplesAreIndependent()) {
            throw new IllegalArgumentException(spec
                    + " takes statistics of the whole batch, which is on several devices: expected an operation whose samples are"
                    + " independent, such as group_norm, or training(false)");
        }
        if (spec instanceof ChannelStatisticsSpec<?> own
                && own.ownStatistics()
                && own.tracking().tracked()) {
            throw new IllegalArgumentException(spec
                    + " updates running statistics by all samples, which are on several devices: expected"
                    + " trackRunningStats(false) or training(false)");
        }
        try {
            for (Backend backend : fleet.backends()) {
                layers.add(spec.on(backend, type));
            }
        } catch (RuntimeException e) {
            layers.forEach(Layer::close);
            throw e;
        }
    }

    /**
     * The layers of the devices, in the order of {@link Fleet#backends()}. A change of a parameter must be made to each.
     *
     * @return the layers; they belong to this object
     */
    public List<Layer> layers() {
        return List.copyOf(layers);
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
        return exclusively(() -> {
            List<Recorded> records = new ArrayList<>();
            try {
                ShardedTensor output = pass(input, (layer, x, options) -> records.add(layer.record(x, options)));
                forget();
                last = new LastPass(Thread.currentThread(), input, records);
                return output;
            } catch (RuntimeException e) {
                records.forEach(Recorded::close);
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
        return exclusively(() -> pass(input, Layer::infer));
    }

    private interface OnShard {
        void pass(Layer layer, Tensor input, Options options);
    }

    private ShardedTensor pass(ShardedTensor input, OnShard onShard) {
        check(input);
        List<ShardedTensor.Shard> shards = new ArrayList<>();
        try {
            for (ShardedTensor.Shard shard : input.shards()) {
                Tensor x = shard.tensor();
                x.requireOpen("input");
                Tensor y = x.backend().empty(x.type(), x.sizes());
                shards.add(new ShardedTensor.Shard(shard.device(), shard.from(), shard.to(), y));
                onShard.pass(layers.get(shard.device()), x, Options.DEFAULTS.output(y));
            }
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
     * The gradients of the last {@link #forward}. Those of weight and bias are the sums over all devices, in float64 and in the
     * order of the devices; reading them blocks until the devices are done.
     *
     * @param gradOutput dy, distributed as the output is. Not modified
     * @return dx, dγ and dβ
     * @throws IllegalArgumentException when the gradient does not fit
     * @throws IllegalStateException if there was no forward pass on this thread, its gradients were taken already, or a tensor that
     *     is read again was changed or closed
     * @throws io.github.clnorm.device.ClException if a device fails
     */
    public ShardedGradients backward(ShardedTensor gradOutput) {
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
        List<ShardedTensor.Shard> shards = new ArrayList<>();
        List<Gradients> all = new ArrayList<>();
        try {
            for (int i = 0; i < pass.records.size(); i++) {
                ShardedTensor.Shard shard = gradOutput.shards().get(i);
                Gradients gradients = pass.records.get(i).backward(shard.tensor());
                all.add(gradients);
                shards.add(new ShardedTensor.Shard(shard.device(), shard.from(), shard.to(), gradients.input()));
            }
            double[] weight = sum(all.stream().map(Gradients::weight).toList());
            double[] bias = sum(all.stream().map(Gradients::bias).toList());
            ShardedTensor input = new ShardedTensor(fleet, pass.input.type(), pass.input.shape(), shards);
            return new ShardedGradients(input, weight, bias);
        } catch (RuntimeException e) {
            closeAfter(e, shards);
            throw e;
        } finally {
            for (Gradients gradients : all) {
                new Gradients(null, gradients.weight(), gradients.bias()).close();
            }
        }
    }

    private double[] sum(List<Tensor> parts) {
        return parts.contains(null)
                ? null
                : sums.sum(parts.stream().map(Tensor::toDoubles).toList());
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
        return spec + " on " + Shapes.count(layers.size(), "device");
    }

    /** Closes the layers of the devices. Closing it again is a no-op. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                forget();
                layers.forEach(Layer::close);
            }
        } finally {
            lock.unlock();
        }
    }
}
