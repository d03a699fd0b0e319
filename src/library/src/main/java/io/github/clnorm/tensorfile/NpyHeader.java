package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The header of a {@code .npy} file, formats 1.0, 2.0 and 3.0, as <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">NumPy describes it</a>: a magic string,
 * a version, a length, and the literal of a Python dictionary with {@code descr}, {@code fortran_order} and {@code
 * shape}. It accepts the headers that NumPy's reader accepts.
 *
 * <p>Like numpy.load, it ignores bytes after the data.
 */
record NpyHeader(NpyType type, boolean fortranOrder, long[] shape, long dataOffset) {

    /** Bytes that contain the length of the header. */
    static final int START_BYTES = 12;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** NumPy's limit, which protects its parser. */
    private static final int MAX_CHARACTERS = 10_000;

    private static final int MAX_BYTES_PER_CHARACTER = 4;
    private static final int ALIGNMENT = 64;
    private static final List<String> KEYS = List.of("descr", "fortran_order", "shape");

    /** Reads the description of a float tensor, and checks the size of the file. */
    static StoredTensor read(Specification file, NpyBytes content) throws IOException {
        NpyHeader header = header(file, content);
        StoredTensor tensor = header.tensor(file);
        header.checkSize(file, tensor.type().bytes(), content);
        return tensor;
    }

