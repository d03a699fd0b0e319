package io.github.clnorm.tensorfile;

import io.github.clnorm.json.JsonException;
import io.github.clnorm.json.JsonReader;
import io.github.clnorm.type.ElementType;
import java.util.Arrays;

/**
 * A tensor in the header of a {@code .safetensors} file.
 *
 * @param name its name
 * @param dtype the type of its elements, one of ours or another
 * @param shape its dimensions, slowest first
 * @param begin where it begins in the data
 * @param end where it ends
 * @param others further members, as they are written in the file, each after a comma; none are known today
 */
record SafetensorsEntry(String name, String dtype, long[] shape, long begin, long end, String others) {

    /** The entry of a tensor of ours, which begins the data. */
    static SafetensorsEntry of(String name, ElementType type, long bytes, long... shape) {
        return new SafetensorsEntry(name, dtype(type), shape, 0, bytes, "");
    }

    /** Reads the value that follows a name. */
    static SafetensorsEntry read(String name, JsonReader json) {
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        StringBuilder others = new StringBuilder();
        json.beginObject();
        for (String key = json.nextKey(); key != null; key = json.nextKey()) {
            switch (key) {
                case "dtype" -> dtype = json.string();
                case "shape" -> shape = json.wholeNumbers();
                case "data_offsets" -> offsets = json.wholeNumbers();
                default -> {
                    int start = json.position();
                    json.skip();
                    others.append(',').append(JsonReader.quote(key)).append(':').append(json.textSince(start));
                }
            }
        }
        if (dtype == null || shape == null || offsets == null) {
            throw new JsonException("tensor " + Text.name(name) + " lacks "
                    + (dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets"));
        }
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw new JsonException("tensor " + Text.name(name) + " has data_offsets "
                    + Text.excerpt(Arrays.toString(offsets)) + ", expected [begin, end]");
        }
        return new SafetensorsEntry(name, dtype, shape, offsets[0], offsets[1], others.toString());
    }

    long bytes() {
        return end - begin;
    }

    SafetensorsEntry movedTo(long newBegin) {
        return new SafetensorsEntry(name, dtype, shape, newBegin, newBegin + bytes(), others);
    }

    String json() {
        return JsonReader.quote(name) + ":{\"dtype\":" + JsonReader.quote(dtype) + ",\"shape\":"
                + Arrays.toString(shape).replace(" ", "") + ",\"data_offsets\":[" + begin + "," + end + "]" + others + "}";
    }

    /** Our type; null for another. */
    ElementType type() {
        return switch (dtype) {
            case "F16" -> ElementType.FLOAT16;
            case "BF16" -> ElementType.BFLOAT16;
            case "F32" -> ElementType.FLOAT32;
            case "F64" -> ElementType.FLOAT64;
            default -> null;
        };
    }

    private static String dtype(ElementType type) {
        return switch (type) {
            case FLOAT16 -> "F16";
            case BFLOAT16 -> "BF16";
            case FLOAT32 -> "F32";
            case FLOAT64 -> "F64";
        };
    }

    /** The alignment that an element likes, by the bits in the name of its type; 1 for types of whole bytes or less. */
    int alignment() {
        String bits = dtype.replaceFirst("\\D*(\\d*).*", "$1");
        return switch (bits) {
            case "64" -> 8;
            case "32" -> 4;
            case "16" -> 2;
            default -> 1;
        };
    }
}
