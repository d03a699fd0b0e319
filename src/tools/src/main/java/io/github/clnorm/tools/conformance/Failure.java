package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;

/**
 * A failed case: its worst element, or the exception.
 *
 * @param operation the row it belongs to
 * @param type the type of that row; null if the row has none
 * @param name the case's name
 * @param what the wrong result, such as {@code output}, or a sentence
 * @param index of the wrong element; -1 if the failure is not about one element
 * @param value the device's value; NaN without an index
 * @param expected the expected value; NaN without an index
 * @param error beyond the error of the expected value itself; NaN without an index
 * @param bound the allowed error; NaN without an index
 */
public record Failure(
        String operation,
        ElementType type,
        String name,
        String what,
        int index,
        double value,
        double expected,
        double error,
        double bound) {

    static Failure of(Case failed, String what) {
        return new Failure(
                failed.row(), failed.type(), failed.name(), what, -1, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }

    /**
     * The failure in one line.
     *
     * @return such as {@code group_norm float32, NAME: output[3] is 0.5, expected 0.25: error 0.2, bound 4.0E-6}
     */
    @Override
    public String toString() {
        String text = operation + (type == null ? "" : " " + type) + ", " + name + ": " + what;
        if (index >= 0) {
            text += "[" + index + "] is " + value + ", expected " + expected + ": error " + error + ", bound " + bound;
        }
        return text.strip().replaceAll("\\s*\\R\\s*|\\p{Cntrl}", " ");
    }
}
