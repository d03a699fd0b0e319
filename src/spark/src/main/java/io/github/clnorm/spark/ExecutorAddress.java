package io.github.clnorm.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.storage.BlockManagerId;

/**
 * Tells an executor from the others of an application, for the driver and for itself.
 *
 * @param host as Spark names it
 * @param port of its block manager
 */
record ExecutorAddress(String host, int port) implements Serializable {

    /** The executor, or driver, that calls. */
    static ExecutorAddress own() {
        BlockManagerId id = SparkEnv.get().blockManager().blockManagerId();
        return new ExecutorAddress(id.host(), id.port());
    }

    /** The executors that the driver knows now. In local mode that is the driver. */
    static Set<ExecutorAddress> known(SparkContext context) {
        Set<ExecutorAddress> known = new LinkedHashSet<>();
        Arrays.stream(context.statusTracker().getExecutorInfos())
                // An executor without a block manager is just starting.
                .filter(info -> info.port() != 0)
                .forEach(info -> known.add(new ExecutorAddress(info.host(), info.port())));
        if (!context.isLocal()) {
            known.remove(own());
        }
        return known;
    }
}
