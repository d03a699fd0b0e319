package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** layer_norm  by one peer. Started by JMH alone, it runs the workloads of the suite "quick". */
public class LayerNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({"layer_norm 4096x768"})
    public String workload;

    /** Called by JMH, which sets the fields. */
    public LayerNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
