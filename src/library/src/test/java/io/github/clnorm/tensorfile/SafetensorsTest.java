package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.doubles;
import static io.github.clnorm.tensorfile.TestFiles.entry;
import static io.github.clnorm.tensorfile.TestFiles.floats;
import static io.github.clnorm.tensorfile.TestFiles.halves;
import static io.github.clnorm.tensorfile.TestFiles.join;
import static io.github.clnorm.tensorfile.TestFiles.safetensors;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.type.ElementType;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads .safetensors files, and checks the messages about malformed ones. */
@Tag("slow")
class SafetensorsTest {

    @TempDir
    private Path folder;

    private String write(byte[] bytes) {
        return TestFiles.write(folder.resolve("x.safetensors"), bytes).toString();
    }

    private TensorFile open(String header, byte[] data) {
        return TensorFile.open(write(safetensors(header, data)));
    }

    private TensorFileException refusal(String specification) {
        return assertThrows(TensorFileException.class, () -> TensorFile.open(specification));
    }

    // Well-formed files.

    @Test
    void readsTheFourTypes() {
        byte[] data = join(doubles(1, 2), floats(3, 4), halves(0x4500, 0x4600), halves(0x40e0, 0x4100));
        String file = write(safetensors(
                "{" + entry("d", "F64", "[2]", 0, 16) + "," + entry("f", "F32", "[2]", 16, 24) + ","
                        + entry("h", "F16", "[2]", 24, 28) + "," + entry("b", "BF16", "[2,1]", 28, 32) + "}",
                data));
        assertTensor(file + "#d", ElementType.FLOAT64, new long[] {2}, 1, 2);
        assertTensor(file + "#f", ElementType.FLOAT32, new long[] {2}, 3, 4);
        assertTensor(file + "#h", ElementType.FLOAT16, new long[] {2}, 5, 6);
        assertTensor(file + "#b", ElementType.BFLOAT16, new long[] {2, 1}, 7, 8);
    }

    private static void assertTensor(String specification, ElementType type, long[] shape, float... values) {
        TensorFile tensor = TensorFile.open(specification);
        assertEquals(specification, tensor.toString());
        assertEquals(type, tensor.type());
        assertArrayEquals(shape, tensor.shape());
        assertArrayEquals(values, tensor.readFloats());
    }

    @Test
    void readsTheOnlyTensorWithoutItsName() {
        TensorFile tensor = open("{" + entry("weight", "F32", "[1, 2]", 0, 8) + "}", floats(1, 2));
        assertArrayEquals(new float[] {1, 2}, tensor.readFloats());
        assertEquals(folder.resolve("x.safetensors"), tensor.path());
    }

    @Test
    void readsEveryBfloat16() {
        int[] bits = IntStream.range(0, 1 << 16).toArray();
        float[] expected = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            expected[i] = Float.intBitsToFloat(i << 16);
        }
        TensorFile tensor = open("{" + entry("b", "BF16", "[65536]", 0, 131072) + "}", halves(bits));
        Errors.assertSameBits(expected, tensor.readFloats(), "bfloat16");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{ \"x\" : { \"data_offsets\" : [ 0 , 8 ] , \"shape\" : [ 2 ] , \"dtype\" : \"F32\" } } \n\t ",
                "{\"__metadata__\":{\"format\":\"pt\",\"x\":\"y\"},\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{\"__metadata__\":null,\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{\"\\u0078\":{\"dty\\u0070e\":\"F\\u00332\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                "{\"x\":{\"dtype\":\"F32\",\"later\":[null,{\"a\":[-1.5e+3,true,false]}],\"shape\":[2],\"data_offsets\":[0,8]}}"
            })
    void readsHeadersInAnyStyle(String header) {
        open(header, floats(1, 2));
        assertTensor(folder.resolve("x.safetensors") + "#x", ElementType.FLOAT32, new long[] {2}, 1, 2);
    }

