package io.github.clnorm.bench.peers;

/** The number of threads for each peer: as many as cores. bench/peers sets both to two. */
final class ThreadCount {

    static final int COUNT = 2;

    private ThreadCount() {}
}
