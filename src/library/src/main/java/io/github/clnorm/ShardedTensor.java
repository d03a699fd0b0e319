package io.github.clnorm;

import io.github.clnorm.internal.fleet.EachDevice;
import io.github.clnorm.internal.fleet.Weights;
import io.github.clnorm.internal.geometry.Columns;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor whose first dimension is distributed over the devices of a {@link Fleet}: each has a part, one after the other, in
 * the order of the devices.
 *
 * <p>Thread-safe as {@link Tensor} is.
 */
public final class ShardedTensor implements AutoCloseable {

    // Shares that are rounded by more would not follow the weights.
    private static final long STEPS = 16;

    private final Fleet fleet;
    private final ElementType type;
    private final long[] shape;
    private final List<Shard> shards;

    /**
     * The part of a device.
     *
     * @param device index of the device in {@link Fleet#backends()}
     * @param from the first index along the first dimension
     * @param to the index after the last one
     * @param tensor the elements, of shape {@code (to - from, *)}
     */
    public record Shard(int device, long from, long to, Tensor tensor) {}

    ShardedTensor(Fleet fleet, ElementType type, long[] shape, List<Shard> shards) {
        this.fleet = fleet;
        this.type = type;
        this.shape = shape.clone();
        this.shards = List.copyOf(shards);
    }

    /**
     * Where shares begin: at multiples of 128 rows if there are many, so that gradients of parameters cut no block of rows, else
     * at multiples of a smaller power of two, so that devices can address the blocks in a share.
     */
    private static long[] bounds(long rows, double... weights) {
        long step = Math.min(Columns.TILE_ROWS, Long.highestOneBit(Math.max(1, rows / STEPS)));
        long[] bounds = Weights.ranges(rows / step, weights);
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] *= step;
        }
        bounds[bounds.length - 1] = rows;
        return bounds;
    }

    /** Distributes a buffer that was checked. */
    static ShardedTensor scatter(Fleet fleet, double[] weights, ElementType type, Buffer buffer, long... shape) {
        long[] bounds = bounds(shape[0], weights);
        int ofRow = shape[0] == 0 ? 0 : Math.toIntExact(buffer.remaining() / shape[0]);
        int start = buffer.position();
        Tensor[] tensors = new Tensor[weights.length];
        List<Runnable> tasks = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            int device = i;
            // A tensor without elements has one shard.
            if (bounds[i + 1] > bounds[i] || shape[0] == 0 && i == weights.length - 1) {
                int first = start + Math.toIntExact(bounds[i]) * ofRow;
                int count = Math.toIntExact(bounds[i + 1] - bounds[i]) * ofRow;
                Buffer part = FleetBuffers.from(buffer, first, count);
                long[] partShape = part(bounds[i + 1] - bounds[i], shape);
                tasks.add(() -> tensors[device] = fleet.backends().get(device).tensor(type, part, partShape));
            }
        }
        List<Shard> shards = new ArrayList<>();
        try {
            EachDevice.run(tasks);
        } catch (RuntimeException | Error e) {
            close(List.of(tensors(tensors)));
            throw e;
        }
        for (int i = 0; i < tensors.length; i++) {
            if (tensors[i] != null) {
                shards.add(new Shard(i, bounds[i], bounds[i + 1], tensors[i]));
            }
        }
        return new ShardedTensor(fleet, type, shape, shards);
    }

    private static Tensor[] tensors(Tensor... made) {
        return Arrays.stream(made).filter(tensor -> tensor != null).toArray(Tensor[]::new);
    }

    private static long[] part(long rows, long... of) {
        long[] part = of.clone();
        part[0] = rows;
        return part;
    }

    /** Closes tensors, also if closing one throws. */
    static void close(List<Tensor> tensors) {
        RuntimeException first = null;
        for (Tensor tensor : tensors) {
            try {
                tensor.close();
            } catch (RuntimeException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /**
     * The fleet that it is distributed over.
     *
     * @return the fleet
     */
    public Fleet fleet() {
        return fleet;
    }

    /**
     * The type of its elements.
     *
     * @return the type
     */
    public ElementType type() {
        return type;
    }

    /**
     * The dimensions of the whole.
     *
     * @return a copy
     */
    public long[] shape() {
        return shape.clone();
    }

    /**
     * The parts, in order. A device without a part is not among them.
     *
     * @return the parts; their tensors belong to this object
     */
    public List<Shard> shards() {
        return shards;
    }

    /** The part of a device, which has one. */
    Shard shardOf(int device) {
        return shards.stream()
                .filter(shard -> shard.device == device)
                .findFirst()
                .orElseThrow();
    }

    /** Whether another tensor is divided in the same way over the same devices. */
    boolean isDividedAs(ShardedTensor other) {
        boolean same = fleet == other.fleet && shards.size() == other.shards.size();
        for (int i = 0; same && i < shards.size(); i++) {
            Shard one = shards.get(i);
            Shard two = other.shards.get(i);
            same = one.device == two.device && one.from == two.from && one.to == two.to;
        }
        return same;
    }

    /**
     * Collects it in a buffer. Blocks until the work enqueued before is done.
     *
     * @param target as {@link Tensor#get(Buffer)} takes it, for the whole tensor
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit, or the buffer is read-only
     * @throws IllegalStateException when it is closed
     * @throws io.github.clnorm.device.ClException if a device fails
     */
    public void gather(Buffer target) {
        HostElements.target(type, target, Shapes.text(shape), Shapes.elements(shape));
        int ofRow = shape[0] == 0 ? 0 : Math.toIntExact(target.remaining() / shape[0]);
        int start = target.position();
        EachDevice.run(shards.stream()
                .<Runnable>map(shard -> () -> shard.tensor.get(FleetBuffers.from(
                        target,
                        start + Math.toIntExact(shard.from) * ofRow,
                        Math.toIntExact(shard.to - shard.from) * ofRow)))
                .toList());
    }

    /** Its type, shape and parts. */
    @Override
    public String toString() {
        return "ShardedTensor(" + type + ", " + Shapes.text(shape) + ", " + Shapes.count(shards.size(), "shard") + ")";
    }

    /** Closes its parts. Closing it again is a no-op. */
    @Override
    public void close() {
        close(shards.stream().map(Shard::tensor).toList());
    }
}
