package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.doubles;
import static io.github.clnorm.tensorfile.TestFiles.floats;
import static io.github.clnorm.tensorfile.TestFiles.halves;
import static io.github.clnorm.tensorfile.TestFiles.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads .npy files, and checks the messages about malformed ones. */
class TensorFileTest {

    private static final String FLOATS = "expected float16, float32 or float64";
    /** Characters of a message besides the path: it must fit in a line of a terminal. */
    private static final int LONGEST_PROBLEM = 300;

    @TempDir
    private Path folder;

    private TensorFile open(byte[] bytes) {
        return TensorFile.open(TestFiles.write(folder.resolve("x.npy"), bytes));
    }

    // Well-formed files.

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void readsEveryFormat(int version) {
        TensorFile file = open(npy(version, "<f4", false, "(2, 3)", floats(1, 2, 3, 4, 5, 6)));
        assertEquals(folder.resolve("x.npy"), file.path());
        assertEquals(ElementType.FLOAT32, file.type());
        assertArrayEquals(new long[] {2, 3}, file.shape());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, file.readFloats());
    }

    @Test
    void readsFloat32BitForBit() {
        float[] values = {
            0,
            -0f,
            Float.MIN_VALUE,
            -Float.MIN_NORMAL,
            Float.MAX_VALUE,
            1 / 3f,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN
        };
        Errors.assertSameBits(values, open(npy(new long[] {9}, values)).readFloats(), "float32");
    }

    @Test
    void readsFloat64BitForBitAsDoubles() {
        double[] values = {
            0.1, -1 / 3.0, 1e300, Double.MIN_VALUE, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, Double.MAX_VALUE
        };
        assertArrayEquals(values, open(npy("<f8", "(8,)", doubles(values))).readDoubles());
    }

    @Test
    void readsOtherTypesAsDoublesExactly() {
        assertArrayEquals(
                new double[] {0.1f, Float.MIN_VALUE, -0.0, Float.MAX_VALUE},
                open(npy(new long[] {4}, 0.1f, Float.MIN_VALUE, -0f, Float.MAX_VALUE))
                        .readDoubles());
        assertArrayEquals(
                new double[] {1, -65504, Double.POSITIVE_INFINITY, 0x1p-24},
                open(npy("<f2", "(4,)", halves(0x3c00, 0xfbff, 0x7c00, 1))).readDoubles());
    }

    @Test
    void roundsFloat64ToTheNearestFloat32() {
        double[] values = {0.1, -1 / 3.0, 1e300, -1e300, 1e-60, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, 16777217};
        float[] expected = {
            0.1f,
            -1 / 3f,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            0,
            -0f,
            Float.NaN,
            Float.NEGATIVE_INFINITY,
            16777216
        };
        TensorFile file = open(npy("<f8", "(9,)", doubles(values)));
        assertEquals(ElementType.FLOAT64, file.type());
        Errors.assertSameBits(expected, file.readFloats(), "float64");
    }

    @Test
    void readsSpecialValuesOfFloat16() {
        int[] bits = {
            0x0000, 0x8000, 0x0001, 0x8001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0x7bff, 0xfbff, 0x7c00, 0xfc00, 0x7e00
        };
        float[] expected = {
            0,
            -0f,
            0x1p-24f,
            -0x1p-24f,
            0x3ffp-24f,
            0x1p-14f,
            1,
            0.33325195f,
            65504,
            -65504,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN
        };
        TensorFile file = open(npy("<f2", "(13,)", halves(bits)));
        assertEquals(ElementType.FLOAT16, file.type());
        Errors.assertSameBits(expected, file.readFloats(), "float16");
    }

    @Test
    void readsEveryFloat16() {
        int[] bits = IntStream.range(0, 1 << 16).toArray();
        float[] expected = new float[bits.length];
        for (int half : bits) {
            expected[half] = (float) value(half);
        }
        Errors.assertSameBits(
                expected, open(npy("<f2", "(65536,)", halves(bits))).readFloats(), "float16");
    }

    /** IEEE 754's definition of binary16. */
    private static double value(int half) {
        double sign = half >> 15 == 0 ? 1 : -1;
        int exponent = half >> 10 & 31;
        double fraction = (half & 1023) / 1024.0;
        if (exponent == 31) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return sign * (exponent == 0 ? Math.scalb(fraction, -14) : Math.scalb(1 + fraction, exponent - 15));
    }

    static Stream<long[]> fortranShapes() {
        return Stream.of(
                new long[] {5},
                new long[] {2, 3},
                new long[] {7, 1},
                new long[] {2, 3, 4},
                new long[] {3, 2, 1, 4, 5},
                new long[] {0, 3, 2});
    }

    @ParameterizedTest
    @MethodSource("fortranShapes")
    void readsFortranOrderInTheRightOrder(long[] shape) {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        float[] expected = new float[count];
        float[] stored = new float[count];
        for (int i = 0; i < count; i++) {
            expected[i] = i;
            stored[fortranIndex(i, shape)] = i;
        }
        for (String descr : List.of("<f4", "<f8")) {
            byte[] data = descr.equals("<f4")
                    ? floats(stored)
                    : doubles(IntStream.range(0, count)
                            .mapToDouble(i -> stored[i])
                            .toArray());
            TensorFile file = open(npy(1, descr, true, TestFiles.python(shape), data));
            assertArrayEquals(shape, file.shape());
            assertArrayEquals(expected, file.readFloats(), descr);
        }
    }

    /** Converts an index in C order to the index in Fortran order. */
    private static int fortranIndex(int index, long[] shape) {
        int rest = index;
        int[] position = new int[shape.length];
        for (int i = shape.length - 1; i >= 0; i--) {
            position[i] = rest % (int) shape[i];
            rest /= (int) shape[i];
        }
        int at = 0;
        for (int i = shape.length - 1; i >= 0; i--) {
            at = at * (int) shape[i] + position[i];
        }
        return at;
    }

    @Test
    void readsAScalar() {
        TensorFile file = open(npy("<f4", "()", floats(7)));
        assertArrayEquals(new long[0], file.shape());
        assertArrayEquals(new float[] {7}, file.readFloats());
    }

    @ParameterizedTest
    @ValueSource(strings = {"(5,)", "(5 , )", "(5L,)", "( 5,)"})
    void readsOneDimension(String shape) {
        TensorFile file = open(npy("<f4", shape, floats(1, 2, 3, 4, 5)));
        assertArrayEquals(new long[] {5}, file.shape());
        assertArrayEquals(new float[] {1, 2, 3, 4, 5}, file.readFloats());
    }

    @Test
    void readsAnEmptyTensor() {
        TensorFile file = open(npy("<f4", "(0, 3)", new byte[0]));
        assertArrayEquals(new long[] {0, 3}, file.shape());
        assertEquals(0, file.readFloats().length);
    }

    @Test
    void readsShapesOfPython2() {
        TensorFile file = open(npy("<f4", "(2L, 3L)", floats(1, 2, 3, 4, 5, 6)));
        assertArrayEquals(new long[] {2, 3}, file.shape());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2,)}",
                "{'shape':(2,),'fortran_order':False,'descr':'<f4'}",
                "  {'descr' : '=f4',\n 'fortran_order' : False,\n 'shape' : (2,), }  \n\n"
            })
    void readsDictionariesInAnyStyle(String header) {
        assertArrayEquals(new float[] {1, 2}, open(npy(1, header, floats(1, 2))).readFloats());
    }

    @ParameterizedTest
    @ValueSource(strings = {"<f2", "<f4", "<f8"})
    void readsMoreThanOnePiece(String descr) {
        // Files are read in pieces of 1 MiB. This file has several, and ends inside one.
        int count = 600_011;
        float[] expected = new float[count];
        for (int i = 0; i < count; i++) {
            expected[i] = i % 2048;
        }
        byte[] data =
                switch (descr) {
                    case "<f2" -> halves(
                            IntStream.range(0, count).map(i -> half(i % 2048)).toArray());
                    case "<f4" -> floats(expected);
                    default -> doubles(
                            IntStream.range(0, count).mapToDouble(i -> i % 2048).toArray());
                };
        assertArrayEquals(expected, open(npy(descr, "(" + count + ",)", data)).readFloats());
    }

    /** The float16 bits of a whole number, which must be exact. */
    private static int half(int value) {
        if (value == 0) {
            return 0;
        }
        int exponent = 31 - Integer.numberOfLeadingZeros(value);
        return exponent + 15 << 10 | (value << 10 - exponent) - 1024;
    }

    @Test
    void shapesAreCopies() {
        TensorFile file = open(npy(new long[] {2}, 1, 2));
        file.shape()[0] = 77;
        assertArrayEquals(new long[] {2}, file.shape());
    }

    // Malformed files.

    /** A malformed file, and the texts that the message must contain. */
    private record Malformed(String name, byte[] bytes, String... says) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Malformed header(String name, String header, String... says) {
        return new Malformed(name, npy(1, header, floats(1, 2)), says);
    }

    private static Malformed type(String descr, String... says) {
        return new Malformed("type " + descr, npy(descr, "(2,)", new byte[8]), says);
    }

    private static Malformed shape(String shape, String... says) {
        return new Malformed("shape " + shape, npy("<f8", shape, new byte[8]), says);
    }

    static Stream<Malformed> malformed() {
        byte[] good = npy(new long[] {2}, 1, 2);
        byte[] dictionary = "{}".getBytes(StandardCharsets.ISO_8859_1);
        return Stream.of(
                new Malformed("empty file", new byte[0], "not a .npy file", "expected"),
                new Malformed(
                        "another format",
                        "PK\3\4 a zip archive".getBytes(StandardCharsets.ISO_8859_1),
                        "not a .npy file",
                        "expected"),
                new Malformed("cut in the magic string", Arrays.copyOf(good, 5), "not a .npy file", "expected"),
                new Malformed("cut before the version", Arrays.copyOf(good, 6), "truncated", "the file has 6"),
                new Malformed("cut in the version", Arrays.copyOf(good, 7), "truncated", "the file has 7"),
                new Malformed(
                        "cut before the length", Arrays.copyOf(good, 8), "truncated", "10 bytes", "the file has 8"),
                new Malformed("cut in the length", Arrays.copyOf(good, 9), "truncated", "10 bytes", "the file has 9"),
                new Malformed(
                        "cut in the length of format 2",
                        Arrays.copyOf(npy(2, "{}", dictionary), 11),
                        "truncated",
                        "12 bytes",
                        "the file has 11"),
                new Malformed(
                        "cut in the header", Arrays.copyOf(good, 40), "truncated", "128 bytes", "the file has 40"),
                new Malformed(
                        "cut in the data",
                        Arrays.copyOf(good, good.length - 1),
                        "truncated",
                        "float32",
                        "[2]",
                        "takes 8 bytes",
                        "the file has 7"),
                new Malformed("without data", Arrays.copyOf(good, 128), "truncated", "takes 8 bytes", "the file has 0"),
                new Malformed("format 0", npy(0, "{}", dictionary), "format 0", "expected 1, 2 or 3"),
                new Malformed("format 4", npy(4, "{}", dictionary), "format 4", "expected 1, 2 or 3"),
                new Malformed("format 255", npy(255, "{}", dictionary), "format 255", "expected 1, 2 or 3"),
                new Malformed(
                        "header of 2^32-16 bytes",
                        npy(2, 0xfffffff0L, dictionary, new byte[8]),
                        "4294967280",
                        "expected at most"),
                new Malformed(
                        "header of 2^31 bytes",
                        npy(3, 0x80000000L, dictionary, new byte[8]),
                        "2147483648",
                        "expected at most"),
                new Malformed(
                        "header longer than the file",
                        npy(1, 9999, dictionary, new byte[8]),
                        "truncated",
                        "10009 bytes",
                        "the file has 20"),
                header("no header", "", "expected a dictionary"),
                header("header of blanks", " ".repeat(9000) + "\n", "expected a dictionary"),
                header("header that is a list", "['descr', '<f4']", "expected a dictionary", "['descr', '<f4']"),
                header(
                        "header that does not end",
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)",
                        "expected a dictionary"),
                header("header of control characters", "\n\r\u0007\u001b[31m\u0000", "expected a dictionary"),
                header("empty dictionary", "{}", "'descr'"),
                header("no descr", "{'fortran_order': False, 'shape': (2,), }", "'descr'"),
                header("no fortran_order", "{'descr': '<f4', 'shape': (2,), }", "'fortran_order'"),
                header("no shape", "{'descr': '<f4', 'fortran_order': False, }", "'shape'"),
                header("descr that is a number", "{'descr': 4, 'fortran_order': False, 'shape': (2,), }", "'descr'"),
                header(
                        "fortran_order that is a number",
                        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }",
                        "'fortran_order'"),
                header("shape that is a number", "{'descr': '<f4', 'fortran_order': False, 'shape': 2, }", "'shape'"),
                header("shape that does not end", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, }", "'shape'"),
                header(
                        "records",
                        "{'descr': [('a', '<f4'), ('b', '<f4')], 'fortran_order': False, 'shape': (1,), }",
                        "records",
                        FLOATS),
                type("<i4", "'<i4'", FLOATS),
                type("|u1", "'|u1'", FLOATS),
                type("|b1", "'|b1'", FLOATS),
                type("<c8", "'<c8'", FLOATS),
                type("<f16", "'<f16'", FLOATS),
                type("|V4", "'|V4'", FLOATS),
                type("<V1", "'<V1'", FLOATS),
                type("|O", "'|O'", FLOATS),
                type("<U1", "'<U1'", FLOATS),
                type("", "''", FLOATS),
                type("x".repeat(9000), FLOATS),
                shape("(-1,)", "(-1,)", "expected"),
                shape("(-1, -1)", "(-1, -1)", "expected"),
                shape("(1.0,)", "(1.0,)", "expected"),
                shape("(1, , 1)", "(1, , 1)", "expected"),
                shape("(,)", "(,)", "expected"),
                shape("(one,)", "(one,)", "expected"),
                shape("(None,)", "(None,)", "expected"),
                shape("(99999999999999999999999999,)", "99999999999999999999999999", "expected"),
                shape(
                        "(999999999999999999, 999999999999999999)",
                        "[999999999999999999, 999999999999999999]",
                        "expected"),
                shape("(999999999999999999, 9)", "[999999999999999999, 9]", "expected"),
                shape("(1000000, 1000000)", "truncated", "takes 8000000000000 bytes", "the file has 8"),
                // NumPy allows 64 dimensions.
                new Malformed(
                        "3000 dimensions",
                        npy(2, "<f4", false, "(" + "1, ".repeat(3000) + "2)", floats(1, 2)),
                        "3001 dimensions",
                        "expected at most"),
                new Malformed(
                        "3000 dimensions and no data",
                        npy(2, "<f4", false, "(" + "1, ".repeat(3000) + "2)", new byte[0]),
                        "expected at most"),
                new Malformed(
                        "30000 dimensions",
                        npy(2, "<f4", false, "(" + "1, ".repeat(30000) + "2)", floats(1, 2)),
                        "header of 90",
                        "expected at most 10000"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void explainsInOneLine(Malformed malformed) {
        Path file = TestFiles.write(folder.resolve("x.npy"), malformed.bytes);
        TensorFileException refusal = assertThrows(TensorFileException.class, () -> TensorFile.open(file));
        assertOneLine(file, refusal, malformed.says);
    }

    @Test
    void reportsAMissingFile() {
        Path file = folder.resolve("missing.npy");
        assertOneLine(file, assertThrows(TensorFileException.class, () -> TensorFile.open(file)), "no such file");
    }

    @Test
    void reportsAPathThroughAFile() {
        Path file =
                TestFiles.write(folder.resolve("x.npy"), npy(new long[] {1}, 1)).resolve("y.npy");
        assertOneLine(file, assertThrows(TensorFileException.class, () -> TensorFile.open(file)), "cannot be read");
    }

    @Test
    void reportsADirectory() {
        assertOneLine(
                folder,
                assertThrows(TensorFileException.class, () -> TensorFile.open(folder)),
                "is a directory",
                "expected a .npy file");
    }

    @Test
    void reportsADanglingLink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.npy"), folder.resolve("missing.npy"));
        assertOneLine(link, assertThrows(TensorFileException.class, () -> TensorFile.open(link)), "no such file");
    }

    @Test
    void reportsAFileThatWasTruncatedMeanwhile() {
        TensorFile file = open(npy(new long[] {4}, 1, 2, 3, 4));
        TestFiles.write(file.path(), Arrays.copyOf(npy(new long[] {4}, 1, 2, 3, 4), 130));
        assertOneLine(file.path(), assertThrows(TensorFileException.class, file::readFloats), "became shorter");
    }

    @Test
    void reportsAFileThatWasDeletedMeanwhile() throws IOException {
        TensorFile file = open(npy(new long[] {4}, 1, 2, 3, 4));
        Files.delete(file.path());
        assertOneLine(file.path(), assertThrows(TensorFileException.class, file::readFloats), "cannot be read");
    }

    @Test
    void namesTheSuffixOfTheOtherFormat() {
        Path file = TestFiles.write(folder.resolve("x.bin"), new byte[8]);
        assertOneLine(
                file,
                assertThrows(TensorFileException.class, () -> TensorFile.open(file)),
                "not a .npy file",
                "ends with .npz or .safetensors");
    }

    // Names.

    @Test
    void keepsTheTextOfASpecification() {
        Path file = TestFiles.write(folder.resolve("x#1.npy"), npy(new long[] {1}, 7));
        String written = folder + "/./x#1.npy";
        TensorFile tensor = TensorFile.open(written);
        assertEquals(written, tensor.toString());
        assertEquals(Path.of(written), tensor.path());
        assertArrayEquals(new float[] {7}, tensor.readFloats());
        assertEquals(file.toString(), TensorFile.open(file).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "#", "a\0b.npy", "no\nsuch\u2028file.npy", "\u001b[31m.npy"})
    void rejectsImpossibleNamesInOneLine(String specification) {
        String message = assertThrows(TensorFileException.class, () -> TensorFile.open(specification))
                .getMessage();
        assertTrue(
                message.length() > 10 && message.chars().noneMatch(c -> Character.isISOControl(c) || c == 0x2028),
                message);
    }

    static void assertOneLine(Object file, TensorFileException refusal, String... says) {
        String message = refusal.getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertTrue(message.chars().noneMatch(Character::isISOControl), "control characters in: " + message);
        int problem = message.length() - file.toString().length();
        assertTrue(problem <= LONGEST_PROBLEM, () -> problem + " characters: " + message.substring(0, LONGEST_PROBLEM));
        for (String words : says) {
            assertTrue(message.contains(words), "'" + words + "' is not in: " + message);
        }
    }
}
