package io.github.clnorm.tools.comparison;

/**
 * A column of a comparison: a device of a run.
 *
 * @param letter a short name: A, B, …, Z, AA, …
 * @param label a unique name
 * @param run the run
 * @param device the device
 */
public record Column(String letter, String label, SavedRun run, SavedDevice device) {

    static String letter(int index) {
        String last = String.valueOf((char) ('A' + index % 26));
        return index < 26 ? last : letter(index / 26 - 1) + last;
    }
}
