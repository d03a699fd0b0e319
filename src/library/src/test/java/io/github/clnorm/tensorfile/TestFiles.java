package io.github.clnorm.tensorfile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Creates well-formed and malformed .npy and .safetensors files byte by byte, independent of the code under test. */
public final class TestFiles {

    private static final int ALIGNMENT = 64;

    private TestFiles() {}

    /** A .npy file with any version and header; the header's length is correct. */
    public static byte[] npy(int version, String header, byte[] data) {
        byte[] text = header.getBytes(version >= 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
        return npy(version, text.length, text, data);
    }

    /** A .npy file whose header's length may be wrong. */
    public static byte[] npy(int version, long length, byte[] header, byte[] data) {
        ByteBuffer start = ByteBuffer.allocate(version == 1 ? 10 : 12).order(ByteOrder.LITTLE_ENDIAN);
        start.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
        if (version == 1) {
            start.putShort((short) length);
        } else {
            start.putInt((int) length);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(start.array());
        file.writeBytes(header);
        file.writeBytes(data);
        return file.toByteArray();
    }

    /** A file with the header that NumPy writes. The shape is in Python syntax, for example {@code (2, 3)}. */
    public static byte[] npy(int version, String descr, boolean fortranOrder, String shape, byte[] data) {
        String dictionary = "{'descr': '" + descr + "', 'fortran_order': " + (fortranOrder ? "True" : "False")
                + ", 'shape': " + shape + ", }";
        return npy(version, padded(version, dictionary), data);
    }

    /** The same in format 1.0 and C order. */
    public static byte[] npy(String descr, String shape, byte[] data) {
        return npy(1, descr, false, shape, data);
    }

    /** A float32 file as NumPy writes it. */
    public static byte[] npy(long[] shape, float... values) {
        return npy("<f4", python(shape), floats(values));
    }

    /** A dictionary, padded so that the data begins at a multiple of 64 bytes. */
    public static String padded(int version, String dictionary) {
        int used = (version == 1 ? 10 : 12) + dictionary.length() + 1;
        return dictionary + " ".repeat((ALIGNMENT - used % ALIGNMENT) % ALIGNMENT) + "\n";
    }

    /** A shape as Python writes a tuple. */
    public static String python(long... shape) {
        String inner = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
        return "(" + inner + (shape.length == 1 ? ",)" : ")");
    }

    /** A .safetensors file with any header; the header's length is correct. */
    public static byte[] safetensors(String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        return safetensors(text.length, text, data);
    }

    /** A .safetensors file whose header's length may be wrong. */
    public static byte[] safetensors(long length, byte[] header, byte[] data) {
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return file.putLong(length).put(header).put(data).array();
    }

    /** A tensor in a .safetensors header; the name and the shape are JSON. */
    public static String entry(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
                + end + "]}";
    }

    /** A zip archive as Java writes it, of names and contents in turn, all stored or all deflated. */
    public static byte[] zip(int method, Object... namesAndContents) {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(archive)) {
            zip.setMethod(method);
            for (int i = 0; i < namesAndContents.length; i += 2) {
                byte[] content = (byte[]) namesAndContents[i + 1];
                CRC32 crc = new CRC32();
                crc.update(content);
                ZipEntry entry = new ZipEntry((String) namesAndContents[i]);
                entry.setSize(content.length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content);
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return archive.toByteArray();
    }

    /**
     * The bytes of a zip archive with one entry that begin at an offset in a file: its directory is in the form of ZIP64, with
     * all sizes and offsets in extra fields.
     */
    public static byte[] zip64(byte[] archive, long offset) {
        int central = indexOf(archive, 0x02014b50);
        int end = indexOf(archive, 0x06054b50);
        ByteBuffer old = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
        int packed = old.getInt(central + 20);
        int size = old.getInt(central + 24);
        ByteBuffer entry = ByteBuffer.allocate(end - central + 32).order(ByteOrder.LITTLE_ENDIAN);
        entry.put(archive, central, end - central);
        entry.putInt(20, -1).putInt(24, -1).putInt(42, -1).putShort(30, (short) 32);
        // An unknown field, which is skipped, and that of ZIP64.
        entry.putShort((short) 0x7875).putShort((short) 0).putShort((short) 1).putShort((short) 24);
        entry.putLong(size).putLong(packed).putLong(offset);
        ByteBuffer tail = ByteBuffer.allocate(56 + 20 + 22).order(ByteOrder.LITTLE_ENDIAN);
        tail.putInt(0x06064b50)
                .putLong(44)
                .putShort((short) 45)
                .putShort((short) 45)
                .putInt(0)
                .putInt(0);
        tail.putLong(1).putLong(1).putLong(entry.capacity()).putLong(offset + central);
        tail.putInt(0x07064b50)
                .putInt(0)
                .putLong(offset + central + entry.capacity())
                .putInt(1);
        tail.putInt(0x06054b50).putInt(0).putInt(-1).putInt(-1).putInt(-1).putShort((short) 0);
        return join(Arrays.copyOf(archive, central), entry.array(), tail.array());
    }

    /** Where a signature of zip begins. */
    public static int indexOf(byte[] bytes, int signature) {
        ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 4 <= bytes.length; at++) {
            if (all.getInt(at) == signature) {
                return at;
            }
        }
        throw new IllegalArgumentException("no such signature");
    }

    /** Joins arrays. */
    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    /** Little-endian float16 or bfloat16, given as bits. */
    public static byte[] halves(int... bits) {
        ByteBuffer data = ByteBuffer.allocate(2 * bits.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int half : bits) {
            data.putShort((short) half);
        }
        return data.array();
    }

    /** Little-endian float32. */
    public static byte[] floats(float... values) {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        return data.array();
    }

    /** Little-endian float64. */
    public static byte[] doubles(double... values) {
        ByteBuffer data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asDoubleBuffer().put(values);
        return data.array();
    }

    /** Creates a folder and returns it. */
    public static Path folder(Path folder) {
        try {
            return Files.createDirectory(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes bytes to a file and returns it. */
    public static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
