package io.github.clnorm.tensorfile;

import com.fasterxml.jackson.core.JsonGenerator;
import io.github.clnorm.internal.json.JsonException;
import io.github.clnorm.internal.json.JsonWriter;
import io.github.clnorm.internal.json.StrictJson;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a {@code .safetensors} file, as <a href="https://huggingface.co/docs/safetensors">specified</a>: eight
 * bytes of length, then JSON that maps names to types, shapes and offsets in the data that follows.
 */
final class SafetensorsHeader {

    /** The key of the metadata, which is not a tensor. */
    static final String METADATA = "__metadata__";

    /** Bytes of the length in front of the JSON. */
    static final int LENGTH_BYTES = 8;

    private static final long UNKNOWN_SIZE = Long.MAX_VALUE;
    // A header may take 1/4 of the heap, and 1/2 together with the objects read from it.
    private static final int SHARE_OF_TEXT = 4;
    private static final int SHARE_OF_ALL = 2;
    // The reference implementation's limit.
    private static final long MAX_BYTES = 100_000_000;
    private static final int ALIGNMENT = 8;

    private final Map<String, SafetensorsEntry> tensors;
    private final String metadata;
    private final long dataOffset;

    private SafetensorsHeader(Map<String, SafetensorsEntry> tensors, String metadata, long dataOffset) {
        this.tensors = tensors;
        this.metadata = metadata;
        this.dataOffset = dataOffset;
    }

    static SafetensorsHeader read(Specification file, FileChannel channel) throws IOException {
        return read(file, channel, channel.size());
    }

    /** Reads a header before its data is complete. */
    static SafetensorsHeader readWithoutData(Specification file, FileChannel channel) throws IOException {
        return read(file, channel, UNKNOWN_SIZE);
    }

