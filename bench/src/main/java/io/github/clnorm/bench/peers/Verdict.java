package io.github.clnorm.bench.peers;

import io.github.clnorm.measure.Direction;
import io.github.clnorm.measure.Workload;
import java.util.Locale;

/**
 * Whether a peer computes a workload, and rightly.
 *
 * @param workload what was normalized
 * @param direction which pass
 * @param peer by whom
 * @param status how it went
 * @param error the largest; NaN where nothing was computed
 * @param reason why it is not timed, in a few words; null where it is
 * @param implementation which of its own the library chose; null where it does not say
 */
record Verdict(
        Workload workload,
        Direction direction,
        PeerName peer,
        Status status,
        double error,
        String reason,
        String implementation) {

    static Verdict without(Workload workload, Direction direction, PeerName peer, Status status, String reason) {
        return new Verdict(workload, direction, peer, status, Double.NaN, reason, null);
    }

    /** How a check went. */
    enum Status {
        /** Right: it will be timed. */
        OK,
        /** The library lacks it. */
        UNSUPPORTED,
        /** Too large an error. */
        WRONG,
        /** Something broke, here or in a process of JMH. */
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
