package io.github.clnorm.tools.conformance;

import io.github.clnorm.type.ElementType;

/**
 * A case that failed: where it was the furthest off, or what was thrown.
 *
 * @param operation the row it belongs to
 * @param type the type of that row; null where a row has none
 * @param name the case's name
 * @param what the result that is wrong, such as {@code output}; or in words what happened
 * @param index of the wrong element; -1 where it is not one element
 * @param value what the device gave; NaN without an index
 * @param expected what it should have given; NaN without an index
 * @param error how far it is off, beyond what the expected value itself may be off; NaN without an index
 * @param bound what would be allowed; NaN without an index
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
     * In one line.
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
