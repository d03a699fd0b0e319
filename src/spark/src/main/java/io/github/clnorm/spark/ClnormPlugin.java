package io.github.clnorm.spark;

import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Metrics of the executors for Spark's sinks, such as Prometheus and JMX, and devices that are closed when the executor
 * stops. Optional: {@code --conf spark.plugins=io.github.clnorm.spark.ClnormPlugin}.
 *
 * <p>Metrics of an executor since it started: {@code samples}, {@code bytes}, {@code deviceMicroseconds} (the time that
 * tasks spent enqueueing on the device and waiting for it), {@code fallbacks} (batches that were computed in halves because
 * the device had no memory for the whole) and {@code openDevices}. Spark puts {@code
 * plugin.io.github.clnorm.spark.ClnormPlugin} in front of each name.
 *
 * <p>Without the plugin an executor closes its devices when its process ends.
 *
 * <p>Thread-safe.
 */
public final class ClnormPlugin implements SparkPlugin {

    /** The plugin; Spark calls this. */
    public ClnormPlugin() {}

    /** Nothing on the driver. */
    @Override
    public DriverPlugin driverPlugin() {
        return null;
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new ExecutorPlugin() {
            @Override
            public void init(PluginContext context, Map<String, String> configuration) {
                ExecutorMetrics.register(context.metricRegistry());
            }

            @Override
            public void shutdown() {
                ExecutorBackends.closeAll();
            }
        };
    }
}
