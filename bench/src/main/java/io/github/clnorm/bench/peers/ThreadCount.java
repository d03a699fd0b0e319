package io.github.clnorm.bench.peers;

/** As many threads for every peer as there are cores for them: the script beside gives two of each. */
final class ThreadCount {

    static final int COUNT = 2;

    private ThreadCount() {}
}
