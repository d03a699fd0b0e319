package io.github.clnorm.bench.peers;

/** The tensors that the calls of a chain write, besides the one that its first call reads. */
final class Chained {

    /** Two: a call reads one and writes the other. */
    static final int BUFFERS = 2;

    /** How many calls of a chain are compared with float64: the third one writes where the first one did. */
    static final int CHECKED_CALLS = BUFFERS + 1;

    private Chained() {}

    /** Which of them a call of a chain writes. */
    static int output(int call) {
        return call % BUFFERS;
    }
}
