package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The element type of a {@code .npy} file, by one of NumPy's names.
 *
 * <p>{@code V2}, two bytes of no type, is read as bfloat16: numpy.save writes an array of ml_dtypes' bfloat16 as {@code <V2},
 * or {@code >V2} if it is big-endian, and numpy.load makes {@code |V2} of both. No other type of ml_dtypes has two bytes.
 *
 * @param name for example {@code <f4} or {@code float32}
 */
record NpyType(String name) {

    // '|' means no byte order; NumPy reads it as the native one.
    private static final Pattern CODE = Pattern.compile("([<>=|]?)(?:([fiu])([1248])|([edf])|(V)2)");
    private static final Pattern INTEGER = Pattern.compile("(u?)int(8|16|32|64)");
    private static final Map<String, Integer> FLOATS = Map.of(
            "float16", 2, "half", 2, "e", 2, "float32", 4, "single", 4, "f", 4, "float64", 8, "double", 8, "float", 8,
            "d", 8);

    /** Kind, size in bytes, and byte order. */
    private record Description(char kind, int bytes, boolean bigEndian) {}

    private static final Description OTHER = new Description('?', 0, false);

    private Description layout() {
        Matcher code = CODE.matcher(name);
        if (code.matches()) {
            boolean bigEndian = code.group(1).equals(">");
            if (code.group(5) != null) {
                return new Description('V', 2, bigEndian);
            }
            return code.group(4) != null
                    ? new Description('f', FLOATS.get(code.group(4)), bigEndian)
                    : new Description(code.group(2).charAt(0), Integer.parseInt(code.group(3)), bigEndian);
        }
        Matcher integer = INTEGER.matcher(name);
        if (integer.matches()) {
            return new Description(
                    integer.group(1).isEmpty() ? 'i' : 'u', Integer.parseInt(integer.group(2)) / 8, false);
        }
        if (name.equals("bfloat16")) {
            return new Description('V', 2, false);
        }
        return FLOATS.containsKey(name) ? new Description('f', FLOATS.get(name), false) : OTHER;
    }

    /** Bytes of an element; 0 for an unsupported type. */
    int bytes() {
        return layout().bytes;
    }

    boolean isBigEndian() {
        return layout().bigEndian;
    }

    boolean isInteger() {
        return layout().kind == 'i' || layout().kind == 'u';
    }

    boolean isSigned() {
        return layout().kind == 'i';
    }

    /** The library's type; null for an unsupported type. */
    ElementType elementType() {
        if (layout().kind == 'V') {
            return ElementType.BFLOAT16;
        }
        if (layout().kind != 'f') {
            return null;
        }
        return switch (bytes()) {
            case 2 -> ElementType.FLOAT16;
            case 4 -> ElementType.FLOAT32;
            case 8 -> ElementType.FLOAT64;
            default -> null;
        };
    }

    @Override
    public String toString() {
        ElementType type = elementType();
        return type == null ? "'" + Text.excerpt(name) + "'" : type.toString();
    }
}
