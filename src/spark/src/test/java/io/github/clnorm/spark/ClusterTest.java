package io.github.clnorm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.clnorm.Backend;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.SparkEnv;
import org.junit.jupiter.api.Test;

class ClusterTest {
    @Test
    void everyExecutorOpensADevice() {
        try (Cluster cluster = Cluster.ofTwoExecutors()) {
            Set<String> executors = new TreeSet<>(cluster.context()
                    .parallelize(List.of(1, 2, 3, 4, 5, 6), 6)
                    .map(number -> {
                        Backend backend = ExecutorBackends.ofTask();
                        return SparkEnv.get().executorId() + " "
                                + backend.device().name().isEmpty();
                    })
                    .collect());
            assertEquals(Set.of("0 false", "1 false"), executors);
        }
    }
}
