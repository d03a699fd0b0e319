package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads ranges of stored elements. */
class ElementsTest {

    private static final int READS = 200;

    @TempDir
    private Path folder;

    static Stream<Arguments> tensors() {
        return Stream.of("<f2", "<f4", "<f8").flatMap(descr -> Stream.of(
                        new long[] {24},
                        new long[] {2, 3, 4},
                        new long[] {1, 5, 1, 3, 2},
                        new long[] {40, 1},
                        new long[] {1, 1})
                .flatMap(shape -> Stream.of(false, true).map(fortran -> Arguments.of(descr, shape, fortran))));
    }

    @ParameterizedTest(name = "{0} {1} Fortran order {2}")
    @MethodSource("tensors")
    void readsAnyRangeInCOrder(String descr, long[] shape, boolean fortran) {
        int size = descr.charAt(2) - '0';
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        SplittableRandom random = new SplittableRandom(count);
        byte[] inOrder = new byte[count * size];
        random.nextBytes(inOrder);
        byte[] stored = fortran ? toFortran(inOrder, shape, size) : inOrder;
        byte[] file = TestFiles.npy(1, descr, fortran, TestFiles.python(shape), stored);
        TensorFile tensor = TensorFile.open(TestFiles.write(folder.resolve("x.npy"), file));
        try (Elements elements = tensor.elements()) {
            for (int i = 0; i < READS; i++) {
                int first = random.nextInt(count + 1);
                int end = random.nextInt(first, count + 1);
                assertRange(elements, inOrder, first * size, end * size, size, random);
            }
        }
    }

    /**
     * Reads into heap and direct buffers of both byte orders, and checks that bytes around the range stay unchanged.
     */
    private static void assertRange(
            Elements elements, byte[] inOrder, int from, int to, int size, SplittableRandom random) {
        int before = random.nextInt(5);
        int capacity = before + (to - from) + random.nextInt(5);
        ByteBuffer target = random.nextBoolean() ? ByteBuffer.allocate(capacity) : ByteBuffer.allocateDirect(capacity);
        target.order(random.nextBoolean() ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        byte[] expected = new byte[capacity];
        System.arraycopy(inOrder, from, expected, before, to - from);
        target.position(before).limit(before + to - from);
        elements.read(from / size, target);
        assertEquals(target.limit(), target.position());
        assertEquals(before + to - from, target.limit());
        byte[] actual = new byte[capacity];
        target.clear().get(actual);
        assertArrayEquals(expected, actual);
    }

    private static byte[] toFortran(byte[] inOrder, long[] shape, int size) {
        byte[] stored = new byte[inOrder.length];
        for (int i = 0; i < inOrder.length / size; i++) {
            int rest = i;
            int[] index = new int[shape.length];
            for (int d = shape.length - 1; d >= 0; d--) {
                index[d] = rest % (int) shape[d];
                rest /= (int) shape[d];
            }
            int at = 0;
            for (int d = shape.length - 1; d >= 0; d--) {
                at = at * (int) shape[d] + index[d];
            }
            System.arraycopy(inOrder, i * size, stored, at * size, size);
        }
        return stored;
    }

    /** Reads a sparse file that is larger than the 1 GiB mapped at a time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsLargeFilesWithLittleMemory(boolean fortran) throws IOException {
        long columns = 140_000_003;
        String dictionary = "{'descr': '<f8', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': (2, "
                + columns + "), }";
        byte[] header = TestFiles.npy(1, TestFiles.padded(1, dictionary), new byte[0]);
        Path file = TestFiles.write(folder.resolve("x.npy"), header);
        double[] values = {1, 2, 3, 4, 5, 6};
        long[] at = {0, columns / 2, (1L << 26) + 1, columns, columns + (1L << 26), 2 * columns - 1};
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (int i = 0; i < at.length; i++) {
                long stored = fortran ? at[i] / columns + 2 * (at[i] % columns) : at[i];
                channel.write(ByteBuffer.wrap(TestFiles.doubles(values[i])), header.length + 8 * stored);
            }
        }
        try (Elements elements = TensorFile.open(file).elements()) {
            ByteBuffer three = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < at.length; i++) {
                long first = Math.max(0, Math.min(at[i] - 1, 2 * columns - 3));
                elements.read(first, three.clear());
                for (int j = 0; j < 3; j++) {
                    assertEquals(first + j == at[i] ? values[i] : 0, three.getDouble(8 * j), at[i] + " " + j);
                }
            }
        }
    }

    private Elements open(boolean fortran) {
        byte[] file = TestFiles.npy(1, "<f4", fortran, "(2, 3)", TestFiles.floats(1, 2, 3, 4, 5, 6));
        return TensorFile.open(TestFiles.write(folder.resolve("x.npy"), file)).elements();
    }

    @Test
    void rejectsRangesBeyondTheEnd() {
        for (boolean fortran : new boolean[] {false, true}) {
            try (Elements elements = open(fortran)) {
                assertThrows(IndexOutOfBoundsException.class, () -> elements.read(6, ByteBuffer.allocate(4)));
                assertThrows(IndexOutOfBoundsException.class, () -> elements.read(0, ByteBuffer.allocate(28)));
                assertThrows(IndexOutOfBoundsException.class, () -> elements.read(-1, ByteBuffer.allocate(4)));
                assertThrows(
                        IndexOutOfBoundsException.class, () -> elements.read(Long.MAX_VALUE, ByteBuffer.allocate(4)));
                assertThrows(IllegalArgumentException.class, () -> elements.read(0, ByteBuffer.allocate(5)));
                elements.read(6, ByteBuffer.allocate(0));
            }
        }
    }

    @Test
    void reportsATruncatedFileInOneLine() throws Exception {
        for (boolean fortran : new boolean[] {false, true}) {
            try (Elements elements = open(fortran)) {
                Path file = folder.resolve("x.npy");
                elements.read(0, ByteBuffer.allocate(24));
                TestFiles.write(file, Arrays.copyOf(Files.readAllBytes(file), 140));
                TensorFileException refusal =
                        assertThrows(TensorFileException.class, () -> elements.read(0, ByteBuffer.allocate(24)));
                TensorFileTest.assertOneLine(file, refusal, "became shorter");
            }
        }
    }

    @Test
    void reportsAClosedFileInOneLine() {
        Elements elements = open(false);
        elements.close();
        elements.close();
        TensorFileTest.assertOneLine(
                folder.resolve("x.npy"),
                assertThrows(TensorFileException.class, () -> elements.read(0, ByteBuffer.allocate(24))),
                "cannot be read");
    }

    @Test
    void anOpenFileIsUnaffectedByAReplacement() throws Exception {
        for (boolean fortran : new boolean[] {false, true}) {
            try (Elements elements = open(fortran);
                    TensorOutput output = new TensorOutput()) {
                output.write(folder.resolve("x.npy"), new float[] {7}, 1);
                output.commit();
                ByteBuffer first = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
                elements.read(5, first);
                assertEquals(6, first.getFloat(0));
            }
        }
    }
}
