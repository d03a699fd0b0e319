package io.github.clnorm;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The result of {@link StateFile#load}: the names of the tensors, such as {@code down.0.norm.weight}, that were loaded and
 * that were not. Immutable and thread-safe.
 *
 * @param loaded tensors of the layers that have the file's values now, in the order of the layers
 * @param missing tensors of the layers that the file does not have, in the order of the layers
 * @param unexpected tensors of the file that no layer has, in the order of the file
 * @param mismatched tensors of both whose shape, type or value does not fit, in the order of the layers, each with the
 *     reason
 */
public record LoadReport(
        List<String> loaded, List<String> missing, List<String> unexpected, Map<String, String> mismatched) {

    /**
     * Copies the collections.
     *
     * @param loaded tensors that have the file's values now
     * @param missing tensors that the file does not have
     * @param unexpected tensors that no layer has
     * @param mismatched tensors that do not fit, with the reason
     */
    public LoadReport {
        loaded = List.copyOf(loaded);
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        mismatched = Collections.unmodifiableMap(new LinkedHashMap<>(mismatched));
    }

    /**
     * Whether the file fits the layers exactly.
     *
     * @return true if nothing is missing, unexpected or mismatched
     */
    public boolean isComplete() {
        return missing.isEmpty() && unexpected.isEmpty() && mismatched.isEmpty();
    }

    /** What does not fit, in one line. */
    String problems() {
        StringBuilder text = new StringBuilder();
        append(text, "missing: ", missing.isEmpty() ? "" : String.join(", ", missing));
        append(text, "unexpected: ", unexpected.isEmpty() ? "" : String.join(", ", unexpected));
        mismatched.forEach((name, reason) -> append(text, name + " ", reason));
        return text.toString();
    }

    private static void append(StringBuilder text, String what, String list) {
        if (!list.isEmpty()) {
            text.append(text.isEmpty() ? "" : "; ").append(what).append(list);
        }
    }
}
