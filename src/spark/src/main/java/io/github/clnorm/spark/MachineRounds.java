package io.github.clnorm.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.VoidFunction;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * Runs a task on every executor. A job cannot choose an executor. Spark prefers the hosts that a partition asks for,
 * and gives free executors tasks in turn. Executors that did not get one are asked again, in a bounded number of rounds.
 */
final class MachineRounds {

    private static final int MOST = 6;
    // One may not be enough where a host has several executors.
    private static final int TASKS_OF_EXECUTOR = 2;

    private static final System.Logger LOGGER = System.getLogger(MachineRounds.class.getName());

    private static final long POLL_MILLISECONDS = 100;

    private final SparkContext context;
    private final LongSupplier clock;
    private final long end;
    private final Set<ExecutorAddress> seen = new LinkedHashSet<>();

    /**
     * Prepares rounds.
     *
     * @param context of the application
     * @param limit for all rounds together
     * @param clock in nanoseconds
     */
    MachineRounds(SparkContext context, Duration limit, LongSupplier clock) {
        this.context = context;
        this.clock = clock;
        this.end = clock.getAsLong() + limit.toNanos();
    }

    /**
     * Runs a task on every executor, until all have answered or the limits are reached.
     *
     * @param task what runs
     * @param answered the executors that have answered so far
     */
    void run(VoidFunction<Iterator<Integer>> task, Supplier<Set<ExecutorAddress>> answered) {
        for (int round = 0; round < MOST && nanosecondsLeft() > 0; round++) {
            Set<ExecutorAddress> missing = ExecutorAddress.known(context);
            seen.addAll(missing);
            missing.removeAll(answered.get());
            if (missing.isEmpty() && !answered.get().isEmpty()) {
                return;
            }
            run(task, missing);
        }
        seen.addAll(ExecutorAddress.known(context));
    }

    /** The executors that the driver knew at any time. */
    Set<ExecutorAddress> seen() {
        return seen;
    }

    /** Whether there was no time for another round. */
    boolean isOver() {
        return nanosecondsLeft() <= 0;
    }

    private long nanosecondsLeft() {
        return end - clock.getAsLong();
    }

    private void run(VoidFunction<Iterator<Integer>> task, Set<ExecutorAddress> missing) {
        String before = context.getLocalProperty("spark.job.description");
        context.setJobDescription("clnorm: measure the devices of " + missing.size() + " executors");
        try {
            JavaFutureAction<Void> job = partitions(missing).foreachPartitionAsync(task);
            try {
                if (!hasEnded(job)) {
                    job.cancel(true);
                }
            } catch (ExecutionException e) {
                // Machines that have answered are not asked again. Those that lost a process find in their record which
                // device was being measured.
                LOGGER.log(System.Logger.Level.WARNING, "some machines did not answer and are asked again", e);
            } catch (InterruptedException e) {
                job.cancel(true);
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while machines were measured", e);
            }
        } finally {
            context.setJobDescription(before);
        }
    }

    /** Blocks until a job ends or the time is over. */
    private boolean hasEnded(JavaFutureAction<Void> job) throws InterruptedException, ExecutionException {
        while (nanosecondsLeft() > 0) {
            try {
                job.get(POLL_MILLISECONDS, TimeUnit.MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                // Not yet.
            }
        }
        return false;
    }

    /** Empty partitions, which prefer the hosts of these executors. */
    private JavaRDD<Integer> partitions(Set<ExecutorAddress> executors) {
        List<Tuple2<Integer, Seq<String>>> places = new ArrayList<>();
        for (ExecutorAddress executor : executors) {
            for (int i = 0; i < TASKS_OF_EXECUTOR; i++) {
                places.add(new Tuple2<>(places.size(), seq(List.of(executor.host()))));
            }
        }
        if (places.isEmpty()) {
            // Executors that are allocated on demand start for a job.
            places.add(new Tuple2<>(0, seq(List.of())));
        }
        return context.makeRDD(seq(places), ClassTag$.MODULE$.<Integer>apply(Integer.class))
                .toJavaRDD();
    }

    private static <T> Seq<T> seq(List<T> list) {
        return CollectionConverters.asScala(list).toSeq();
    }
}
