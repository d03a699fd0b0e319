package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Session;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * A pass on a device with tensors of its own, several copies of them: each call takes the next, so that what it reads comes
 * from memory and not from a cache that the call before has filled. In a network other tensors lie between one
 * normalization and the next; only so is it decided rightly whether results are written past the cache.
 */
abstract class Work implements AutoCloseable {

    /** All copies together exceed the last-level cache by this factor, and have as many bytes at least. */
    private static final long CACHES = 4;

    private static final long LEAST_BYTES = 128L << 20;
    private static final int MOST_COPIES = 256;
    // The device's memory is for its owner's tensors, too.
    private static final int SHARE_OF_MEMORY = 4;

    // So many random numbers are repeated: a prime, so that hardly any two sets hold the same.
    private static final int PATTERN = 65_521;

    static final double EPS = 1e-5;

    final Session session;
    final Geometry geometry;
    final ElementType type;
    DeviceBuffer weight;
    DeviceBuffer bias;
    DeviceBuffer mean;
    DeviceBuffer meanRest;
    DeviceBuffer rstd;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    /** A tensor that the pass writes. */
    record Output(String name, ElementType type, DeviceBuffer buffer) {}

    Work(Session session, Geometry geometry, ElementType type) {
        this.session = session;
        this.geometry = geometry;
        this.type = type;
    }

    /** What is tuned. */
    abstract Grouping grouping();

    /** The plan that everything is compared with. */
    abstract Plan heuristic();

    /** Why a plan cannot run, as far as that is known without building its kernels. */
    abstract Optional<String> againstRules(Plan plan);

    /** Why a plan cannot run. Builds its kernels. */
    abstract Optional<String> problem(Plan plan);

    /** How many copies of the tensors there are. */
    abstract int copies();

    /** Enqueues the pass on a copy. */
    abstract void enqueue(Plan plan, int copy);

    /** What the pass writes, on a copy. */
    abstract List<Output> outputs(int copy);

    /** Two tensors as large as the input, for a copy of the plain kind; the second is overwritten. */
    abstract DeviceBuffer[] pair(int copy);

    /** Reads and writes of the tensor, at least. */
    abstract int transits();

    /** The pass, from enqueue to finished. */
    final void run(Plan plan, int copy) {
        enqueue(plan, copy);
        session.finish();
    }

    /** Copies that are wanted of tensors of so many bytes. */
    static int copies(long bytes, DeviceInfo device) {
        long all = Math.max(LEAST_BYTES, CACHES * device.globalCache());
        if (device.globalMemory() > 0) {
            all = Math.min(all, device.globalMemory() / SHARE_OF_MEMORY);
        }
        return (int) Math.max(1, Math.min(MOST_COPIES, (all + bytes - 1) / bytes));
    }

    /** Makes up to as many copies: fewer where the device has no room for more, but one at least. */
    static void fill(int wanted, Runnable one) {
        for (int i = 0; i < wanted; i++) {
            try {
                one.run();
            } catch (ClException e) {
                if (i == 0) {
                    throw e;
                }
                return;
            }
        }
    }

    final DeviceBuffer empty(long elements, ElementType of) {
        DeviceBuffer buffer = session.allocate(elements * of.bytes());
        buffers.add(buffer);
        return buffer;
    }

    /** A buffer of uniformly distributed numbers. */
    final DeviceBuffer random(long seed, double from, double to, long elements, ElementType of) {
        DeviceBuffer buffer = empty(elements, of);
        SplittableRandom random = new SplittableRandom(seed);
        double[] values = random.doubles(PATTERN, from, to).toArray();
        ByteBuffer pattern = ByteBuffer.allocate(PATTERN * of.bytes()).order(ByteOrder.nativeOrder());
        Codec.encode(of, values, 0, pattern);
        session.write(buffer, (at, piece) -> {
            pattern.position((int) (at % pattern.capacity()));
            while (piece.hasRemaining()) {
                if (!pattern.hasRemaining()) {
                    pattern.position(0);
                }
                pattern.limit(Math.min(pattern.capacity(), pattern.position() + piece.remaining()));
                piece.put(pattern);
                pattern.limit(pattern.capacity());
            }
        });
        return buffer;
    }

    /** Weight, bias and room for the statistics: one of each serves all copies. */
    final void allocateParameters(ElementType real, Statistics statistics) {
        weight = random(3, 0.5, 1.5, parameters(), real);
        bias = random(4, -0.5, 0.5, parameters(), real);
        if (statistics != Statistics.MEAN_SQUARE) {
            mean = empty(geometry.sets(), real);
            meanRest = empty(geometry.sets(), real);
        }
        rstd = empty(geometry.sets(), real);
    }

    /** Of weight and bias. */
    final long parameters() {
        return geometry.groups() * geometry.width() / geometry.run();
    }

    @Override
    public void close() {
        buffers.forEach(DeviceBuffer::close);
    }

    /** The pass of a problem, without what its grouping leaves out. */
    static Work of(Session session, Problem problem) {
        Work work = problem instanceof ForwardProblem forward
                ? new ForwardWork(session, Grouping.plain(forward))
                : new BackwardWork(session, Grouping.plain((BackwardProblem) problem));
        return work.filled();
    }

    /** Allocates; what was allocated is given back when something fails. */
    final Work filled() {
        try {
            allocate();
            return this;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Makes the tensors. */
    abstract void allocate();
}
