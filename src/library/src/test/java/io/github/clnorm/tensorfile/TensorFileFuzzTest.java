package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A damaged file is read, or rejected with a {@link TensorFileException}: no other exception is thrown, and memory is
 * proportional to the size of the file.
 */
@Tag("slow")
class TensorFileFuzzTest {

    private static final int FILES = 1000;
    /** Fewer, because each is flushed to the storage device. */
    private static final int WRITTEN_FILES = 200;

    private static final int SEEDS = 4;
    private static final int MOST_DAMAGES = 4;
    /** Allowance for any file: its header, text and exception. */
    private static final long SMALL_CHANGE = 2 << 20;
    /** A byte of a float16 file becomes two bytes of floats and four of doubles. */
    private static final long PER_BYTE = 6;

    private static final byte[] SIGNS =
            "{}()[]'\",:<>=|-LTrueFalsedescrshapef248 \n\0\t0123456789\\uBdty".getBytes(StandardCharsets.ISO_8859_1);
    private static final long[] LENGTHS = {
        0,
        1,
        117,
        118,
        119,
        0x7fff,
        0xffff,
        1 << 20,
        0x7fffffffL,
        0x80000000L,
        0xfffffff4L,
        0xffffffffL,
        100_000_000,
        100_000_001,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1
    };

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private static final List<byte[]> NPY = List.of(
            TestFiles.npy(new long[] {2, 3}, 1, 2, 3, 4, 5, 6),
            TestFiles.npy(1, "<f2", true, "(2, 3, 2)", TestFiles.halves(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
            TestFiles.npy(2, "<f8", false, "(3,)", TestFiles.doubles(1, 2, 3)),
            TestFiles.npy(2, "<f4", true, "(1L, 2L, 1L)", TestFiles.floats(1, 2)),
            TestFiles.npy(1, "<f4", false, "()", TestFiles.floats(1)),
            TestFiles.npy(2, "<f4", false, "(0, 3)", new byte[0]),
            TestFiles.npy(1, "{'shape':(1,),'descr':\"<f4\",'fortran_order':False}", TestFiles.floats(1)));

    private static final List<byte[]> SAFETENSORS = List.of(
            TestFiles.safetensors("{" + TestFiles.entry("x", "F32", "[2,3]", 0, 24) + "}   ", new byte[24]),
            TestFiles.safetensors("{" + TestFiles.entry("x", "F16", "[]", 0, 2) + "}", new byte[2]),
            TestFiles.safetensors(
                    "{\"__metadata__\":{\"format\":\"pt\",\"\\u00e9\":\"\\n\"},"
                            + TestFiles.entry("y", "I64", "[1,1]", 0, 8) + ","
                            + TestFiles.entry("\\u0078", "BF16", "[4]", 8, 16)
                            + "}",
                    new byte[16]),
            TestFiles.safetensors(
                    "{\"x\":{\"data_offsets\":[0,8],\"other\":[1.5e3,{\"a\":null}],\"dtype\":\"F64\",\"shape\":[1]}}",
                    new byte[8]));

    private static final List<byte[]> NPZ = List.of(
            TestFiles.zip(ZipEntry.STORED, "x.npy", TestFiles.npy(new long[] {2, 3}, 1, 2, 3, 4, 5, 6)),
            TestFiles.zip(ZipEntry.DEFLATED, "x.npy", TestFiles.npy("<f8", "(3,)", TestFiles.doubles(1, 2, 3))),
            TestFiles.zip(ZipEntry.STORED, "a", new byte[9], "x.npy", NPY.get(1), "y.npy", NPY.get(0)),
            TestFiles.zip64(TestFiles.zip(ZipEntry.DEFLATED, "x.npy", NPY.get(2)), 0));

    /** A format: the name of its files, and some well-formed files. */
    private enum Format {
        NPY("x.npy", "", TensorFileFuzzTest.NPY),
        NPZ("x.npz", "#x", TensorFileFuzzTest.NPZ),
        SAFETENSORS("x.safetensors", "#x", TensorFileFuzzTest.SAFETENSORS);

        private final String name;
        private final String tensor;
        private final List<byte[]> valid;

        Format(String name, String tensor, List<byte[]> valid) {
            this.name = name;
            this.tensor = tensor;
            this.valid = valid;
        }
    }

    /** Loads the classes of all formats, whose memory is not the files'. */
    @BeforeEach
    void readsAllFormats() {
        for (Format format : Format.values()) {
            for (byte[] bytes : format.valid) {
                TensorFile.open(TestFiles.write(folder.resolve(format.name), bytes) + format.tensor)
                        .readDoubles();
            }
        }
    }

    static Stream<Arguments> seeds() {
        return Stream.of(Format.values())
                .flatMap(format -> LongStream.rangeClosed(1, SEEDS).mapToObj(seed -> Arguments.of(format, seed)));
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("seeds")
    void readsOrRejectsDamagedFiles(Format format, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int read = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = format.valid.get(random.nextInt(format.valid.size()));
            int damages = random.nextInt(1, MOST_DAMAGES + 1);
            for (int d = 0; d < damages; d++) {
                bytes = damaged(format, bytes, random);
            }
            read += readOrRefused(format, bytes, "seed " + seed + ", file " + i) ? 1 : 0;
        }
        // If all were rejected, the damage would be too large to test more than the first check.
        assertTrue(read > FILES / 200 && read < FILES, read + " of " + FILES + " files were read");
    }

    @ParameterizedTest
    @EnumSource
    void rejectsTruncatedFiles(Format format) {
        for (byte[] bytes : format.valid) {
            String which = "valid file " + format.valid.indexOf(bytes);
            assertTrue(readOrRefused(format, bytes, which), which + " must be readable");
            for (int length = 0; length < bytes.length; length++) {
                String what = which + " cut to " + length + " bytes";
                assertFalse(readOrRefused(format, Arrays.copyOf(bytes, length), what), what);
            }
        }
    }

    /** A damaged file stays unchanged, or a tensor is added and the others stay. */
    @ParameterizedTest(name = "{0}, seed {1}")
    @CsvSource({"NPZ,1", "NPZ,2", "SAFETENSORS,1", "SAFETENSORS,2"})
    void doesNotDamageFilesFurther(Format format, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        Path file = folder.resolve(format.name);
        int added = 0;
        for (int i = 0; i < WRITTEN_FILES; i++) {
            byte[] bytes = damaged(format, format.valid.get(random.nextInt(format.valid.size())), random);
            TestFiles.write(file, bytes);
            double[] before = valuesOrNull(file + format.tensor);
            try (TensorOutput output = new TensorOutput()) {
                output.write(file + "#new", ElementType.FLOAT16, new float[] {1, 2, 3}, 3);
                output.commit();
                added++;
            } catch (TensorFileException e) {
                TensorFileTest.assertOneLine(file + "#new", e, "cannot be added to");
                assertArrayEquals(bytes, Files.readAllBytes(file));
                continue;
            }
            assertArrayEquals(
                    new float[] {1, 2, 3}, TensorFile.open(file + "#new").readFloats());
            assertArrayEquals(before, valuesOrNull(file + format.tensor), "seed " + seed + ", file " + i);
            if (format == Format.SAFETENSORS) {
                // Compares the size of the data, because the damage may have changed the old tensors.
                assertEquals(dataBytes(bytes) + 6, dataBytes(Files.readAllBytes(file)), "seed " + seed + ", file " + i);
            }
        }
        assertTrue(
                added > WRITTEN_FILES / 100 && added < WRITTEN_FILES,
                added + " of " + WRITTEN_FILES + " files were added to");
    }

    private static double[] valuesOrNull(String specification) {
        try {
            return TensorFile.open(specification).readDoubles();
        } catch (TensorFileException e) {
            return null;
        }
    }

    private static long dataBytes(byte[] file) {
        return file.length
                - 8
                - ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private boolean readOrRefused(Format format, byte[] bytes, String what) {
        String file = TestFiles.write(folder.resolve(format.name), bytes) + format.tensor;
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean read;
        try {
            TensorFile tensor = TensorFile.open(file);
            float[] values = tensor.readFloats();
            double[] doubles = tensor.readDoubles();
            long count = Arrays.stream(tensor.shape()).anyMatch(d -> d == 0)
                    ? 0
                    : Arrays.stream(tensor.shape()).reduce(1, (a, b) -> a * b);
            assertEquals(count, values.length, what);
            assertEquals(count, doubles.length, what);
            read = true;
        } catch (TensorFileException e) {
            TensorFileTest.assertOneLine(file, e);
            read = false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what + ": " + e + " from " + new String(bytes, StandardCharsets.ISO_8859_1), e);
        }
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before;
        assertTrue(
                taken <= SMALL_CHANGE + PER_BYTE * bytes.length,
                what + ": " + bytes.length + " bytes made the reader take " + taken);
        return read;
    }

    private static byte[] damaged(Format format, byte[] bytes, SplittableRandom random) {
        if (bytes.length < 12) {
            return Arrays.copyOf(bytes, 12 + random.nextInt(200));
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(9)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 70));
            case 2 -> changed(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 3 -> changed(bytes, at, (byte) random.nextInt(256));
            case 4 -> changed(bytes, at, SIGNS[random.nextInt(SIGNS.length)]);
            case 5 -> digit(bytes, random);
            case 6 -> moved(bytes, at, random);
            case 7 -> length(format, bytes, LENGTHS[random.nextInt(LENGTHS.length)]);
            default -> without(bytes, at, random.nextInt(1, 5));
        };
    }

    private static byte[] changed(byte[] bytes, int at, byte value) {
        byte[] copy = bytes.clone();
        copy[at] = value;
        return copy;
    }

    /** Replaces digits: other dimensions, larger ones, other types. */
    private static byte[] digit(byte[] bytes, SplittableRandom random) {
        int from = random.nextInt(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            int at = (from + i) % bytes.length;
            if (bytes[at] >= '0' && bytes[at] <= '9') {
                int run = random.nextInt(4) == 0 ? Math.min(20, bytes.length - at) : 1;
                byte[] copy = bytes.clone();
                Arrays.fill(copy, at, at + run, (byte) ('0' + random.nextInt(10)));
                return copy;
            }
        }
        return bytes;
    }

    /** Copies a piece over another. */
    private static byte[] moved(byte[] bytes, int at, SplittableRandom random) {
        byte[] copy = bytes.clone();
        int to = random.nextInt(bytes.length);
        int count = Math.min(random.nextInt(1, 30), bytes.length - Math.max(at, to));
        System.arraycopy(bytes, at, copy, to, count);
        return copy;
    }

    private static byte[] length(Format format, byte[] bytes, long length) {
        byte[] copy = bytes.clone();
        if (format == Format.NPZ) {
            // Sizes and offsets are in the records of the directory.
            int from = copy.length - 12 - (int) (length & 63);
            for (int i = 0; from > 0 && i < 4; i++) {
                copy[from + i] = (byte) (length >> 8 * i);
            }
            return copy;
        }
        boolean npy = format == Format.NPY;
        int count = !npy ? 8 : copy[6] == 1 ? 2 : 4;
        for (int i = 0; i < count; i++) {
            copy[(npy ? 8 : 0) + i] = (byte) (length >> 8 * i);
        }
        return copy;
    }

    private static byte[] without(byte[] bytes, int at, int count) {
        int gone = Math.min(count, bytes.length - at);
        byte[] copy = Arrays.copyOf(bytes, bytes.length - gone);
        System.arraycopy(bytes, at + gone, copy, at, bytes.length - at - gone);
        return copy;
    }
}
