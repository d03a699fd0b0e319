package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a {@code .npy} file, formats 1.0, 2.0 and 3.0, as <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">NumPy describes it</a>: a magic string, a
 * version, a length, and a Python dictionary with {@code descr}, {@code fortran_order} and {@code shape}.
 */
final class NpyHeader {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    // NumPy itself refuses headers above 10,000 characters unless told otherwise.
    private static final long LONGEST = 1 << 20;
    private static final int ALIGNMENT = 64;

    private static final Pattern DICTIONARY = Pattern.compile("\\s*\\{(.*)}\\s*", Pattern.DOTALL);
    private static final Pattern DESCR = Pattern.compile("['\"]descr['\"]\\s*:\\s*(?:'([^']*)'|\"([^\"]*)\"|(\\[))");
    private static final Pattern ORDER = Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)\\b");
    private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^()]*)\\)");
    private static final Pattern DIMENSION = Pattern.compile("\\s*(\\d{1,18})L?\\s*");

    private NpyHeader() {}

    static StoredTensor read(Specification file, FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        Transfer.readAvailable(channel, 0, start);
        if (start.position() < MAGIC.length || !Arrays.equals(start.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new TensorFileException(
                    file,
                    "is not a .npy file: expected it to begin with \\x93NUMPY"
                            + (file.isNpyByName() ? "" : ", or a name that ends with .safetensors"));
        }
        if (start.position() < 8) {
            throw truncated(file, 8, channel.size());
        }
        int major = start.get(6) & 0xff;
        if (major < 1 || major > 3) {
            throw new TensorFileException(file, "has .npy format " + major + ", expected 1, 2 or 3");
        }
        int lengthBytes = major == 1 ? 2 : 4;
        int headerOffset = 8 + lengthBytes;
        if (start.position() < headerOffset) {
            throw truncated(file, headerOffset, channel.size());
        }
        long length = major == 1 ? start.getShort(8) & 0xffff : start.getInt(8) & 0xffffffffL;
        if (length > LONGEST) {
            throw new TensorFileException(
                    file, "has a header of " + length + " bytes, expected at most " + LONGEST);
        }
        if (headerOffset + length > channel.size()) {
            throw truncated(file, headerOffset + length, channel.size());
        }
        ByteBuffer header = ByteBuffer.allocate((int) length);
        Transfer.readAvailable(channel, headerOffset, header);
        String text = new String(
                header.array(), 0, header.position(), major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return parse(file, text, headerOffset + length, channel.size());
    }

    private static StoredTensor parse(Specification file, String text, long dataOffset, long size) {
        Matcher dictionary = DICTIONARY.matcher(text);
        if (!dictionary.matches()) {
            throw new TensorFileException(file, "has a malformed header, expected a dictionary: " + Text.excerpt(text));
        }
        ElementType type = type(file, find(file, DESCR, "descr", text));
        boolean fortranOrder = find(file, ORDER, "fortran_order", text).group(1).equals("True");
        long[] shape = shape(file, find(file, SHAPE, "shape", text).group(1));
        long bytes = StoredTensor.bytes(file, type, shape);
        if (bytes != size - dataOffset) {
            throw new TensorFileException(
                    file,
                    (bytes > size - dataOffset ? "is truncated: " : "is too long: ") + type + " of shape "
                            + StoredTensor.text(shape) + " takes " + bytes + " bytes after the header, the file has "
                            + (size - dataOffset));
        }
        return new StoredTensor(type, shape, fortranOrder, dataOffset);
    }

    private static ElementType type(Specification file, Matcher descr) {
        if (descr.group(3) != null) {
            throw new TensorFileException(file, "holds records, expected float16, float32 or float64");
        }
        String name = descr.group(1) != null ? descr.group(1) : descr.group(2);
        return switch (name) {
            case "<f2", "=f2" -> ElementType.FLOAT16;
            case "<f4", "=f4" -> ElementType.FLOAT32;
            case "<f8", "=f8" -> ElementType.FLOAT64;
            case ">f2", ">f4", ">f8" ->
                throw new TensorFileException(file, "is big-endian ('" + name + "'), expected little-endian floats");
            default ->
                throw new TensorFileException(
                        file, "holds '" + Text.excerpt(name) + "', expected float16, float32 or float64 ('<f2', '<f4', '<f8')");
        };
    }

    private static long[] shape(Specification file, String text) {
        if (text.isBlank()) {
            return new long[0];
        }
        String inner = text.strip();
        String[] parts = (inner.endsWith(",") ? inner.substring(0, inner.length() - 1) : inner).split(",", -1);
        if (parts.length > StoredTensor.MOST_DIMENSIONS) {
            throw new TensorFileException(
                    file, "has " + parts.length + " dimensions, expected at most " + StoredTensor.MOST_DIMENSIONS);
        }
        long[] shape = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            Matcher dimension = DIMENSION.matcher(parts[i]);
            if (!dimension.matches()) {
                throw new TensorFileException(file, "has a malformed shape: (" + Text.excerpt(text) + "), expected whole numbers from 0 to 10^18-1");
            }
            shape[i] = Long.parseLong(dimension.group(1));
        }
        return shape;
    }

    private static Matcher find(Specification file, Pattern pattern, String key, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new TensorFileException(file, "has no readable '" + key + "' in its header: " + Text.excerpt(text));
        }
        return matcher;
    }

    private static TensorFileException truncated(Specification file, long expected, long size) {
        return new TensorFileException(
                file, "is truncated: its header takes " + expected + " bytes, the file has " + size);
    }

    /** A header, padded so that the data begins on a multiple of 64 bytes. */
    static byte[] write(ElementType type, long... shape) {
        StringBuilder dictionary = new StringBuilder("{'descr': '<f" + type.bytes() + "', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.length; i++) {
            dictionary.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        dictionary.append(shape.length == 1 ? ",), }" : "), }");
        int headerOffset = MAGIC.length + 4;
        int used = headerOffset + dictionary.length() + 1;
        dictionary.append(" ".repeat((ALIGNMENT - used % ALIGNMENT) % ALIGNMENT)).append('\n');
        ByteBuffer header = ByteBuffer.allocate(headerOffset + dictionary.length()).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) dictionary.length());
        header.put(dictionary.toString().getBytes(StandardCharsets.ISO_8859_1));
        return header.array();
    }
}
