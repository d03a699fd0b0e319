package io.github.clnorm.tensorfile;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
    // NumPy's own limit.
    private static final int MOST_DIMENSIONS = 64;

    private static final Pattern DICTIONARY = Pattern.compile("\\s*\\{(.*)}\\s*", Pattern.DOTALL);
    private static final Pattern DESCR = Pattern.compile("['\"]descr['\"]\\s*:\\s*(?:'([^']*)'|\"([^\"]*)\"|(\\[))");
    private static final Pattern ORDER = Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)\\b");
    private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^()]*)\\)");
    private static final Pattern DIMENSION = Pattern.compile("\\s*(\\d{1,18})L?\\s*");

    private NpyHeader() {}

    static TensorFile read(Path path, FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, start, 0);
        if (start.position() < MAGIC.length || !Arrays.equals(start.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new TensorFileException(path, "is not a .npy file: expected it to begin with \\x93NUMPY");
        }
        if (start.position() < 8) {
            throw truncated(path, 8, channel.size());
        }
        int major = start.get(6) & 0xff;
        if (major < 1 || major > 3) {
            throw new TensorFileException(path, "has .npy format " + major + ", expected 1, 2 or 3");
        }
        int lengthBytes = major == 1 ? 2 : 4;
        int headerOffset = 8 + lengthBytes;
        if (start.position() < headerOffset) {
            throw truncated(path, headerOffset, channel.size());
        }
        long length = major == 1 ? start.getShort(8) & 0xffff : start.getInt(8) & 0xffffffffL;
        if (length > LONGEST) {
            throw new TensorFileException(
                    path, "has a header of " + length + " bytes, expected at most " + LONGEST);
        }
        if (headerOffset + length > channel.size()) {
            throw truncated(path, headerOffset + length, channel.size());
        }
        ByteBuffer header = ByteBuffer.allocate((int) length);
        fill(channel, header, headerOffset);
        String text = new String(
                header.array(), 0, header.position(), major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return parse(path, text, headerOffset + length, channel.size());
    }

    private static TensorFile parse(Path path, String text, long dataOffset, long size) {
        Matcher dictionary = DICTIONARY.matcher(text);
        if (!dictionary.matches()) {
            throw new TensorFileException(path, "has a malformed header, expected a dictionary: " + excerpt(text));
        }
        ElementType type = type(path, find(path, DESCR, "descr", text));
        boolean fortranOrder = find(path, ORDER, "fortran_order", text).group(1).equals("True");
        long[] shape = shape(path, find(path, SHAPE, "shape", text).group(1));
        long bytes;
        try {
            bytes = Math.multiplyExact(Shapes.elements(shape), type.bytes());
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new TensorFileException(path, "has the impossible shape " + Shapes.text(shape) + ", expected at most 2^63-1 bytes", e);
        }
        if (bytes != size - dataOffset) {
            throw new TensorFileException(
                    path,
                    (bytes > size - dataOffset ? "is truncated: " : "is too long: ") + type + " of shape "
                            + Shapes.text(shape) + " takes " + bytes + " bytes after the header, the file has "
                            + (size - dataOffset));
        }
        return new TensorFile(path, type, shape, fortranOrder, dataOffset);
    }

    private static ElementType type(Path path, Matcher descr) {
        if (descr.group(3) != null) {
            throw new TensorFileException(path, "holds records, expected float16, float32 or float64");
        }
        String name = descr.group(1) != null ? descr.group(1) : descr.group(2);
        return switch (name) {
            case "<f2", "=f2" -> ElementType.FLOAT16;
            case "<f4", "=f4" -> ElementType.FLOAT32;
            case "<f8", "=f8" -> ElementType.FLOAT64;
            case ">f2", ">f4", ">f8" ->
                throw new TensorFileException(path, "is big-endian ('" + name + "'), expected little-endian floats");
            default ->
                throw new TensorFileException(
                        path, "holds '" + excerpt(name) + "', expected float16, float32 or float64 ('<f2', '<f4', '<f8')");
        };
    }

    private static long[] shape(Path path, String text) {
        if (text.isBlank()) {
            return new long[0];
        }
        String inner = text.strip();
        String[] parts = (inner.endsWith(",") ? inner.substring(0, inner.length() - 1) : inner).split(",", -1);
        if (parts.length > MOST_DIMENSIONS) {
            throw new TensorFileException(
                    path, "has " + parts.length + " dimensions, expected at most " + MOST_DIMENSIONS);
        }
        long[] shape = new long[parts.length];
        for (int i = 0; i < parts.length; i++) {
            Matcher dimension = DIMENSION.matcher(parts[i]);
            if (!dimension.matches()) {
                throw new TensorFileException(path, "has a malformed shape: (" + excerpt(text) + "), expected whole numbers from 0 to 10^18-1");
            }
            shape[i] = Long.parseLong(dimension.group(1));
        }
        return shape;
    }

    private static Matcher find(Path path, Pattern pattern, String key, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new TensorFileException(path, "has no readable '" + key + "' in its header: " + excerpt(text));
        }
        return matcher;
    }

    private static TensorFileException truncated(Path path, long expected, long size) {
        return new TensorFileException(
                path, "is truncated: its header takes " + expected + " bytes, the file has " + size);
    }

    private static void fill(FileChannel channel, ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining() && channel.read(buffer, position + buffer.position()) >= 0) {}
    }

    /** A piece of somebody's file, fit for one line. */
    private static String excerpt(String text) {
        String line = text.strip().replaceAll("[^\\x20-\\x7e]", "?");
        return line.length() > 80 ? line.substring(0, 80) + "..." : line;
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
