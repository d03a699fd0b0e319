package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;

/** Later. */
final class OnnxRuntimePeer implements Peer {
    @Override
    public String version() {
        return "";
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        throw new UnsupportedOperationException("later");
    }

    @Override
    public void close() {}
}
