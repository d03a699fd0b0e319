package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** instance_norm  by one peer. Started by JMH alone, it runs the workloads of the suite "quick". */
public class InstanceNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({"instance_norm 1x64x256x256"})
    public String workload;

    /** Called by JMH, which sets the fields. */
    public InstanceNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