    @ParameterizedTest
    @CsvSource({
        "a.b/c#d.npy,a.b/c#d.npy",
        "größe,größe",
        "x.safetensors#y,x.safetensors#y",
        "'',''",
        "'\"\\ \uD83D\uDE00',\\u0022\\\\ \\ud83d\\ude00",
        "' \t',\\u0020\\t",
        "\\/,\\\\\\/"
    })
    void readsEveryName(String name, String json) {
        String file = write(safetensors(
                "{" + entry("other", "F32", "[]", 0, 4) + "," + entry(json, "F32", "[]", 4, 8) + "}", floats(1, 2)));
        assertTensor(file + "#" + name, ElementType.FLOAT32, new long[0], 2);
    }

    @Test
    void readsScalarsAndEmptyTensors() {
        String file = write(safetensors(
                "{" + entry("s", "F32", "[]", 0, 4) + "," + entry("e", "F64", "[0,9223372036854775807,3]", 4, 4) + "}",
                floats(9)));
        assertTensor(file + "#s", ElementType.FLOAT32, new long[0], 9);
        assertTensor(file + "#e", ElementType.FLOAT64, new long[] {0, Long.MAX_VALUE, 3});
    }

    @Test
    void readsATensorBesideOtherTypes() {
        String file = write(safetensors(
                "{" + entry("ids", "I64", "[1]", 0, 8) + "," + entry("f4", "F4", "[2]", 8, 9) + ","
                        + entry("x", "F32", "[1]", 9, 13) + "}",
                join(new byte[9], floats(5))));
        assertTensor(file + "#x", ElementType.FLOAT32, new long[] {1}, 5);
    }

    // Malformed files.

    /** A file without a readable tensor, and the texts that the message must contain. */
    private record Malformed(String name, byte[] bytes, String... says) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Malformed header(String header, String... says) {
        return new Malformed(
                header.length() > 60 ? header.substring(0, 60) : header, safetensors(header, new byte[8]), says);
    }

    private static Malformed tensor(String members, String... says) {
        return header("{\"x\":{" + members + "}}", says);
    }

    private static Malformed shape(String shape, String... says) {
        return header("{" + entry("x", "F32", shape, 0, 8) + "}", says);
    }

    private static Malformed offsets(String offsets, String... says) {
        return tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" + offsets, says);
    }

