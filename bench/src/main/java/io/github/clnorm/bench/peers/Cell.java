package io.github.clnorm.bench.peers;

/**
 * What is known of a peer in a row: its time, or why it has none.
 *
 * @param micros a call's; NaN without one
 * @param error its largest, next to float64; NaN without a time
 * @param reason why there is none, in a few words; null with one
 * @param implementation which of its own the library chose; null where it does not say
 */
record Cell(double micros, double error, String reason, String implementation) {

    static Cell without(String reason) {
        return new Cell(Double.NaN, Double.NaN, reason, null);
    }

    boolean timed() {
        return reason == null;
    }
}