    private static SafetensorsHeader read(Specification file, FileChannel channel, long size) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(LENGTH_BYTES);
        Transfer.readAvailable(channel, 0, start);
        int length = length(file, start.flip(), channel.size());
        try {
            ByteBuffer text = ByteBuffer.allocate(length);
            Transfer.read(channel, LENGTH_BYTES, text);
            return parse(file, text.array(), size);
        } catch (OutOfMemoryError e) {
            // Other threads have allocated memory since.
            throw tooLarge(file, length, e);
        }
    }

    private static TensorFileException tooLarge(Specification file, long length, Throwable cause) {
        return new TensorFileException(
                file,
                "has a header of " + length + " bytes, which takes more than Java's memory of "
                        + (Runtime.getRuntime().maxMemory() >> 20) + " MiB allows",
                cause);
    }

    /** Reads the header of a file in memory. */
    static SafetensorsHeader read(Specification file, byte[] content) {
        int length = length(file, ByteBuffer.wrap(content), content.length);
        return parse(file, Arrays.copyOfRange(content, LENGTH_BYTES, LENGTH_BYTES + length), content.length);
    }

    /** Computes the end of the header from a file's first bytes. */
    static long end(Specification file, ByteBuffer start, long size) {
        return LENGTH_BYTES + length(file, start, size);
    }

    /** Reads the length of the JSON from a file's first bytes. */
    private static int length(Specification file, ByteBuffer start, long size) {
        if (start.remaining() < LENGTH_BYTES) {
            throw new TensorFileException(
                    file, "is truncated: a .safetensors file begins with 8 bytes of length, the file has " + size);
        }
        long length = start.order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        if (length < 0 || length > MAX_BYTES) {
            throw new TensorFileException(
                    file,
                    "is not a .safetensors file: it would have a header of " + Long.toUnsignedString(length)
                            + " bytes, expected at most " + MAX_BYTES);
        }
        if (length > size - LENGTH_BYTES) {
            throw new TensorFileException(
                    file, "is truncated: its header takes " + (LENGTH_BYTES + length) + " bytes, the file has " + size);
        }
        if (length > Runtime.getRuntime().maxMemory() / SHARE_OF_TEXT) {
            throw tooLarge(file, length, null);
        }
        return (int) length;
    }

    private static SafetensorsHeader parse(Specification file, byte[] text, long size) {
        // In the heap, an entry takes ten times the size of its text.
        long room = Runtime.getRuntime().maxMemory() / SHARE_OF_ALL - text.length;
        try {
            // The format allows no white space in front.
            if (text.length == 0 || text[0] != '{') {
                throw new JsonException("expected '{' at byte 0");
            }
            return parse(file, new StrictJson(text, room), LENGTH_BYTES + text.length, size);
        } catch (StrictJson.TooLargeException e) {
            throw tooLarge(file, text.length, e);
        } catch (JsonException e) {
            throw new TensorFileException(file, "has a malformed header: " + e.getMessage(), e);
        }
    }

    private static SafetensorsHeader parse(Specification file, StrictJson json, long dataOffset, long size) {
        Map<String, SafetensorsEntry> tensors = new LinkedHashMap<>();
        String metadata = null;
        long dataBytes = size == UNKNOWN_SIZE ? UNKNOWN_SIZE : size - dataOffset;
        json.beginObject();
        for (String key = json.nextKey(); key != null; key = json.nextKey()) {
            if (key.equals(METADATA)) {
                metadata = metadata(json);
                continue;
            }
            SafetensorsEntry tensor = SafetensorsEntry.read(key, json);
            if (tensor.end() > dataBytes) {
                throw new TensorFileException(
                        file,
                        "is truncated: tensor " + Text.name(key) + " ends at byte " + tensor.end()
                                + " of the data, the file has " + dataBytes);
            }
            tensors.put(key, tensor);
        }
        json.end();
        SafetensorsHeader header = new SafetensorsHeader(tensors, metadata, dataOffset);
        header.checkContiguous(file, dataBytes);
        return header;
    }

    /** Reads a map of strings to strings, or null. */
    private static String metadata(StrictJson json) {
        int start = json.position();
        if (json.skipNull()) {
            return null;
        }
        json.beginObject();
        while (json.nextKey() != null) {
            json.string();
        }
        return json.textSince(start);
    }

    /** Returns the named tensor, or the only one if there is no name. */
    StoredTensor find(Specification file) {
        SafetensorsEntry tensor = entry(file);
        ElementType type = tensor.type().elementType();
        if (type == null) {
            throw new TensorFileException(
                    file,
                    "tensor " + Text.name(tensor.name()) + " holds " + tensor.type()
                            + ", expected F16, BF16, F32 or F64");
        }
        // The library's limits are narrower than the format's.
        StoredTensor.bytes(file, type, tensor.shape());
        return new StoredTensor(type, tensor.shape(), false, false, dataOffset + tensor.begin());
    }

    /** Returns the named whole number. */
    StoredNumber number(Specification file) {
        SafetensorsEntry tensor = entry(file);
        SafetensorsType type = tensor.type();
        if (!type.isInteger()) {
            throw StoredNumber.otherType(file, type.name());
        }
        return new StoredNumber(
                type.bits() / Byte.SIZE, type.isSigned(), false, tensor.shape(), dataOffset + tensor.begin());
    }

    private SafetensorsEntry entry(Specification file) {
        return NamedTensors.pick(file, file.tensor(), tensors);
    }

    /** The offset in the file after the last tensor. */
    long dataEnd() {
        return dataOffset
                + tensors.values().stream()
                        .mapToLong(SafetensorsEntry::end)
                        .max()
                        .orElse(0);
    }

    Collection<SafetensorsEntry> tensors() {
        return tensors.values();
    }

    /** The raw JSON of the metadata; null if there is none. */
    String metadata() {
        return metadata;
    }

    long dataOffset() {
        return dataOffset;
    }

    /** Rejects gaps and overlaps: each byte of data must belong to exactly one tensor. */
    private void checkContiguous(Specification file, long dataBytes) {
        List<SafetensorsEntry> ordered = tensors.values().stream()
                .sorted(Comparator.comparingLong(SafetensorsEntry::begin).thenComparingLong(SafetensorsEntry::end))
                .toList();
        long at = 0;
        for (SafetensorsEntry tensor : ordered) {
            if (tensor.begin() != at) {
                throw new TensorFileException(
                        file,
                        "has a malformed header: tensor " + Text.name(tensor.name()) + " begins at byte "
                                + tensor.begin() + " of the data, expected " + at);
            }
            at = tensor.end();
        }
        if (at != dataBytes && dataBytes != UNKNOWN_SIZE) {
            throw new TensorFileException(
                    file,
                    "is too long: its tensors take " + at + " bytes of data, the file has "
                            + (file.isStream() ? "more" : dataBytes));
        }
    }

    /** Writes a header, padded so that the data begins at a multiple of 8 bytes. */
    static byte[] write(String metadata, List<SafetensorsEntry> tensors) throws IOException {
        StringWriter json = new StringWriter();
        try (JsonGenerator generator = JsonWriter.generator(json)) {
            generator.writeStartObject();
            if (metadata != null) {
                generator.writeFieldName(METADATA);
                generator.writeRawValue(metadata);
            }
            for (SafetensorsEntry tensor : tensors) {
                tensor.write(generator);
            }
            generator.writeEndObject();
        }
        byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        int padding = (ALIGNMENT - text.length % ALIGNMENT) % ALIGNMENT;
        if (text.length + padding > MAX_BYTES) {
            throw new IOException("its header would be longer than " + MAX_BYTES + " bytes");
        }
        ByteBuffer header =
                ByteBuffer.allocate(LENGTH_BYTES + text.length + padding).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(text.length + padding).put(text).put(" ".repeat(padding).getBytes(StandardCharsets.UTF_8));
        return header.array();
    }
}