    static Stream<Malformed> malformed() {
        String good = entry("x", "F32", "[2]", 0, 8);
        byte[] file = safetensors("{" + good + "}", new byte[8]);
        return Stream.of(
                new Malformed("empty file", new byte[0], "truncated", "8 bytes", "the file has 0"),
                new Malformed("cut in the length", Arrays.copyOf(file, 7), "truncated", "the file has 7"),
                new Malformed("cut in the header", Arrays.copyOf(file, 30), "truncated", "the file has 30"),
                new Malformed(
                        "cut in the data",
                        Arrays.copyOf(file, file.length - 1),
                        "truncated",
                        "'x'",
                        "ends at byte 8",
                        "the file has 7"),
                new Malformed(
                        ".npy", TestFiles.npy(new long[] {2}, 1, 2), "not a .safetensors file", "expected at most"),
                new Malformed(
                        "header of 2^64-1 bytes",
                        safetensors(-1, new byte[2], new byte[8]),
                        "18446744073709551615 bytes",
                        "expected at most 100000000"),
                new Malformed(
                        "header of 2^63-1 bytes",
                        safetensors(Long.MAX_VALUE, new byte[2], new byte[8]),
                        "9223372036854775807 bytes",
                        "expected at most 100000000"),
                new Malformed(
                        "header of 100000001 bytes",
                        safetensors(100_000_001, new byte[2], new byte[8]),
                        "100000001 bytes",
                        "expected at most 100000000"),
                new Malformed(
                        "header of 100000000 bytes",
                        safetensors(100_000_000, new byte[2], new byte[8]),
                        "truncated",
                        "100000008 bytes",
                        "the file has 18"),
                new Malformed(
                        "header of another encoding",
                        safetensors(4, "{\"é\"".getBytes(StandardCharsets.ISO_8859_1), new byte[8]),
                        "malformed",
                        "UTF-8"),
                header("", "expected '{' at byte 0"),
                header(" {}", "expected '{' at byte 0"),
                header("[]", "expected '{' at byte 0"),
                new Malformed("no tensor", safetensors("{}", new byte[0]), "holds no tensor"),
                new Malformed(
                        "no tensor but metadata", safetensors("{\"__metadata__\":{}}", new byte[0]), "holds no tensor"),
                header("{\"__metadata__\":{\"a\":1}," + good + "}", "expected '\"' at byte 21"),
                header("{\"__metadata__\":[]," + good + "}", "expected '{' at byte 16"),
                header("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}," + good + "}", "Duplicate field 'a' at byte 27"),
                header("{" + good, "expected close marker for Object at byte 53"),
                header("{" + good + ",}", "expecting double-quote to start field name at byte 54"),
                header("{" + good + good + "}", "expecting comma to separate Object entries at byte 53"),
                header("{" + good + "}}", "expected the end"),
                header("{" + good + "}\0\0", "expected the end"),
                header("{" + good + "," + good + "}", "Duplicate field 'x' at byte 57"),
                header("{" + good + ",\"\\u0078\":{}}", "Duplicate field 'x' at byte 62"),
                header("{'x':{}}", "expecting double-quote to start field name at byte 1"),
                header("{x:{}}", "expecting double-quote to start field name at byte 1"),
                header("{\"x\":5}", "expected '{' at byte 5"),
                header("{\"x\":null}", "expected '{' at byte 5"),
                header("{\"x\n\":{}}", "Illegal unquoted character", "in name at byte 3"),
                header("{\"x", "end-of-input in field name at byte 3"),
                header("{\"\\x41\":{}}", "Unrecognized character escape 'x'", "at byte 3"),
                header("{\"\\u00g1\":{}}", "expected a hex-digit", "at byte 6"),
                header("{\"\\u00", "end-of-input in character escape sequence at byte 6"),
                header("{\"\\", "end-of-input in character escape sequence at byte 3"),
                header("{\"\\ud83d\":{}}", "surrogate at byte 2"),
                header("{\"\\ud83d\\ud83d\\ude00\":{}}", "surrogate at byte 2"),
                header("{\"x\":{\"a\":{\"b\":\"\\\\\\ude00\"}}}", "surrogate at byte 18"),
                header("{/**/}", "(non-standard) comment?", "at byte 1"),
                header("\uFEFF{}", "expected '{' at byte 0"),
                new Malformed(
                        "header in UTF-16",
                        safetensors(4, "{}".getBytes(StandardCharsets.UTF_16LE), new byte[8]),
                        "Illegal character",
                        "at byte 2"),
                new Malformed(
                        "overlong UTF-8",
                        safetensors(5, new byte[] {'{', '"', (byte) 0xc1, (byte) 0xb8, '"'}, new byte[8]),
                        "UTF-8 at byte 2"),
                new Malformed(
                        "a surrogate in UTF-8",
                        safetensors(5, new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80}, new byte[8]),
                        "UTF-8 at byte 2"),
                header("{\"ü\uD83D\uDE00\":5}", "expected '{' at byte 10"),
                header("{\"\\ude00\\ud83d\":{}}", "surrogate"),
                header("{\"x\":{\"a\":" + "[".repeat(100_000), "more than 32 levels"),
                header("{\"x\":{\"a\":" + "{\"a\":".repeat(100_000), "more than 32 levels"),
                tensor("", "'x' lacks dtype"),
                tensor("\"dtype\":\"F32\",\"data_offsets\":[0,8]", "'x' lacks shape"),
                tensor("\"dtype\":\"F32\",\"shape\":[2]", "'x' lacks data_offsets"),
                tensor("\"dtype\":\"F32\",\"dtype\":\"F32\"", "Duplicate field 'dtype' at byte 27"),
                tensor("\"dtype\":32", "expected '\"'"),
                tensor(
                        "\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]",
                        "'x' holds I64",
                        "expected F16, BF16, F32 or F64"),
                tensor(
                        "\"dtype\":\"" + "F".repeat(10_000) + "\",\"shape\":[1],\"data_offsets\":[0,8]",
                        "'x' holds FFF",
                        "expected F16"),
                tensor("\"a\":tru", "Unrecognized token 'tru'", "at byte 13"),
                tensor("\"a\":-", "expected digit (0-9) to follow minus sign", "at byte 11"),
                tensor("\"a\":1.", "Decimal point not followed by a digit at byte 11"),
                tensor("\"a\":1e", "Exponent indicator not followed by a digit at byte 11"),
                tensor("\"a\":01", "Leading zeroes not allowed at byte 11"),
                tensor("\"a\":NaN", "Non-standard token 'NaN' at byte 13"),
                tensor("\"a\":[1,]", "expected a valid value", "at byte 13"),
                shape("2", "expected '['"),
                shape("[2 2]", "expecting comma to separate Array entries at byte 31"),
                shape("[-2]", "expected a whole number"),
                shape("[-0]", "expected a whole number"),
                shape("[2.0]", "expected a whole number"),
                shape("[2e0]", "expected a whole number"),
                shape("[02]", "Leading zeroes not allowed at byte 30"),
                shape("[\"2\"]", "expected a whole number"),
                shape("[9223372036854775808]", "expected a number up to 2^63-1"),
                shape("[99999999999999999999999999]", "expected a number up to 2^63-1"),
                shape("[" + "9".repeat(1_000_000) + "]", "expected a number up to 2^63-1"),
                shape("[9223372036854775807,2]", "impossible shape", "[9223372036854775807, 2]"),
                shape("[9223372036854775807]", "impossible shape"),
                shape("[3]", "[3] takes 12 bytes", "data_offsets give 8"),
                shape("[1]", "[1] takes 4 bytes", "data_offsets give 8"),
                shape("[" + "1,".repeat(30_000) + "2]", "30001 dimensions", "expected at most 64"),
                offsets("[0]", "data_offsets [0]", "expected [begin, end]"),
                offsets("[0,8,8]", "data_offsets [0, 8, 8]", "expected [begin, end]"),
                offsets("[8,0]", "data_offsets [8, 0]", "expected [begin, end]"),
                offsets("[1,9]", "truncated", "ends at byte 9", "the file has 8"),
                offsets("[9223372036854775799,9223372036854775807]", "truncated", "9223372036854775807"),
                // The reference implementation checks all tensors, not only the requested one.
                new Malformed(
                        "hole in front",
                        safetensors("{" + entry("x", "F32", "[2]", 4, 12) + "}", new byte[12]),
                        "begins at byte 4",
                        "expected 0"),
                new Malformed(
                        "hole",
                        safetensors("{" + good + "," + entry("y", "F32", "[1]", 12, 16) + "}", new byte[16]),
                        "'y'",
                        "begins at byte 12",
                        "expected 8"),
                new Malformed(
                        "overlap",
                        safetensors("{" + good + "," + entry("y", "F32", "[2]", 4, 12) + "}", new byte[12]),
                        "'y'",
                        "begins at byte 4",
                        "expected 8"),
                new Malformed(
                        "same place",
                        safetensors("{" + good + "," + entry("y", "F32", "[2]", 0, 8) + "}", new byte[8]),
                        "begins at byte 0",
                        "expected 8"),
                new Malformed(
                        "trailing bytes",
                        safetensors("{" + good + "}", new byte[9]),
                        "too long",
                        "take 8 bytes",
                        "the file has 9"),
                new Malformed(
                        "another tensor of a wrong size",
                        safetensors("{" + good + "," + entry("y", "I64", "[2]", 8, 16) + "}", new byte[16]),
                        "'y'",
                        "[2] takes 16 bytes",
                        "data_offsets give 8"),
                new Malformed(
                        "half a byte",
                        safetensors("{" + good + "," + entry("y", "F4", "[3]", 8, 9) + "}", new byte[9]),
                        "'y'",
                        "F4 of shape [3]",
                        "whole number of bytes"),
                new Malformed(
                        "overflow before a zero",
                        safetensors(
                                "{" + good + "," + entry("y", "F32", "[9223372036854775807,3,0]", 8, 8) + "}",
                                new byte[8]),
                        "impossible shape"),
                new Malformed(
                        "a type that is none",
                        safetensors("{" + good + "," + entry("y", "f32", "[0]", 8, 8) + "}", new byte[8]),
                        "'y' holds f32",
                        "type of the format"),
                new Malformed(
                        "the second of two heads",
                        safetensors("{\"__metadata__\":null,\"__metadata__\":{}," + good + "}", new byte[8]),
                        "Duplicate field '__metadata__' at byte 35"),
                // A tensor beyond the end of the file.
                header("{" + good + "," + entry("y", "I64", "[9]", 8, 80) + "}", "truncated", "'y'", "the file has 8"));
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void explainsInOneLine(Malformed malformed) {
        String file = write(malformed.bytes);
        TensorFileTest.assertOneLine(file, refusal(file), malformed.says);
    }

