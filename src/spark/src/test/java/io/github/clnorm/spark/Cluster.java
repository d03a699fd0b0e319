package io.github.clnorm.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * Spark inside a test: with threads of this process, or with executors in processes of their own.
 *
 * <p>One at a time: Spark allows one context per process. Close it before the next one.
 */
final class Cluster implements AutoCloseable {
    private static final long START_LIMIT_MS = 120_000;

    private final SparkSession session;

    private Cluster(SparkSession session) {
        this.session = session;
    }

    /** Two tasks at a time in this process. Does not show faults of serialization between processes. */
    static Cluster local() {
        return local(Map.of());
    }

    /** The same with further settings. */
    static Cluster local(Map<String, String> settings) {
        return open("local[2]", settings);
    }

    /** Two executors of one core and 1 GiB each, in processes of their own, and this process as the driver. */
    static Cluster ofTwoExecutors() {
        return ofTwoExecutors(Map.of());
    }

    /** The same with further settings, such as {@code spark.executor.resource.gpu.amount}. */
    static Cluster ofTwoExecutors(Map<String, String> settings) {
        Cluster cluster = open("local-cluster[2,1,1024]", settings);
        cluster.awaitExecutors(2);
        return cluster;
    }

    private static Cluster open(String master, Map<String, String> settings) {
        // The worker looks for jars of Spark here. The executors get them on their class path instead.
        Path home = Path.of(System.getenv("SPARK_HOME"));
        try {
            Files.createDirectories(home.resolve("jars"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SparkSession.Builder builder = SparkSession.builder()
                .master(master)
                .appName("clnorm")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.sql.warehouse.dir", home.resolve("warehouse").toString())
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"));
        settings.forEach(builder::config);
        return new Cluster(builder.getOrCreate());
    }

    SparkSession session() {
        return session;
    }

    JavaSparkContext context() {
        return JavaSparkContext.fromSparkContext(session.sparkContext());
    }

    /** Waits until there are {@code executors}: tasks submitted earlier often all run on the first one. */
    void awaitExecutors(int executors) {
        long end = System.nanoTime() + START_LIMIT_MS * 1_000_000;
        // The driver is one of those listed.
        while (session.sparkContext().statusTracker().getExecutorInfos().length < executors + 1) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not all of the " + executors + " executors started within "
                        + START_LIMIT_MS / 1000 + " s: see " + System.getenv("SPARK_HOME") + "/work");
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while executors start", e);
            }
        }
    }

    @Override
    public void close() {
        session.stop();
    }
}
