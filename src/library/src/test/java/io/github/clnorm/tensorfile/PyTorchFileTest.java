package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files like those of safetensors.torch.save_file with the state of a BatchNorm2d(2), including its whole number. */
class PyTorchFileTest {

    private static final String HEADER = "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"bn.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
            + "\"bn.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]},"
            + "\"bn.running_mean\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
            + "\"bn.running_var\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
            + "\"bn.weight\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[32,40]}}";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void setUp() {
        file = TestFiles.write(
                folder.resolve("model.safetensors"),
                TestFiles.safetensors(
                        HEADER + " ".repeat((8 - HEADER.length() % 8) % 8),
                        TestFiles.join(number(1234567890123L), TestFiles.floats(0, 0.5f, 1, 2, 3, 4, 5, 6))));
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    @Test
    void readsNumbersAndFloats() {
        assertEquals(1234567890123L, TensorFile.readLong(file + "#bn.num_batches_tracked"));
        assertArrayEquals(
                new float[] {0, 0.5f}, TensorFile.open(file + "#bn.bias").readFloats());
        assertArrayEquals(
                new float[] {5, 6}, TensorFile.open(file + "#bn.weight").readFloats());
    }

    @Test
    void rejectsNumbersAsFloatsAndFloatsAsNumbers() {
        String number = file + "#bn.num_batches_tracked";
        TensorFileTest.assertOneLine(
                number,
                assertThrows(TensorFileException.class, () -> TensorFile.open(number)),
                "holds I64",
                "expected F16, BF16, F32 or F64");
        String weight = file + "#bn.weight";
        TensorFileTest.assertOneLine(
                weight,
                assertThrows(TensorFileException.class, () -> TensorFile.readLong(weight)),
                "holds F32",
                "expected a whole number");
    }

    @Test
    void writesTheFileThatPyTorchWrites() throws IOException {
        Path copy = folder.resolve("copy.safetensors");
        try (TensorOutput output = new TensorOutput()) {
            output.writeLong(copy + "#bn.num_batches_tracked", 1234567890123L);
            output.write(copy + "#bn.bias", new float[] {0, 0.5f}, 2);
            output.write(copy + "#bn.running_mean", new float[] {1, 2}, 2);
            output.write(copy + "#bn.running_var", new float[] {3, 4}, 2);
            output.write(copy + "#bn.weight", new float[] {5, 6}, 2);
            output.commit();
        }
        byte[] expected = Files.readAllBytes(file);
        byte[] bytes = Files.readAllBytes(copy);
        assertEquals(withoutMetadata(header(expected)), header(bytes));
        assertArrayEquals(data(expected), data(bytes));
    }

    @Test
    void aWholeFileIsByteForByteTheOneThatPyTorchWrites() throws IOException {
        Path copy = folder.resolve("copy");
        SafetensorsWriter writer = new SafetensorsWriter(copy);
        writer.add("bn.weight", ElementType.FLOAT32, elements(5, 6), 2);
        writer.add("bn.bias", ElementType.FLOAT32, elements(0, 0.5f), 2);
        writer.add("bn.running_mean", ElementType.FLOAT32, elements(1, 2), 2);
        writer.add("bn.running_var", ElementType.FLOAT32, elements(3, 4), 2);
        writer.add("bn.num_batches_tracked", 1234567890123L);
        assertThrows(TensorFileException.class, () -> writer.add("bn.num_batches_tracked", 1));
        assertThrows(TensorFileException.class, () -> writer.add("", 1));
        writer.commit();
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
        try (SafetensorsReader reader = SafetensorsReader.open(copy)) {
            assertEquals(5, reader.names().size());
            assertArrayEquals(new double[] {5, 6}, reader.doubles("bn.weight"));
            assertEquals(1234567890123L, reader.number("bn.num_batches_tracked"));
            assertThrows(TensorFileException.class, () -> reader.doubles("bn.num_batches_tracked"));
            assertThrows(TensorFileException.class, () -> reader.number("bn.weight"));
            assertThrows(TensorFileException.class, () -> reader.doubles("none"));
        }
    }

    @Test
    void aContentOfAnotherSizeLeavesTheOldFile() throws IOException {
        byte[] before = Files.readAllBytes(file);
        for (float[] wrong : List.of(new float[] {1}, new float[] {1, 2, 3})) {
            SafetensorsWriter writer = new SafetensorsWriter(file);
            writer.add("x", ElementType.FLOAT32, elements(wrong), 2);
            assertThrows(IllegalStateException.class, writer::commit);
        }
        assertArrayEquals(before, Files.readAllBytes(file));
        assertEquals(1, folder.toFile().list().length);
    }

    private static SafetensorsWriter.Content elements(float... values) {
        return target -> target.write(ByteBuffer.wrap(TestFiles.floats(values)));
    }

    @Test
    void addingKeepsTheNumberByteForByte() throws IOException {
        byte[] before = Files.readAllBytes(file);
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#y", ElementType.FLOAT64, new double[] {7}, 1);
            output.writeLong(file + "#steps", Long.MIN_VALUE);
            output.commit();
        }
        assertEquals(1234567890123L, TensorFile.readLong(file + "#bn.num_batches_tracked"));
        assertEquals(Long.MIN_VALUE, TensorFile.readLong(file + "#steps"));
        assertArrayEquals(
                new float[] {3, 4}, TensorFile.open(file + "#bn.running_var").readFloats());
        JsonNode after = header(Files.readAllBytes(file));
        assertEquals("pt", after.get("__metadata__").get("format").asText());
        assertEquals(header(before).size() + 2, after.size());
        assertEquals("I64", after.get("bn.num_batches_tracked").get("dtype").asText());
        assertEquals(0, after.get("bn.num_batches_tracked").get("shape").size());
    }