    @Test
    void listsTheTensorsOfTheFile() {
        String file = write(safetensors(
                "{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("b", "F32", "[1]", 4, 8) + "}", new byte[8]));
        TensorFileTest.assertOneLine(file, refusal(file), "holds 2 tensors", "FILE.safetensors#NAME", "'a', 'b'");
        TensorFileTest.assertOneLine(file + "#c", refusal(file + "#c"), "no tensor 'c'", "'a', 'b'");
        TensorFileTest.assertOneLine(file + "#", refusal(file + "#"), "no tensor ''", "'a', 'b'");
        TensorFileTest.assertOneLine(file + "#__metadata__", refusal(file + "#__metadata__"), "no tensor");
    }

    @Test
    void listsTheFirstOfManyTensorsWithAnyNames() {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < 1000; i++) {
            String name = "\\u001b\\n\\u202e" + i + "x".repeat(2000);
            header.append(i == 0 ? "" : ",").append(entry(name, "F32", "[0]", 0, 0));
        }
        String file = write(safetensors(header + "}", new byte[0]));
        TensorFileTest.assertOneLine(file, refusal(file), "holds 1000 tensors", "'???0xxx", "996 more");
    }

    @Test
    void reportsAMissingFileAndADirectory() {
        String missing = folder.resolve("missing.safetensors") + "#x";
        TensorFileTest.assertOneLine(missing, refusal(missing), "no such file");
        String directory = TestFiles.folder(folder.resolve("d.safetensors")).toString();
        TensorFileTest.assertOneLine(directory, refusal(directory), "is a directory", "expected a .safetensors file");
    }

