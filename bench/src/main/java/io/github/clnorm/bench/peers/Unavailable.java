package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;

/** A library that this machine cannot load, for example because it has none for this processor. */
final class Unavailable implements Peer {

    private final String message;

    private Unavailable(String message) {
        this.message = message;
    }

    /** The peer, or what stands for it where it cannot be loaded. */
    static Peer unlessOpen(PeerName name) {
        try {
            return name.open();
        } catch (LinkageError | RuntimeException e) {
            return new Unavailable(e.toString().lines().findFirst().orElseThrow());
        }
    }

    @Override
    public Task prepare(Workload workload, Data data, Direction direction, int slots) {
        throw new UnsupportedOperationException("cannot be loaded");
    }

    @Override
    public String version() {
        return "cannot be loaded: " + message;
    }

    @Override
    public void close() {}
}
