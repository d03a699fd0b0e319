package io.github.clnorm.bench.peers;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * What clnorm is compared with in a column: one peer, or in each row the fastest of several.
 *
 * @param label the heading
 * @param peers which; those without a time do not count
 */
record PeerComparison(String label, List<PeerName> peers) {

    static PeerComparison with(PeerName peer) {
        return new PeerComparison(peer.label(), List.of(peer));
    }

    /** Their time divided by clnorm's: above 1, clnorm is faster. Empty if one of the two is missing. */
    OptionalDouble ratio(Map<PeerName, Cell> cells) {
        Cell clnorm = cells.get(PeerName.CLNORM);
        if (clnorm == null || !clnorm.timed()) {
            return OptionalDouble.empty();
        }
        return peers.stream()
                .filter(peer -> peer != PeerName.CLNORM)
                .map(cells::get)
                .filter(cell -> cell != null && cell.timed())
                .mapToDouble(cell -> cell.micros() / clnorm.micros())
                .min();
    }

    /** The geometric mean of the ratios of rows; empty if no row has one. */
    OptionalDouble mean(List<Map<PeerName, Cell>> rows) {
        OptionalDouble mean = rows.stream()
                .map(this::ratio)
                .flatMapToDouble(ratio -> ratio.isPresent() ? DoubleStream.of(ratio.getAsDouble()) : DoubleStream.of())
                .map(Math::log)
                .average();
        return mean.isPresent() ? OptionalDouble.of(Math.exp(mean.getAsDouble())) : mean;
    }

    /** As tables have it. */
    static String text(OptionalDouble ratio, String format, String otherwise) {
        return ratio.isPresent() ? String.format(Locale.ROOT, format, ratio.getAsDouble()) : otherwise;
    }
}
