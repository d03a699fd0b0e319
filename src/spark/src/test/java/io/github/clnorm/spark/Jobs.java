package io.github.clnorm.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import scala.jdk.javaapi.CollectionConverters;

/** What Spark's UI knows of the jobs since this was made. Thread-safe. */
final class Jobs extends SparkListener {
    private final JavaSparkContext context;
    private final List<String> descriptions = new ArrayList<>();
    private final Map<String, Object> accumulators = new TreeMap<>();

    Jobs(JavaSparkContext context) {
        this.context = context;
        context.sc().addSparkListener(this);
    }

    @Override
    public synchronized void onJobStart(SparkListenerJobStart job) {
        descriptions.add(String.valueOf(job.properties().getProperty("spark.job.description")));
    }

    @Override
    public synchronized void onStageCompleted(SparkListenerStageCompleted stage) {
        CollectionConverters.asJava(stage.stageInfo().accumulables()).values().stream()
                .filter(info -> info.name().isDefined() && info.value().isDefined())
                .forEach(
                        info -> accumulators.put(info.name().get(), info.value().get()));
    }

    /** The descriptions of all jobs, after Spark has told all events. */
    List<String> descriptions() {
        await();
        synchronized (this) {
            return List.copyOf(descriptions);
        }
    }

    /** The latest values of named accumulators. */
    Map<String, Object> accumulators() {
        await();
        synchronized (this) {
            return Map.copyOf(accumulators);
        }
    }

    private void await() {
        try {
            context.sc().listenerBus().waitUntilEmpty(60_000);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }
}