    /** A header up to the format's limit is read or rejected in one line in any heap, without OutOfMemoryError. */
    @ParameterizedTest
    @ValueSource(strings = {"blanks", "tensors", "keys", "numbers", "one name", "nested keys"})
    void largeHeadersNeverExhaustTheHeap(String kind) throws Exception {
        Path file = folder.resolve("large.safetensors");
        writeLarge(file, kind);
        for (String heap : List.of("-Xmx48m", "-Xmx420m")) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            heap,
                            "-XX:+UseSerialGC",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SafetensorsTest.class.getName(),
                            file.toString())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, process.waitFor(), heap + ": " + said);
        }
    }

    private static void writeLarge(Path file, String kind) throws IOException {
        int length = 99_000_000;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(length)
                    .array());
            StringBuilder text = new StringBuilder(length).append("{");
            int last = length - 200;
            switch (kind) {
                case "tensors" -> {
                    for (int i = 0; text.length() < last; i++) {
                        text.append(i == 0 ? "" : ",").append(entry(Integer.toString(i, 36), "F4", "[0]", 0, 0));
                    }
                }
                case "keys" -> {
                    text.append("\"__metadata__\":{\"\":\"\"");
                    for (int i = 0; text.length() < last; i++) {
                        text.append(",\"").append(Integer.toString(i, 36)).append("\":\"\"");
                    }
                    text.append("}");
                }
                case "numbers" -> {
                    text.append("\"x\":{\"dtype\":\"F4\",\"data_offsets\":[0,0],\"shape\":[0");
                    while (text.length() < last) {
                        text.append(",1");
                    }
                    text.append("]}");
                }
                case "one name" -> text.append(entry("n".repeat(last), "F4", "[0]", 0, 0));
                case "nested keys" -> {
                    text.append("\"x\":{\"dtype\":\"F4\",\"data_offsets\":[0,0],\"shape\":[0],\"other\":{\"\":0");
                    for (int i = 0; text.length() < last; i++) {
                        text.append(",\"").append(Integer.toString(i, 36)).append("\":0");
                    }
                    text.append("}}");
                }
                default -> {}
            }
            text.append("}");
            out.write(text.append(" ".repeat(length - text.length())).toString().getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** The child: opens a file. */
    public static void main(String[] arguments) {
        try {
            TensorFile.open(arguments[0]);
        } catch (TensorFileException e) {
            System.out.println(e.getMessage());
        }
    }
}
