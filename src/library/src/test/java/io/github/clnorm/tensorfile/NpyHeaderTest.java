package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers that NumPy's reader accepts and rejects, according to numpy.load of NumPy 2.4. */
class NpyHeaderTest {

    private static final byte[] DATA = TestFiles.floats(1, 2);
    private static final String HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}";

    @TempDir
    private Path folder;

    private TensorFile open(byte[] bytes) {
        return TensorFile.open(TestFiles.write(folder.resolve("x.npy"), bytes));
    }

    private void assertAccepted(byte[] bytes) {
        assertArrayEquals(new float[] {1, 2}, open(bytes).readFloats());
    }

    private void assertRefused(byte[] bytes) {
        TensorFileTest.assertOneLine(
                folder.resolve("x.npy"), assertThrows(TensorFileException.class, () -> open(bytes)));
    }

    static Stream<String> accepted() {
        Stream<String> whole = Stream.of(
                "\n" + HEADER,
                "  " + HEADER,
                "\t" + HEADER,
                "\r" + HEADER,
                "#c\n" + HEADER,
                "# 'descr': '<f8',\n" + HEADER,
                "(" + HEADER + ")",
                "((\n" + HEADER + "\n) )",
                HEADER + "\n",
                HEADER + "\r\n",
                HEADER + "  # a comment",
                HEADER + "\n  # a comment\n\n",
                HEADER + "\n  \n",
                "\\\n" + HEADER,
                "\f" + HEADER,
                " \f" + HEADER,
                "\n\f" + HEADER,
                HEADER.replace("'descr'", "u'descr'"),
                HEADER.replace("'descr'", "'de''scr'"),
                HEADER.replace("'descr'", "\"\"\"descr\"\"\""),
                HEADER + " ".repeat(10_000 - HEADER.length()),
                "{'shape': (3,), 'descr': '<f8', 'fortran_order': True, " + HEADER.substring(1),
                "{'shape': {1: 2, 'a': ...}, " + HEADER.substring(1),
                "{'shape': {1, (2, 'b')}, " + HEADER.substring(1),
                "{'shape': set(), " + HEADER.substring(1),
                "{'shape': [-1-2j, 1e5, .5, 1., 0x1F, None, b'x', r'\\d', 1_000], " + HEADER.substring(1),
                "{'shape':" + "(".repeat(199) + "2" + ")".repeat(199) + "," + HEADER.substring(1));
        Stream<String> types = Stream.of(
                        "f4",
                        "=f4",
                        "|f4",
                        "f",
                        "<f",
                        "float32",
                        "single",
                        "\\x3cf4",
                        "\\u003cf4",
                        "\\N{LESS-THAN SIGN}f4",
                        "\\074f4",
                        "<\\\nf4",
                        "<' 'f4",
                        "''<f4''")
                .map(name -> HEADER.replace("<f4", name));
        Stream<String> otherTypes = Stream.of("r'<f4'", "U'<f4'", "('<f4', ())", "'''<f4'''", "\"<f4\"")
                .map(text -> HEADER.replace("'<f4'", text));
        Stream<String> shapes = Stream.of(
                        "(0x2,)",
                        "(0b10,)",
                        "(0o2,)",
                        "(+2,)",
                        "((2),)",
                        "(2,)#x\n",
                        "(2, # c\n)",
                        "(2,\\\n)",
                        "(2,),",
                        "(1,), 'shape': (2,)",
                        "(0B1_0,)",
                        "(+(2),)")
                .map(text -> HEADER.replace("(2,)", text));
        return Stream.of(whole, types, otherTypes, shapes).flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void acceptsWhatNumPyAccepts(String header) {
        assertAccepted(npy(1, header, DATA));
        assertAccepted(npy(2, header, DATA));
        assertAccepted(npy(3, header, DATA));
    }

    static Stream<String> refused() {
        Stream<String> whole = Stream.of(
                "\n " + HEADER,
                "#c\n " + HEADER,
                "\f " + HEADER,
                "(" + HEADER + ",)",
                HEADER + ",",
                HEADER + ";",
                HEADER + "\\\n",
                "{" + HEADER + "}",
                HEADER + HEADER,
                HEADER + "()",
                HEADER + "\n}",
                HEADER + "\0",
                "dict(" + HEADER + ")",
                HEADER.replace("False", "True and False"),
                HEADER.replace("False", "not True"),
                HEADER.replace("False", "0"),
                HEADER.replace("False", "'False'"),
                HEADER.replace("False", "false"),
                HEADER.replace("'descr'", "b'descr'"),
                HEADER.replace("'descr'", "descr"),
                HEADER.replace("}", ", 'x': 1}"),
                HEADER.replace("}", ", 1: 2}"),
                HEADER.replace("}", ", [1]: 2}"),
                HEADER.replace("}", ", **{}}"),
                HEADER.replace("}", ", 'descr': '<f8'}"),
                "{'shape': 1-2, " + HEADER.substring(1),
                "{'shape': {1, [2]}, " + HEADER.substring(1),
                "{'shape': 1if 1 else 2, " + HEADER.substring(1),
                "{'shape': 'a' b'b', " + HEADER.substring(1),
                HEADER + " ".repeat(10_001 - HEADER.length()),
                "{'shape':" + "(".repeat(200) + "2" + ")".repeat(200) + "," + HEADER.substring(1));
        Stream<String> types = Stream.of(
                        "b'<f4'",
                        "f'<f4'",
                        "'<f4'.x",
                        "['<f4']",
                        "'<f4' if 1 else 2",
                        "'<f4'[:]",
                        "ur'<f4'",
                        "None",
                        "('<f4', 1)",
                        "'F4'",
                        "'f 5'",
                        "'<float32'",
                        "'f4\\x00'")
                .map(text -> HEADER.replace("'<f4'", text));
        Stream<String> shapes = Stream.of(
                        "(True, 2)",
                        "(2)",
                        "2,",
                        "[2]",
                        "(02,)",
                        "(--2,)",
                        "(2l,)",
                        "(1+1,)",
                        "(2.0,)",
                        "(2j,)",
                        "(*[2],)",
                        "('2',)",
                        "(0, 4611686018427387904, 4)",
                        "(0, 9223372036854775808)",
                        "(2,),,",
                        "(-1,)",
                        "(-1, -2)",
                        "(2,)()",
                        "(1,1" + ",1".repeat(63) + ",2)",
                        "(2__0,)",
                        "(2_,)",
                        "(0x,)",
                        "(2LL,)")
                .map(text -> HEADER.replace("(2,)", text));
        return Stream.of(whole, types, shapes).flatMap(all -> all);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void rejectsWhatNumPyRejects(String header) {
        assertRefused(npy(1, header, DATA));
        assertRefused(npy(3, header, DATA));
    }

    /** Python 2 wrote an L after whole numbers. NumPy reads it in the formats that Python 2 knew. */
    @ParameterizedTest
    @ValueSource(strings = {"(2L,)", "(2 L,)", "(0x2L,)"})
    void readsNumbersOfPython2(String shape) {
        assertAccepted(npy(1, HEADER.replace("(2,)", shape), DATA));
        assertAccepted(npy(2, HEADER.replace("(2,)", shape), DATA));
        assertRefused(npy(3, HEADER.replace("(2,)", shape), DATA));
    }

    /** A key in a comment does not count. If a key occurs twice, the last value counts. */
    @Test
    void theLastValueOfAKeyCounts() {
        byte[] data = TestFiles.doubles(1, 2);
        TensorFile file = open(npy(
                1,
                "{'descr': '<f4', 'shape': (9,), 'descr': '<f8', 'fortran_order': False, # 'shape': (3,),\n 'shape': (2,)}",
                data));
        assertEquals(ElementType.FLOAT64, file.type());
        assertArrayEquals(new double[] {1, 2}, file.readDoubles());
    }

    @Test
    void rejectsMinorVersions() {
        for (int version : new int[] {1, 2, 3}) {
            byte[] bytes = npy(version, HEADER, DATA);
            bytes[7] = 1;
            assertRefused(bytes);
        }
    }

    @Test
    void rejectsInvalidUtf8InFormat3() {
        byte[] header = (HEADER + "#\u00ff").getBytes(StandardCharsets.ISO_8859_1);
        assertAccepted(npy(1, header.length, header, DATA));
        assertAccepted(npy(2, header.length, header, DATA));
        assertRefused(npy(3, header.length, header, DATA));
        assertAccepted(npy(3, HEADER + "#\u00ff\ud83d\ude00", DATA));
    }

    /** Format 3.0 limits characters, which take up to four bytes each. */
    @Test
    void rejectsLongHeaders() {
        String comment = HEADER + "#";
        assertAccepted(npy(3, comment + "\ud83d\ude00".repeat(10_000 - comment.length()), DATA));
        assertRefused(npy(3, comment + "\ud83d\ude00".repeat(10_001 - comment.length()), DATA));
        assertRefused(npy(2, comment + "x".repeat(100_000), DATA));
    }

    @ParameterizedTest
    @CsvSource({
        "f2,FLOAT16", "half,FLOAT16", "e,FLOAT16", "float16,FLOAT16", "=e,FLOAT16", "|f2,FLOAT16",
        "f8,FLOAT64", "double,FLOAT64", "float,FLOAT64", "float64,FLOAT64", "<d,FLOAT64", "d,FLOAT64"
    })
    void acceptsEveryNameOfAType(String name, ElementType type) {
        byte[] data = type == ElementType.FLOAT16 ? TestFiles.halves(0x3c00, 0x4000) : TestFiles.doubles(1, 2);
        TensorFile file = open(npy(1, name, false, "(2,)", data));
        assertEquals(type, file.type());
        assertArrayEquals(new double[] {1, 2}, file.readDoubles());
    }

    @ParameterizedTest
    @ValueSource(strings = {"<V2", "|V2", "V2", "=V2", "bfloat16"})
    void twoBytesOfNoTypeAreBfloat16(String name) {
        TensorFile file = open(npy(1, name, false, "(2,)", TestFiles.halves(0x3f80, 0xc049)));
        assertEquals(ElementType.BFLOAT16, file.type());
        assertArrayEquals(new double[] {1, -3.140625}, file.readDoubles());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bfloat16-little.npy", "bfloat16-big.npy", "bfloat16-resaved.npy"})
    void readsWhatMlDtypesWrites(String name) {
        TensorFile file = TensorFile.open(NumPyFiles.of(name));
        assertEquals(ElementType.BFLOAT16, file.type());
        assertArrayEquals(NumPyFiles.SHAPE, file.shape());
        assertArrayEquals(NumPyFiles.values(), file.readDoubles());
    }

    @Test
    void writesWhatMlDtypesWrites() throws IOException {
        Path written = folder.resolve("written.npy");
        try (TensorOutput output = new TensorOutput()) {
            output.write(written.toString(), ElementType.BFLOAT16, NumPyFiles.values(), NumPyFiles.SHAPE);
            output.commit();
        }
        assertArrayEquals(Files.readAllBytes(NumPyFiles.of("bfloat16-little.npy")), Files.readAllBytes(written));
    }

    @Test
    void readsBigEndianElements() {
        double[] values = {1, -2.5, 0x1p-14, 65504, 3, 0.5};
        ByteBuffer halves = ByteBuffer.allocate(12);
        for (int bits : new int[] {0x3c00, 0xc100, 0x0400, 0x7bff, 0x4200, 0x3800}) {
            halves.putShort((short) bits);
        }
        ByteBuffer floats = ByteBuffer.allocate(24);
        ByteBuffer doubles = ByteBuffer.allocate(48);
        Arrays.stream(values).forEach(value -> floats.putFloat((float) value));
        Arrays.stream(values).forEach(doubles::putDouble);
        assertArrayEquals(
                values, open(npy(1, ">f2", false, "(2, 3)", halves.array())).readDoubles());
        assertArrayEquals(
                values, open(npy(1, ">f4", false, "(2, 3)", floats.array())).readDoubles());
        assertArrayEquals(
                values, open(npy(1, ">f8", false, "(2, 3)", doubles.array())).readDoubles());
        assertArrayEquals(
                values, open(npy(1, ">d", true, "(6,)", doubles.array())).readDoubles());
        assertArrayEquals(
                new double[] {values[0], values[2], values[4], values[1], values[3], values[5]},
                open(npy(1, ">f4", true, "(2, 3)", floats.array())).readDoubles());
    }

    @ParameterizedTest
    @CsvSource({"<i8,8", ">i8,8", "int64,8", "<i4,4", ">u2,2", "|u1,1", "i1,1", "uint32,4"})
    void readsWholeNumbers(String descr, int bytes) {
        byte[] data = new byte[bytes];
        data[descr.startsWith(">") ? bytes - 1 : 0] = 42;
        for (String shape : List.of("()", "(1,)", "(1, 1)")) {
            Path file = TestFiles.write(folder.resolve("n.npy"), npy(1, descr, false, shape, data));
            assertEquals(42, TensorFile.readLong(file.toString()));
        }
    }

    @Test
    void rejectsOtherContentAsWholeNumber() {
        byte[] ones = new byte[8];
        Arrays.fill(ones, (byte) -1);
        assertRejectedAsNumber(npy(1, "<u8", false, "()", ones), "18446744073709551615");
        assertRejectedAsNumber(npy(1, "<f8", false, "()", new byte[8]), "'<f8'", "expected a whole number");
        assertRejectedAsNumber(npy(1, "<i8", false, "(2,)", new byte[16]), "[2]", "one whole number");
        assertRejectedAsNumber(npy(1, "<i8", false, "(0,)", new byte[0]), "[0]", "one whole number");
        assertRejectedAsNumber(npy(1, "<i8", false, "()", new byte[7]), "truncated");
        Path negative = TestFiles.write(folder.resolve("n.npy"), npy(1, "<i8", false, "()", ones));
        assertEquals(-1, TensorFile.readLong(negative.toString()));
    }

    private void assertRejectedAsNumber(byte[] bytes, String... says) {
        Path file = TestFiles.write(folder.resolve("n.npy"), bytes);
        TensorFileException refusal =
                assertThrows(TensorFileException.class, () -> TensorFile.readLong(file.toString()));
        TensorFileTest.assertOneLine(file, refusal, says);
        assertTrue(refusal.getMessage().contains("n.npy"));
    }
}
