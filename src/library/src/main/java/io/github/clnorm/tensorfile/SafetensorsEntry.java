package io.github.clnorm.tensorfile;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.clnorm.internal.json.JsonException;
import io.github.clnorm.internal.json.StrictJson;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A tensor in the header of a {@code .safetensors} file.
 *
 * @param name its name
 * @param type the type of its elements
 * @param shape its dimensions, slowest first
 * @param begin the offset of its first byte in the data
 * @param end the offset after its last byte
 * @param others further members: raw JSON by key; the format defines none today
 */
record SafetensorsEntry(
        String name, SafetensorsType type, long[] shape, long begin, long end, Map<String, String> others) {

    /** Creates an entry for a new tensor at the beginning of the data. */
    static SafetensorsEntry of(String name, SafetensorsType type, long bytes, long... shape) {
        return new SafetensorsEntry(name, type, shape, 0, bytes, Map.of());
    }

    /** Reads the value of a tensor's name. */
    static SafetensorsEntry read(String name, StrictJson json) {
        String dtype = null;
        long[] shape = null;
        long[] offsets = null;
        Map<String, String> others = new LinkedHashMap<>();
        json.beginObject();
        for (String key = json.nextKey(); key != null; key = json.nextKey()) {
            switch (key) {
                case "dtype" -> dtype = json.string();
                case "shape" -> shape = json.wholeNumbers();
                case "data_offsets" -> offsets = json.wholeNumbers();
                default -> {
                    int start = json.position();
                    json.skip();
                    others.put(key, json.textSince(start));
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
        SafetensorsType type = SafetensorsType.of(dtype);
        if (type == null) {
            throw new JsonException("tensor " + Text.name(name) + " holds " + Text.excerpt(dtype)
                    + ", expected F16, BF16, F32, F64, I64 or another type of the format");
        }
        SafetensorsEntry tensor = new SafetensorsEntry(name, type, shape, offsets[0], offsets[1], others);
        tensor.checkBytes();
        return tensor;
    }

    /** Multiplies in 64 bits without sign, dimension by dimension, as the reference implementation does. */
    private void checkBytes() {
        long bits = 1;
        for (long dimension : shape) {
            bits = times(bits, dimension);
        }
        bits = times(bits, type.bits());
        if (bits % Byte.SIZE != 0) {
            throw new JsonException("tensor " + Text.name(name) + ", " + type + " of shape " + StoredTensor.text(shape)
                    + ", does not take a whole number of bytes");
        }
        long needed = Long.divideUnsigned(bits, Byte.SIZE);
        if (needed != bytes()) {
            throw new JsonException("tensor " + Text.name(name) + ", " + type + " of shape " + StoredTensor.text(shape)
                    + " takes " + needed + " bytes, data_offsets give " + bytes());
        }
    }

    private long times(long a, long b) {
        long high = Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
        if (high != 0) {
            throw new JsonException("tensor " + Text.name(name) + " has the impossible shape "
                    + StoredTensor.text(shape) + ", expected at most 2^64-1 bits");
        }
        return a * b;
    }

    long bytes() {
        return end - begin;
    }

    SafetensorsEntry movedTo(long newBegin) {
        return new SafetensorsEntry(name, type, shape, newBegin, newBegin + bytes(), others);
    }

    /** Writes a member of the header. */
    void write(JsonGenerator json) throws IOException {
        json.writeObjectFieldStart(name);
        json.writeStringField("dtype", type.name());
        writeNumbers(json, "shape", shape);
        writeNumbers(json, "data_offsets", begin, end);
        for (Map.Entry<String, String> other : others.entrySet()) {
            json.writeFieldName(other.getKey());
            json.writeRawValue(other.getValue());
        }
        json.writeEndObject();
    }

    private static void writeNumbers(JsonGenerator json, String name, long... numbers) throws IOException {
        json.writeFieldName(name);
        json.writeArray(numbers, 0, numbers.length);
    }
}
