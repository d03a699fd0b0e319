package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** rms_norm by one peer. Started by JMH alone, it runs a workload of the suite "transformer". */
public class RmsNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({"rms_norm 2048x4096 weight_only"})
    public String workload;

    /** Called by JMH, which sets the fields. */
    public RmsNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
