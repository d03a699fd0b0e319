package io.github.clnorm.bench.peers;

import org.openjdk.jmh.annotations.Param;

/** group_norm  by one peer. Started by JMH alone, it runs the workloads of the suite "quick". */
public class GroupNormBenchmark extends PeerBenchmark {

    /** What is normalized. */
    @Param({
        "group_norm 2x320x64x64 G=32",
        "group_norm 2x1280x8x8 G=32",
        "group_norm 8x64x112x112 G=32",
        "group_norm 8x2048x7x7 G=32",
        "group_norm 2x256x200x336 G=32",
        "group_norm 1x64x512x512 G=1"
    })
    public String workload;

    /** Called by JMH, which sets the fields. */
    public GroupNormBenchmark() {}

    @Override
    protected String workload() {
        return workload;
    }
}
