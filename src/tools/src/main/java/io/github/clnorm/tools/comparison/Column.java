package io.github.clnorm.tools.comparison;

/**
 * A device of a run, next to others.
 *
 * @param letter a short name: A, B, …, Z, AA, …
 * @param label a name that no other column has
 * @param run what it was measured in
 * @param device what was measured
 */
public record Column(String letter, String label, SavedRun run, SavedDevice device) {

    static String letter(int index) {
        String last = String.valueOf((char) ('A' + index % 26));
        return index < 26 ? last : letter(index / 26 - 1) + last;
    }
}
