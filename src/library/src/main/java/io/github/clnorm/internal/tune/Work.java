package io.github.clnorm.internal.tune;

import io.github.clnorm.device.ClException;
import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.plan.Plan;
import io.github.clnorm.internal.plan.Predictor;
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
 * A pass on a device with several copies of its tensors. Each run uses the next copy, so that it reads from memory and not
 * from a cache that the previous run has filled. This is what happens in a network, and it decides whether non-temporal
 * stores pay.
 */
abstract class Work implements AutoCloseable {

    // All copies together exceed the last-level cache by this factor.
    private static final long CACHES = 4;
    private static final long LEAST_BYTES = 128L << 20;
    private static final int MOST_COPIES = 256;
    // The copies take at most this part of the device's memory: the caller's tensors need the rest.
    private static final int SHARE_OF_MEMORY = 4;
    // The length of the repeated random sequence: a prime, so that hardly any two sets are equal.
    private static final int PATTERN = 65_521;

    static final double EPS = 1e-5;

    final Session session;
    private final Problem problem;
    final Geometry geometry;
    final ElementType type;
    private final Predictor predictor;
    DeviceBuffer weight;
    DeviceBuffer bias;
    DeviceBuffer meanHi;
    DeviceBuffer meanLo;
    DeviceBuffer rstd;
    private final List<DeviceBuffer> buffers = new ArrayList<>();

    /** A tensor that the pass writes. */
    record Output(String name, ElementType type, DeviceBuffer buffer) {}

    Work(Session session, Problem problem) {
        this.session = session;
        this.problem = problem;
        this.geometry = problem.geometry();
        this.type = problem.type();
        this.predictor = Quirks.isGpu(session.device()) ? new Predictor(problem, session.device()) : null;
    }

    /** The grouping that is tuned. */
    final Grouping grouping() {
        return Grouping.of(problem).orElseThrow();
    }

    /** The plan with which all others are compared. */
    final Plan heuristic() {
        return session.planner().heuristic(problem);
    }

    /** Why a plan cannot run, as far as that is known without building its kernels. */
    final Optional<String> againstRules(Plan plan) {
        return session.planner().againstRules(plan, problem);
    }

    /** Why a plan cannot run. Builds its kernels. */
    final Optional<String> problem(Plan plan) {
        return session.planner().problem(plan, problem);
    }

    /** The predicted microseconds of a plan that no rule forbids; 0 on CPUs, which have no prediction. */
    final double predicted(Plan plan) {
        return predictor == null ? 0 : predictor.of(plan).micros();
    }

    /** The number of copies of the tensors. */
    abstract int copies();

    /** Enqueues the pass on a copy. */
    abstract void enqueue(Plan plan, int copy);

    /** The tensors of a copy that the pass writes. */
    abstract List<Output> outputs(int copy);

    /** Two tensors as large as the input, for a plain copy from the first to the second. */
    abstract DeviceBuffer[] pair(int copy);

    /** The minimum number of reads and writes of the tensor. */
    abstract int transits();

    /** Runs the pass, from enqueue to finished. */
    final void run(Plan plan, int copy) {
        enqueue(plan, copy);
        session.finish();
    }

    /** The number of copies of tensors with this size. */
    static int copies(long bytes, DeviceInfo device) {
        long all = Math.max(LEAST_BYTES, CACHES * device.globalCache());
        if (device.globalMemory() > 0) {
            all = Math.min(all, device.globalMemory() / SHARE_OF_MEMORY);
        }
        return (int) Math.max(1, Math.min(MOST_COPIES, (all + bytes - 1) / bytes));
    }

    /** Makes copies, fewer than wanted if the device has no memory for more, but at least one. */
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
        session.transfers().write(buffer, (at, piece) -> {
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

    /** Allocates weight, bias and the statistics: one of each serves all copies. */
    final void allocateParameters(ElementType real, Statistics statistics) {
        weight = random(3, 0.5, 1.5, geometry.parameters(), real);
        bias = random(4, -0.5, 0.5, geometry.parameters(), real);
        if (statistics != Statistics.MEAN_SQUARE) {
            meanHi = empty(geometry.sets(), real);
            meanLo = empty(geometry.sets(), real);
        }
        rstd = empty(geometry.sets(), real);
    }

    @Override
    public void close() {
        buffers.forEach(DeviceBuffer::close);
    }

    /** The pass of a problem, without activation and residual, for all gradients. */
    static Work of(Session session, Problem problem) {
        Work work = problem instanceof ForwardProblem forward
                ? new ForwardWork(session, Grouping.plain(forward))
                : new BackwardWork(session, Grouping.plain((BackwardProblem) problem));
        return work.filled();
    }

    /** Allocates; a failure releases what was allocated. */
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
