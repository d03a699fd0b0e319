package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** batch_norm by one peer; by itself over the workloads of the suite "quick". */
public class BatchNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({
        "batch_norm 32x64x56x56"
    })
    public String workload;

    /** Nothing to set: JMH does. */
    public BatchNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
