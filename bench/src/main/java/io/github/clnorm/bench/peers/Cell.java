package io.github.clnorm.bench.peers;

/**
 * What is known of a peer in a row: its time, or why it has none.
 *
 * @param micros a call's; NaN without one
 * @param reason why there is none, in a few words; null with one
 */
record Cell(double micros, String reason) {

    static Cell of(double micros) {
        return new Cell(micros, null);
    }

    static Cell without(String reason) {
        return new Cell(Double.NaN, reason);
    }

    boolean timed() {
        return reason == null;
    }
}
