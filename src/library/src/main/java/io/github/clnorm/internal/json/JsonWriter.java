package io.github.clnorm.internal.json;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes JSON: the counterpart of what {@link JsonReader#value()} reads. */
public final class JsonWriter {

    // Above that a double does not hold every whole number.
    private static final double MOST_WHOLE = 0x1p53;

    private JsonWriter() {}

    /**
     * A value on one line.
     *
     * @param value a map, in its own order, a list, a string, a finite number, a boolean, or null
     * @return its text; whole numbers have no fraction
     * @throws IllegalArgumentException when it is something else
     */
    public static String text(Object value) {
        if (value instanceof Map<?, ?> members) {
            return members.entrySet().stream()
                    .map(member -> JsonReader.quote(member.getKey().toString()) + ": " + text(member.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof List<?> elements) {
            return elements.stream().map(JsonWriter::text).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof String string) {
            return JsonReader.quote(string);
        }
        if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long) {
            return String.valueOf(value);
        }
        if (value instanceof Double number && Double.isFinite(number)) {
            boolean whole = number == Math.rint(number) && Math.abs(number) <= MOST_WHOLE;
            return whole ? Long.toString(number.longValue()) : number.toString();
        }
        throw new IllegalArgumentException("JSON has no " + value);
    }
}
