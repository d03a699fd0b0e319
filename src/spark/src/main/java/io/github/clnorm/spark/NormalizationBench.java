package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.Layer;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Tensor;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/**
 * Measures how much of the library's speed a cluster has: samples that executors hold in memory, normalized by Spark, next
 * to the library alone in this process on the same number of the same samples. Run it by {@code spark-submit --class
 * io.github.clnorm.spark.NormalizationBench}.
 */
public final class NormalizationBench {
    private static final long[] SHAPE = {320, 64, 64};
    private static final int ELEMENTS = 320 * 64 * 64;
    private static final int PER_BATCH = 6;

    private final SparkSession session;
    private final int samples;
    private final int rounds;

    private NormalizationBench(SparkSession session, int samples, int rounds) {
        this.session = session;
        this.samples = samples;
        this.rounds = rounds;
    }

    /**
     * Measures and prints.
     *
     * @param arguments the number of samples of 5 MB (48 unless given), and of rounds (7)
     */
    public static void main(String... arguments) {
        int samples = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 48;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 7;
        SparkSession session = SparkSession.builder().getOrCreate();
        new NormalizationBench(session, samples, rounds).run(System.out);
        session.stop();
    }

    private static NormSpec spec() {
        return NormSpec.groupNorm(32, SHAPE[0]);
    }

    private static float[] sample(int number) {
        float[] values = new float[ELEMENTS];
        int state = number + 1;
        for (int i = 0; i < ELEMENTS; i++) {
            state = state * 1664525 + 1013904223;
            values[i] = (state >> 8) * 0x1p-20f;
        }
        return values;
    }

    private void run(PrintStream out) {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
        int tasks = 2 * context.defaultParallelism();
        JavaRDD<float[]> arrays = context.parallelize(
                        IntStream.range(0, samples).boxed().toList(), tasks)
                .map(NormalizationBench::sample)
                .persist(StorageLevel.MEMORY_ONLY());
        Dataset<Row> rows = session.createDataset(
                        arrays.rdd(), session.implicits().newFloatArrayEncoder())
                .toDF("x")
                .cache();
        Map<String, Runnable> runs = new LinkedHashMap<>();
        runs.put("library alone", new Alone());
        runs.put("RDD of arrays", () -> ClnormSpark.normalize(arrays, spec())
                .shape(SHAPE)
                .normalized()
                .samples()
                .foreachPartition(results -> results.forEachRemaining(result -> {})));
        runs.put("data frame, input replaced", () -> sink(normalized(rows, "x")));
        runs.put("data frame, column added", () -> sink(normalized(rows, "y")));
        runs.put("data frame, not normalized", () -> sink(rows));
        report(out, medians(runs));
    }

    private static Dataset<Row> normalized(Dataset<Row> rows, String output) {
        return ClnormSpark.normalize(rows, spec())
                .input("x")
                .shape(SHAPE)
                .output(output)
                .normalized()
                .rows();
    }

    /** Computes all columns, and stores nothing. */
    private static void sink(Dataset<Row> rows) {
        rows.write().format("noop").mode("overwrite").save();
    }

    /** The library in this process, from arrays to arrays, on a device that is open, as those of executors are. */
    private final class Alone implements Runnable {
        private final List<float[]> batches = new ArrayList<>();
        private final Backend backend = Backend.open();
        private final Layer layer = spec().on(backend);

        Alone() {
            for (int from = 0; from < samples; from += PER_BATCH) {
                float[] batch = new float[Math.min(PER_BATCH, samples - from) * ELEMENTS];
                for (int i = 0; i * ELEMENTS < batch.length; i++) {
                    System.arraycopy(sample(from + i), 0, batch, i * ELEMENTS, ELEMENTS);
                }
                batches.add(batch);
            }
        }

        @Override
        public void run() {
            for (float[] batch : batches) {
                try (Tensor x = backend.tensor(batch, batch.length / ELEMENTS, SHAPE[0], SHAPE[1], SHAPE[2]);
                        Tensor y = layer.infer(x)) {
                    y.toFloats();
                }
            }
        }
    }

    /** Seconds of each, in turns. The first round opens devices and is not counted. */
    private Map<String, Double> medians(Map<String, Runnable> runs) {
        Map<String, double[]> seconds = new LinkedHashMap<>();
        runs.keySet().forEach(name -> seconds.put(name, new double[rounds]));
        for (int round = -1; round < rounds; round++) {
            for (Map.Entry<String, Runnable> run : runs.entrySet()) {
                long start = System.nanoTime();
                run.getValue().run();
                if (round >= 0) {
                    seconds.get(run.getKey())[round] = (System.nanoTime() - start) * 1e-9;
                }
            }
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        seconds.forEach((name, times) -> medians.put(
                name,
                Arrays.stream(times).sorted().skip((rounds - 1) / 2).findFirst().orElseThrow()));
        return medians;
    }

    private void report(PrintStream out, Map<String, Double> medians) {
        double bytes = 4.0 * ELEMENTS * samples;
        double alone = medians.get("library alone");
        out.printf(Locale.ROOT, "%d samples of %.1f MB, median of %d rounds%n", samples, 4e-6 * ELEMENTS, rounds);
        medians.forEach((name, seconds) -> out.printf(
                Locale.ROOT,
                "%-28s %8.3f s %7.2f GB/s %6.2f of the library alone%n",
                name,
                seconds,
                bytes / seconds * 1e-9,
                alone / seconds));
    }
}
