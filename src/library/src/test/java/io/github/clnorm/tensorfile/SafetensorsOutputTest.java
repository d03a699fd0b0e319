package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.entry;
import static io.github.clnorm.tensorfile.TestFiles.floats;
import static io.github.clnorm.tensorfile.TestFiles.join;
import static io.github.clnorm.tensorfile.TestFiles.safetensors;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.clnorm.testing.Errors;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes .safetensors files, and adds tensors to existing ones. */
class SafetensorsOutputTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void setUp() {
        file = folder.resolve("y.safetensors");
    }

    private static void writeAndCommit(String specification, ElementType type, double[] values, long... shape)
            throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(specification, type, values, shape);
            output.commit();
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static JsonNode header(byte[] file) throws IOException {
        return new ObjectMapper().readTree(file, 8, (int) headerBytes(file));
    }

    private static long headerBytes(byte[] file) {
        return ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    @Test
    void writesTheFileThatTheFormatSpecifies() throws IOException {
        writeAndCommit(file + "#größe \"1\"\n", ElementType.FLOAT32, new double[] {1, 2}, 2, 1);
        byte[] bytes = Files.readAllBytes(file);
        String json = "{\"größe \\\"1\\\"\\n\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}";
        int length = json.getBytes(StandardCharsets.UTF_8).length;
        String padded = json + " ".repeat((8 - length % 8) % 8);
        assertArrayEquals(safetensors(padded, floats(1, 2)), bytes);
        assertEquals(0, headerBytes(bytes) % 8);
        assertEquals(List.of("y.safetensors"), files());
    }

    @Test
    void aTensorWithoutANameIsCalledTensor() throws IOException {
        writeAndCommit(file.toString(), ElementType.FLOAT64, new double[] {0.1}, 1);
        assertArrayEquals(new double[] {0.1}, TensorFile.open(file + "#tensor").readDoubles());
    }

    @ParameterizedTest
    @EnumSource
    void roundsToEveryType(ElementType type) throws IOException {
        double[] values = {
            0,
            -0.0,
            1,
            -1 / 3.0,
            65504,
            65519.99,
            65520,
            1e-8,
            6e-8,
            1e-40,
            3.4e38,
            1e300,
            Float.MIN_VALUE,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            0x1.0018p0,
            0x1.01p0,
            0x1.03p0,
            0x1.0100000001p0,
            Double.NaN,
            Double.POSITIVE_INFINITY,
            Double.NEGATIVE_INFINITY
        };
        double[] expected =
                Arrays.stream(values).map(value -> rounded(type, value)).toArray();
        writeAndCommit(file + "#x", type, values, values.length);
        assertArrayEquals(expected, TensorFile.open(file + "#x").readDoubles());
        float[] floats = new float[values.length];
        float[] expectedFloats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
            expectedFloats[i] = (float) rounded(type, floats[i]);
        }
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#x", type, floats, values.length);
            output.commit();
        }
        Errors.assertSameBits(expectedFloats, TensorFile.open(file + "#x").readFloats(), type.toString());
    }

    /** Rounds to the nearest multiple of the spacing at this magnitude, ties to even. */
    private static double rounded(ElementType type, double value) {
        if (type == ElementType.FLOAT64 || !Double.isFinite(value)) {
            return value;
        }
        if (type == ElementType.FLOAT32) {
            return (float) value;
        }
        int least = type == ElementType.FLOAT16 ? -14 : -126;
        double limit = type == ElementType.FLOAT16 ? 0x1p16 : 0x1p128;
        int digits = type == ElementType.FLOAT16 ? 10 : 7;
        double spacing = Math.scalb(1.0, Math.max(Math.getExponent(value), least) - digits);
        double rounded = Math.rint(value / spacing) * spacing;
        return Math.abs(rounded) >= limit ? Math.copySign(Double.POSITIVE_INFINITY, value) : rounded;
    }

    private static final byte[] EXISTING = safetensors(
            "{ \"ids\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[1,9]},"
                    + "\"__metadata__\": {\"format\" : \"pt\", \"\\u00e9\":\"\\\"\\n\"} ,"
                    + "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1],\"later\":[1, {}]},"
                    + entry("x", "F32", "[2]", 9, 17) + "," + entry("e", "F32", "[0]", 17, 17) + "}",
            join(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, floats(1, 2)));

    @Test
    void keepsOtherTensorsAndTheMetadata() throws IOException {
        Files.write(file, EXISTING);
        writeAndCommit(file + "#new", ElementType.FLOAT16, new double[] {1, 2, 3}, 3);
        byte[] bytes = Files.readAllBytes(file);
        JsonNode before = header(EXISTING);
        JsonNode after = header(bytes);
        assertEquals(before.get("__metadata__"), after.get("__metadata__"));
        assertEquals(6, after.size());
        for (String name : List.of("ids", "b", "x", "e")) {
            assertEquals(before.get(name).get("dtype"), after.get(name).get("dtype"));
            assertEquals(before.get(name).get("shape"), after.get(name).get("shape"));
            assertEquals(before.get(name).get("later"), after.get(name).get("later"));
            assertArrayEquals(data(EXISTING, name), data(bytes, name), name);
        }
        assertArrayEquals(TestFiles.halves(0x3c00, 0x4000, 0x4200), data(bytes, "new"));
        assertEquals(headerBytes(bytes) + 8 + 17 + 6, bytes.length);
        assertEquals(List.of("y.safetensors"), files());
    }

    private static byte[] data(byte[] file, String name) throws IOException {
        JsonNode offsets = header(file).get(name).get("data_offsets");
        int start = 8 + (int) headerBytes(file);
        return Arrays.copyOfRange(
                file, start + offsets.get(0).intValue(), start + offsets.get(1).intValue());
    }

    @Test
    void alignsTensorsToTheirElements() throws IOException {
        Files.write(file, EXISTING);
        writeAndCommit(file + "#h", ElementType.BFLOAT16, new double[] {1}, 1);
        writeAndCommit(file + "#d", ElementType.FLOAT64, new double[] {1}, 1);
        writeAndCommit(file + "#f", ElementType.FLOAT32, new double[] {1}, 1);
        JsonNode header = header(Files.readAllBytes(file));
        assertEquals(0, headerBytes(Files.readAllBytes(file)) % 8);
        assertEquals(0, header.get("d").get("data_offsets").get(0).intValue() % 8);
        assertEquals(0, header.get("ids").get("data_offsets").get(0).intValue() % 8);
        assertEquals(0, header.get("f").get("data_offsets").get(0).intValue() % 4);
        assertEquals(0, header.get("h").get("data_offsets").get(0).intValue() % 2);
        assertArrayEquals(new double[] {1}, TensorFile.open(file + "#d").readDoubles());
    }

    @Test
    void aTensorOfTheSameNameIsReplaced() throws IOException {
        Files.write(file, EXISTING);
        writeAndCommit(file + "#x", ElementType.FLOAT64, new double[] {5, 6, 7}, 3);
        assertArrayEquals(new double[] {5, 6, 7}, TensorFile.open(file + "#x").readDoubles());
        byte[] bytes = Files.readAllBytes(file);
        assertEquals(5, header(bytes).size());
        assertArrayEquals(data(EXISTING, "ids"), data(bytes, "ids"));
        assertEquals(headerBytes(bytes) + 8 + 9 + 24, bytes.length);
    }

    @Test
    void writesSeveralTensorsToOneFile() throws IOException {
        Files.write(file, EXISTING);
        Files.createSymbolicLink(folder.resolve("link.safetensors"), file);
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#a", new float[] {1, 2}, 2);
            output.write(folder.resolve("link.safetensors") + "#b", ElementType.FLOAT64, new double[] {3}, 1);
            output.write(file.toString(), ElementType.BFLOAT16, new float[] {4}, 1);
            output.write(folder.resolve("y.npy").toString(), new float[] {5}, 1);
            assertThrows(IllegalArgumentException.class, () -> output.write(file + "#a", new float[] {9}, 1));
            assertArrayEquals(EXISTING, Files.readAllBytes(file));
            output.commit();
        }
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#a").readFloats());
        assertArrayEquals(new float[] {3}, TensorFile.open(file + "#b").readFloats());
        assertArrayEquals(new float[] {4}, TensorFile.open(file + "#tensor").readFloats());
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#x").readFloats());
        assertArrayEquals(
                new float[] {5}, TensorFile.open(folder.resolve("y.npy")).readFloats());
        assertEquals(List.of("link.safetensors", "y.npy", "y.safetensors"), files());
    }

    @Test
    void withoutCommitTheFileIsUnchanged() throws IOException {
        Files.write(file, EXISTING);
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#a", new float[] {1, 2}, 2);
            output.write(file + "#b", new float[] {1, 2}, 2);
        }
        assertArrayEquals(EXISTING, Files.readAllBytes(file));
        assertEquals(List.of("y.safetensors"), files());
    }

    @Test
    void keepsPermissions() throws IOException {
        for (String permissions : List.of("rw-r-----", "r--r--r--")) {
            Files.deleteIfExists(file);
            Files.write(file, EXISTING);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            writeAndCommit(file + "#a", ElementType.FLOAT32, new double[] {1}, 1);
            assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    static Stream<byte[]> notWellFormed() {
        return Stream.of(
                new byte[0],
                "some text that somebody wrote".getBytes(StandardCharsets.UTF_8),
                TestFiles.npy(new long[] {1}, 1),
                Arrays.copyOf(EXISTING, EXISTING.length - 1),
                Arrays.copyOf(EXISTING, EXISTING.length + 1),
                safetensors("{" + entry("a", "F32", "[1]", 4, 8) + "}", new byte[8]),
                safetensors(
                        "{" + entry("a", "F32", "[1]", 0, 4) + "," + entry("b", "F32", "[1]", 0, 4) + "}",
                        new byte[4]));
    }

    @ParameterizedTest
    @MethodSource("notWellFormed")
    void rejectsAFileOfAnotherKind(byte[] bytes) throws IOException {
        Files.write(file, bytes);
        String specification = file + "#a";
        TensorFileException refusal =
                assertThrows(TensorFileException.class, () -> TensorOutput.check(specification, ElementType.FLOAT32));
        TensorFileTest.assertOneLine(specification, refusal, "cannot be added to", "another name");
        assertThrows(
                TensorFileException.class,
                () -> writeAndCommit(specification, ElementType.FLOAT32, new double[] {1}, 1));
        assertArrayEquals(bytes, Files.readAllBytes(file));
        assertEquals(List.of("y.safetensors"), files());
    }

    @Test
    void doesNotReplaceAFileThatWasDamagedMeanwhile() throws IOException {
        Files.write(file, EXISTING);
        Path other = Files.write(folder.resolve("z.npy"), new byte[3]);
        try (TensorOutput output = new TensorOutput()) {
            output.write(other.toString(), new float[] {1}, 1);
            output.write(file + "#a", new float[] {1}, 1);
            Files.write(file, new byte[5]);
            assertThrows(TensorFileException.class, output::commit);
        }
        assertEquals(5, Files.size(file));
        assertEquals(3, Files.size(other));
        assertEquals(List.of("y.safetensors", "z.npy"), files());
    }

    // Checks before writing.

    private static void assertRefused(String specification, ElementType type, String... says) {
        TensorFileTest.assertOneLine(
                specification,
                assertThrows(TensorFileException.class, () -> TensorOutput.check(specification, type)),
                says);
    }

    @Test
    void checksNames() {
        TensorOutput.check(folder.resolve("new.npy").toString(), ElementType.FLOAT16);
        TensorOutput.check(folder.resolve("a#b.npy").toString(), ElementType.FLOAT64);
        TensorOutput.check(file.toString(), ElementType.BFLOAT16);
        TensorOutput.check(file + "#any name/at all", ElementType.BFLOAT16);
        TensorOutput.check("/dev/null", ElementType.FLOAT32);
        assertRefused(folder.toString(), ElementType.FLOAT32, "is a directory", "expected a file");
        assertRefused(TestFiles.folder(file) + "#a", ElementType.FLOAT32, "is a directory", "expected a file");
        for (String name : List.of(
                "y.png",
                "y",
                "y.npy#a",
                "y.safetensors.gz",
                "y.NPY",
                "y.safetensors.index.json",
                "y.safetensors.index.json#a")) {
            assertRefused(folder.resolve(name).toString(), ElementType.FLOAT32, "ends with .npy, .npz or .safetensors");
        }
        for (String name : List.of("#", "#__metadata__", "#\ud800")) {
            assertThrows(
                    TensorFileException.class,
                    () -> TensorOutput.check(folder + "/z.safetensors" + name, ElementType.FLOAT32),
                    name);
        }
        assertThrows(IllegalArgumentException.class, () -> TensorOutput.check("", ElementType.FLOAT32));
    }

    @ParameterizedTest
    @ValueSource(strings = {"y.npz#", "y.png", "x.safetensors#"})
    void doesNotWriteWhatTheCheckRejects(String name) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> output.create(folder.resolve(name).toString(), ElementType.BFLOAT16, 1));
        }
        assertEquals(List.of(), files());
    }

    @Test
    void rejectsEqualOutputs() throws IOException {
        String npy = folder.resolve("y.npy").toString();
        Files.createSymbolicLink(folder.resolve("l.safetensors"), Path.of("y.safetensors"));
        TensorOutput.checkDistinct(npy, null, file + "#a", file + "#b", file.toString(), null);
        TensorOutput.checkDistinct("/dev/null", "/dev/null");
        assertNotDistinct(npy, folder + "/./y.npy");
        assertNotDistinct(npy, file.toString(), npy);
        assertNotDistinct(file + "#a", file + "#b", file + "#a");
        assertNotDistinct(file.toString(), file + "#tensor");
        assertNotDistinct(folder.resolve("l.safetensors") + "#a", file + "#a");
    }

    private static void assertNotDistinct(String... outputs) {
        String last = outputs[outputs.length - 1];
        TensorFileTest.assertOneLine(
                last,
                assertThrows(TensorFileException.class, () -> TensorOutput.checkDistinct(outputs)),
                "is named for two outputs",
                "expected");
    }

    @Test
    void reportsCircularLinksInOneLine() throws IOException {
        Path link = folder.resolve("l.npy");
        Files.createSymbolicLink(link, Path.of("l.npy"));
        TensorFileTest.assertOneLine(
                link,
                assertThrows(TensorFileException.class, () -> TensorOutput.checkDistinct(link.toString())),
                "links");
        try (TensorOutput output = new TensorOutput()) {
            IOException failure = assertThrows(IOException.class, () -> output.write(link, new float[] {1}, 1));
            assertTrue(failure.getMessage().startsWith(link + ": cannot be written"), failure.getMessage());
        }
    }
}
