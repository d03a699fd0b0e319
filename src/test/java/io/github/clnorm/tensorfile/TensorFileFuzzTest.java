package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Damaged files are read, or refused by a {@link TensorFileException}: no other exception comes out, and no more memory
 * is taken than the file's own size justifies.
 */
class TensorFileFuzzTest {

    private static final int FILES = 1500;
    private static final int MOST_DAMAGES = 4;
    /** What any file may take: a header, its text, its exception. */
    private static final long SMALL_CHANGE = 2 << 20;
    /** A byte of a float16 file in Fortran order becomes two of one array and two of another. */
    private static final long PER_BYTE = 4;
    private static final byte[] PYTHON =
            "{}()[]'\",:<>=|-LTrueFalsedescrshapef248 \n\0\t0123456789".getBytes(StandardCharsets.ISO_8859_1);
    private static final long[] LENGTHS = {0, 1, 117, 118, 119, 0x7fff, 0xffff, 1 << 20, 0x7fffffffL, 0x80000000L,
        0xfffffff4L, 0xffffffffL};

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    private Path folder;

    private static final List<byte[]> VALID = List.of(
            TestFiles.npy(new long[] {2, 3}, 1, 2, 3, 4, 5, 6),
            TestFiles.npy(1, "<f2", true, "(2, 3, 2)", TestFiles.halves(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
            TestFiles.npy(2, "<f8", false, "(3,)", TestFiles.doubles(1, 2, 3)),
            TestFiles.npy(3, "<f4", true, "(1L, 2L, 1L)", TestFiles.floats(1, 2)),
            TestFiles.npy(1, "<f4", false, "()", TestFiles.floats(1)),
            TestFiles.npy(2, "<f4", false, "(0, 3)", new byte[0]),
            TestFiles.npy(1, "{'shape':(1,),'descr':\"<f4\",'fortran_order':False}", TestFiles.floats(1)));

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void damagedFilesAreReadOrRefused(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int read = 0;
        for (int i = 0; i < FILES; i++) {
            byte[] bytes = VALID.get(random.nextInt(VALID.size()));
            int damages = random.nextInt(1, MOST_DAMAGES + 1);
            for (int d = 0; d < damages; d++) {
                bytes = damaged(bytes, random);
            }
            read += readOrRefused(bytes, "seed " + seed + ", file " + i) ? 1 : 0;
        }
        // Were all refused, the damage would be too great to get past the first check.
        assertTrue(read > FILES / 100 && read < FILES, read + " of " + FILES + " files were read");
    }

    @ParameterizedTest(name = "valid file {0}, every truncation")
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void truncatedFilesAreRefused(int which) {
        byte[] bytes = VALID.get(which);
        assertTrue(readOrRefused(bytes, "whole"), "the whole file must be readable");
        for (int length = 0; length < bytes.length; length++) {
            String what = "valid file " + which + " cut to " + length + " bytes";
            assertEquals(false, readOrRefused(Arrays.copyOf(bytes, length), what), what);
        }
    }

    private boolean readOrRefused(byte[] bytes, String what) {
        Path file = TestFiles.write(folder.resolve("x.npy"), bytes);
        long before = THREADS.getCurrentThreadAllocatedBytes();
        boolean read;
        try {
            TensorFile tensor = TensorFile.open(file);
            float[] values = tensor.readFloats();
            long count = Arrays.stream(tensor.shape()).anyMatch(d -> d == 0)
                    ? 0
                    : Arrays.stream(tensor.shape()).reduce(1, (a, b) -> a * b);
            assertEquals(count, values.length, what);
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

    private static byte[] damaged(byte[] bytes, SplittableRandom random) {
        if (bytes.length < 12) {
            return Arrays.copyOf(bytes, 12 + random.nextInt(200));
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(9)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> Arrays.copyOf(bytes, bytes.length + random.nextInt(1, 70));
            case 2 -> changed(bytes, at, (byte) (bytes[at] ^ 1 << random.nextInt(8)));
            case 3 -> changed(bytes, at, (byte) random.nextInt(256));
            case 4 -> changed(bytes, at, PYTHON[random.nextInt(PYTHON.length)]);
            case 5 -> digit(bytes, random);
            case 6 -> moved(bytes, at, random);
            case 7 -> length(bytes, LENGTHS[random.nextInt(LENGTHS.length)]);
            default -> without(bytes, at, random.nextInt(1, 5));
        };
    }

    private static byte[] changed(byte[] bytes, int at, byte value) {
        byte[] copy = bytes.clone();
        copy[at] = value;
        return copy;
    }

    /** Another digit in the place of a blank or a digit: other dimensions, larger ones, other types. */
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

    /** A piece written once more, over another place. */
    private static byte[] moved(byte[] bytes, int at, SplittableRandom random) {
        byte[] copy = bytes.clone();
        int to = random.nextInt(bytes.length);
        int count = Math.min(random.nextInt(1, 30), bytes.length - Math.max(at, to));
        System.arraycopy(bytes, at, copy, to, count);
        return copy;
    }

    private static byte[] length(byte[] bytes, long length) {
        byte[] copy = bytes.clone();
        for (int i = 0; i < (copy[6] == 1 ? 2 : 4); i++) {
            copy[8 + i] = (byte) (length >> 8 * i);
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
