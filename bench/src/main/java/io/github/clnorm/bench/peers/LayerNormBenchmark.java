package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** layer_norm by one peer; by itself over the workloads of the suite "quick". */
public class LayerNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({
        "layer_norm 4096x768"
    })
    public String workload;

    /** Nothing to set: JMH does. */
    public LayerNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
