package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** instance_norm by one peer; by itself over the workloads of the suite "quick". */
public class InstanceNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({
        "instance_norm 1x64x256x256"
    })
    public String workload;

    /** Nothing to set: JMH does. */
    public InstanceNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
