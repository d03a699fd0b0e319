package io.github.clnorm.internal.tune;

import io.github.clnorm.device.DeviceInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;

/**
 * An entry that applies to a grouping on a device, and how closely.
 *
 * <p>Immutable and thread-safe.
 *
 * @param entry the result of tuning
 * @param kind how closely it applies
 * @param distance distance of the entry's grouping, 0 for the same; with other kernels, 1 under another driver
 */
public record Match(Entry entry, Kind kind, double distance) {

    /** How closely an entry applies, the closest first: the order in which entries are tried. */
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
     * The entries that apply to a grouping, in the order in which they are tried: exact ones; the nearest with the same
     * driver; the nearest under other drivers; and the same grouping with other kernels. Among equals the newest is first.
     *
     * <p>If the heuristic's plan was the fastest in an entry, the heuristics are right for groupings like it: the entries
     * after it are not tried.
     *
     * @param entries entries of any devices
     * @param device this device
     * @param kernels the hash of the kernels
     * @param grouping what is computed
     * @return the matches; may be empty
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
     * Whether the entry only says that the heuristics are right. Its plan is not used: it may be for another size, or from
     * earlier heuristics.
     *
     * @return false if its plan is used
     */
    public boolean meansHeuristic() {
        return entry.isHeuristic();
    }
}
