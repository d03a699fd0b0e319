package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An entry that speaks of a grouping on a device, and how closely.
 *
 * <p>Immutable and thread-safe.
 *
 * @param entry what was found
 * @param kind how closely
 * @param distance of the entry's grouping, 0 for the same; with other kernels, 1 under another driver
 */
public record Match(Entry entry, Kind kind, double distance) {

    /** How closely, the closest first: the order in which entries are taken. */
    public enum Kind {
        /** The same grouping on this device, with this driver and these kernels. */
        EXACT("tuned for it on this device"),
        /** A near grouping on this device, with this driver and these kernels. */
        NEAREST("tuned for the nearest grouping on this device"),
        /** The same or a near grouping on this device, under another driver. */
        OTHER_DRIVER("tuned on this device under another driver"),
        /** The same grouping on this device, with the kernels of another version. */
        OTHER_KERNELS("tuned on this device with other kernels");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** For a person. */
        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * The entries that speak of a grouping, in the order in which they are taken: exact ones; the nearest with the same
     * driver; those under other drivers, the nearest first; and the same grouping with other kernels. Among equals the newest
     * comes first.
     *
     * <p>An entry of which the heuristic's plan was the fastest says that heuristics are right about there: what comes behind
     * it is not asked.
     *
     * @param entries of whatever devices
     * @param device this device
     * @param kernels the hash of the kernels
     * @param grouping what is computed
     * @return the matches; may be none
     */
    public static List<Match> of(Collection<Entry> entries, DeviceInfo device, String kernels, Grouping grouping) {
        List<Match> matches = new ArrayList<>();
        for (Entry entry : entries) {
            if (!entry.isOf(device)) {
                continue;
            }
            OptionalDouble distance = grouping.distance(entry.grouping(), device.computeUnits(), device.globalCache());
            boolean same = entry.grouping().equals(grouping);
            if (!entry.kernels().equals(kernels)) {
                if (same) {
                    matches.add(
                            new Match(entry, Kind.OTHER_KERNELS, entry.driver().equals(device.driver()) ? 0 : 1));
                }
            } else if (distance.isPresent()) {
                Kind kind =
                        !entry.driver().equals(device.driver()) ? Kind.OTHER_DRIVER : same ? Kind.EXACT : Kind.NEAREST;
                matches.add(new Match(entry, kind, distance.getAsDouble()));
            }
        }
        matches.sort(Comparator.comparing(Match::kind)
                .thenComparing(Match::distance)
                .thenComparing(match -> match.entry.date(), Comparator.reverseOrder()));
        return matches;
    }

    /**
     * Whether it only says that the heuristic is right: its plan is that of another size, or of what heuristics said then.
     *
     * @return false where its plan is to be taken
     */
    public boolean meansHeuristic() {
        return entry.isHeuristic();
    }
}
