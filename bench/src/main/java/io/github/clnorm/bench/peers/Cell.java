package io.github.clnorm.bench.peers;

/**
 * A peer's cell in a row: its time, or why it has none.
 *
 * @param micros time of a call; NaN if there is none
 * @param error the largest against float64; NaN without a time
 * @param reason why there is no time, in a few words; null if there is one
 * @param implementation the one that the library chose; null if it does not report one
 */
record Cell(double micros, double error, String reason, String implementation) {

    static Cell without(String reason) {
        return new Cell(Double.NaN, Double.NaN, reason, null);
    }

    boolean timed() {
        return reason == null;
    }
}
