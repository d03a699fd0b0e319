package io.github.clnorm.tools.measure;

import java.util.Locale;

/** The two passes of a layer, with the minimum number of reads and writes of the whole tensor. */
public enum Direction {
    /** Reads x, writes y. */
    FORWARD(2),
    /** Reads x and dy, writes dx. */
    BACKWARD(3);

    private final int transits;

    Direction(int transits) {
        this.transits = transits;
    }

    /**
     * The minimum number of reads and writes of the whole tensor.
     *
     * @return 2 or 3
     */
    public int transits() {
        return transits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