    /** Another process adds a tensor after the header was read, so that the offsets of the others change. */
    @Test
    void findsATensorAfterTheFileWasReplaced() throws IOException {
        TensorFile weight = TensorFile.open(file + "#bn.weight");
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#a longer name", ElementType.FLOAT64, new double[] {7, 8, 9}, 3);
            output.write(file + "#bn.bias", new float[] {1, 2, 3}, 3);
            output.commit();
        }
        assertArrayEquals(new float[] {5, 6}, weight.readFloats());
        TensorFile bias = TensorFile.open(file + "#bn.bias");
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#bn.bias", new float[] {1, 2}, 2);
            output.commit();
        }
        TensorFileTest.assertOneLine(
                bias,
                assertThrows(TensorFileException.class, bias::readFloats),
                "was replaced meanwhile",
                "holds float32 [2]",
                "held float32 [3]");
    }

    @Test
    void readsEveryTypeOfWholeNumber() {
        for (String type : List.of("I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64")) {
            int bytes = Integer.parseInt(type.substring(1)) / 8;
            byte[] ones = new byte[bytes];
            Arrays.fill(ones, (byte) -1);
            Path integer = TestFiles.write(
                    folder.resolve("i.safetensors"),
                    TestFiles.safetensors("{" + TestFiles.entry("n", type, "[1]", 0, bytes) + "}", ones));
            if (type.equals("U64")) {
                assertThrows(TensorFileException.class, () -> TensorFile.readLong(integer.toString()));
            } else {
                long expected = type.startsWith("I") ? -1 : (1L << 8 * bytes) - 1;
                assertEquals(expected, TensorFile.readLong(integer + "#n"), type);
            }
        }
    }

    @Test
    void numbersInNpyFiles() throws IOException {
        Path npy = folder.resolve("n.npy");
        try (TensorOutput output = new TensorOutput()) {
            output.writeLong(npy.toString(), -42);
            assertThrows(
                    IllegalArgumentException.class,
                    () -> output.writeLong(folder.resolve("n.txt").toString(), 1));
            output.commit();
        }
        assertEquals(-42, TensorFile.readLong(npy.toString()));
        assertArrayEquals(TestFiles.npy("<i8", "()", number(-42)), Files.readAllBytes(npy));
    }

    private static JsonNode header(byte[] file) throws IOException {
        return new ObjectMapper().readTree(file, 8, headerBytes(file));
    }

    private static int headerBytes(byte[] file) {
        return (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static JsonNode withoutMetadata(JsonNode header) {
        ((ObjectNode) header).remove("__metadata__");
        return header;
    }

    private static byte[] data(byte[] file) {
        return Arrays.copyOfRange(file, 8 + headerBytes(file), file.length);
    }
}
