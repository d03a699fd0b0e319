package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** batch_norm  by one peer. Started by JMH alone, it runs the workloads of the suite "quick". */
public class BatchNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({"batch_norm 32x64x56x56"})
    public String workload;

    /** Called by JMH, which sets the fields. */
    public BatchNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