    /** Reads a header. The data may be incomplete. */
    static NpyHeader header(Specification file, NpyBytes content) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(START_BYTES);
        content.readAvailable(0, start);
        long end = end(file, start.flip(), content.size());
        int offset = offset(start);
        ByteBuffer text = ByteBuffer.allocate((int) (end - offset));
        content.read(offset, text);
        return parse(file, text.flip(), start.get(6), end);
    }

    private static int offset(ByteBuffer start) {
        return start.get(6) == 1 ? 10 : 12;
    }

    /** Computes the end of the header from a file's first bytes. */
    static long end(Specification file, ByteBuffer start, long size) {
        int available = start.remaining();
        start.order(ByteOrder.LITTLE_ENDIAN);
        if (available < MAGIC.length || !Arrays.equals(start.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new TensorFileException(
                    file,
                    "is not a .npy file: expected it to begin with \\x93NUMPY"
                            + (file.isNpyByName() || file.format() != Format.NPY
                                    ? ""
                                    : ", or a name that ends with .npz or .safetensors"));
        }
        if (available < 8) {
            throw truncated(file, 8, size);
        }
        int major = start.get(6) & 0xff;
        int minor = start.get(7) & 0xff;
        if (major < 1 || major > 3 || minor != 0) {
            throw new TensorFileException(
                    file, "has .npy format " + major + (minor == 0 ? "" : "." + minor) + ", expected 1, 2 or 3");
        }
        int offset = offset(start);
        if (available < offset) {
            throw truncated(file, offset, size);
        }
        long length = major == 1 ? start.getShort(8) & 0xffff : start.getInt(8) & 0xffffffffL;
        if (length > (major == 3 ? MAX_BYTES_PER_CHARACTER * MAX_CHARACTERS : MAX_CHARACTERS)) {
            throw tooLong(file, length, "bytes");
        }
        if (offset + length > size) {
            throw truncated(file, offset + length, size);
        }
        return offset + length;
    }

    private static TensorFileException tooLong(Specification file, long length, String unit) {
        return new TensorFileException(
                file, "has a header of " + length + " " + unit + ", expected at most " + MAX_CHARACTERS);
    }

    private static TensorFileException truncated(Specification file, long expected, long size) {
        return new TensorFileException(
                file, "is truncated: its header takes " + expected + " bytes, the file has " + size);
    }

    private static NpyHeader parse(Specification file, ByteBuffer bytes, int major, long dataOffset) {
        Charset charset = major == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        String text;
        try {
            text = charset.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new TensorFileException(file, "has a malformed header: it is not UTF-8", e);
        }
        int characters = text.codePointCount(0, text.length());
        if (characters > MAX_CHARACTERS) {
            throw tooLong(file, characters, "characters");
        }
        Map<?, ?> dictionary = dictionary(file, text, major < 3);
        for (String key : KEYS) {
            if (!dictionary.containsKey(key)) {
                throw new TensorFileException(file, "has no '" + key + "' in its header: " + Text.excerpt(text));
            }
        }
        if (dictionary.size() > KEYS.size()) {
            throw new TensorFileException(
                    file,
                    "has other keys than 'descr', 'fortran_order' and 'shape' in its header: " + Text.excerpt(text));
        }
        if (!(dictionary.get("fortran_order") instanceof Boolean fortranOrder)) {
            throw new TensorFileException(
                    file,
                    "has no readable 'fortran_order' in its header, expected True or False: " + Text.excerpt(text));
        }
        NpyType type = type(file, dictionary.get("descr"), text);
        return new NpyHeader(type, fortranOrder, shape(file, dictionary.get("shape"), text), dataOffset);
    }

    private static Map<?, ?> dictionary(Specification file, String text, boolean ofPython2) {
        String why = "";
        try {
            if (PythonLiteral.parse(text, ofPython2) instanceof Map<?, ?> dictionary) {
                return dictionary;
            }
        } catch (PythonLiteral.MalformedException e) {
            why = " (" + e.getMessage() + ")";
        }
        throw new TensorFileException(
                file, "has a malformed header, expected a dictionary" + why + ": " + Text.excerpt(text));
    }

    private static NpyType type(Specification file, Object descr, String text) {
        Object name = descr;
        // A sub-array without dimensions is its element.
        while (name instanceof PythonLiteral.Tuple pair
                && pair.elements().size() == 2
                && pair.elements().get(1).equals(new PythonLiteral.Tuple(List.of()))) {
            name = pair.elements().get(0);
        }
        if (name instanceof String string) {
            return new NpyType(string);
        }
        if (name instanceof PythonLiteral.Sequence || name instanceof PythonLiteral.Tuple) {
            throw new TensorFileException(file, "holds records, expected float16, float32 or float64");
        }
        throw new TensorFileException(file, "has no readable 'descr' in its header: " + Text.excerpt(text));
    }

    private static long[] shape(Specification file, Object value, String text) {
        if (!(value instanceof PythonLiteral.Tuple tuple)) {
            throw new TensorFileException(
                    file, "has no readable 'shape' in its header, expected a tuple: " + Text.excerpt(text));
        }
        List<Object> elements = tuple.elements();
        if (elements.size() > StoredTensor.MAX_DIMENSIONS) {
            throw new TensorFileException(
                    file, "has " + elements.size() + " dimensions, expected at most " + StoredTensor.MAX_DIMENSIONS);
        }
        long[] shape = new long[elements.size()];
        for (int i = 0; i < shape.length; i++) {
            if (!(elements.get(i) instanceof BigInteger dimension)
                    || dimension.signum() < 0
                    || dimension.bitLength() >= Long.SIZE) {
                throw new TensorFileException(
                        file, "has a malformed shape, expected whole numbers from 0 to 2^63-1: " + Text.excerpt(text));
            }
            shape[i] = dimension.longValue();
        }
        return shape;
    }

    private StoredTensor tensor(Specification file) {
        ElementType element = type.elementType();
        if (element == null) {
            throw new TensorFileException(
                    file,
                    "holds '" + Text.excerpt(type.name())
                            + "', expected float16, float32 or float64 ('<f2', '<f4', '<f8'), or bfloat16 ('<V2')");
        }
        bytes(file, element.bytes());
        return new StoredTensor(element, shape, fortranOrder, type.isBigEndian(), dataOffset);
    }

    /**
     * Where the data ends, for elements of a size. NumPy's arrays do not exceed 2^63-1 bytes, empty dimensions left
     * out.
     */
    long dataEnd(Specification file) {
        return dataOffset + bytes(file, Math.max(type.bytes(), 1));
    }

    private long bytes(Specification file, int elementBytes) {
        StoredTensor.bytes(
                file,
                elementBytes,
                Arrays.stream(shape).filter(dimension -> dimension != 0).toArray());
        return StoredTensor.bytes(file, elementBytes, shape);
    }

    /** As in numpy.load, bytes after the data are ignored. */
    private void checkSize(Specification file, int elementBytes, NpyBytes content) throws IOException {
        long available = content.size() - dataOffset;
        long bytes = bytes(file, elementBytes);
        if (bytes > available) {
            throw new TensorFileException(
                    file,
                    "is truncated: " + type + " of shape " + StoredTensor.text(shape) + " takes " + bytes
                            + " bytes after the header, " + content.noun() + " has " + available);
        }
    }

    /** Reads the description of a whole number, which is a tensor of one element. */
    static StoredNumber number(Specification file, NpyBytes content) throws IOException {
        NpyHeader header = header(file, content);
        if (!header.type.isInteger()) {
            throw StoredNumber.otherType(file, "'" + Text.excerpt(header.type.name()) + "'");
        }
        header.checkSize(file, header.type.bytes(), content);
        return new StoredNumber(
                header.type.bytes(),
                header.type.isSigned(),
                header.type.isBigEndian(),
                header.shape,
                header.dataOffset);
    }

    /** Writes the header of a float tensor, padded so that the data begins at a multiple of 64 bytes. */
    static byte[] write(ElementType type, long... shape) {
        // ml_dtypes' bfloat16 has no other name in a .npy file.
        return write((type == ElementType.BFLOAT16 ? "<V" : "<f") + type.bytes(), shape);
    }

    static byte[] write(String descr, long... shape) {
        StringBuilder dictionary = new StringBuilder("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.length; i++) {
            dictionary.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        dictionary.append(shape.length == 1 ? ",), }" : "), }");
        int headerOffset = MAGIC.length + 4;
        int used = headerOffset + dictionary.length() + 1;
        dictionary
                .append(" ".repeat((ALIGNMENT - used % ALIGNMENT) % ALIGNMENT))
                .append('\n');
        ByteBuffer header =
                ByteBuffer.allocate(headerOffset + dictionary.length()).order(ByteOrder.LITTLE_ENDIAN);
        header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) dictionary.length());
        header.put(dictionary.toString().getBytes(StandardCharsets.ISO_8859_1));
        return header.array();
    }
}
