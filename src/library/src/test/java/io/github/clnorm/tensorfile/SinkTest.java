package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes tensors piece by piece. */
class SinkTest {

    @TempDir
    private Path folder;

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(ElementType.class)
    void writesPiecesOfEveryType(ElementType type) throws IOException {
        // More than 1 MiB, in pieces that are not whole elements.
        byte[] bytes = new byte[700_001 * type.bytes()];
        new SplittableRandom(1).nextBytes(bytes);
        String file = file("y.safetensors#x");
        try (TensorOutput output = new TensorOutput()) {
            try (Sink sink = output.create(file, type, 700_001, 1)) {
                for (int at = 0; at < bytes.length; at += 333_333) {
                    ByteBuffer piece = ByteBuffer.wrap(bytes, at, Math.min(333_333, bytes.length - at));
                    sink.write(piece.order(ByteOrder.BIG_ENDIAN));
                    assertEquals(0, piece.remaining());
                }
            }
            output.commit();
        }
        TensorFile tensor = TensorFile.open(file);
        assertEquals(type, tensor.type());
        assertArrayEquals(new long[] {700_001, 1}, tensor.shape());
        byte[] read = new byte[bytes.length];
        try (Elements elements = tensor.elements()) {
            elements.read(0, ByteBuffer.wrap(read));
        }
        assertArrayEquals(bytes, read);
    }

    @Test
    void severalMayBeOpenTogether() throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            try (Sink a = output.create(file("y.safetensors#a"), ElementType.FLOAT32, 2);
                    Sink b = output.create(file("y.safetensors#b"), ElementType.FLOAT32, 2);
                    Sink c = output.create(file("y.npy"), ElementType.FLOAT32, 2)) {
                for (int i = 0; i < 2; i++) {
                    a.write(ByteBuffer.wrap(TestFiles.floats(i)));
                    b.write(ByteBuffer.wrap(TestFiles.floats(10 + i)));
                    c.write(ByteBuffer.wrap(TestFiles.floats(20 + i)));
                }
            }
            output.commit();
        }
        assertArrayEquals(
                new float[] {0, 1}, TensorFile.open(file("y.safetensors#a")).readFloats());
        assertArrayEquals(
                new float[] {10, 11}, TensorFile.open(file("y.safetensors#b")).readFloats());
        assertArrayEquals(new float[] {20, 21}, TensorFile.open(file("y.npy")).readFloats());
    }

    @ParameterizedTest
    @ValueSource(strings = {"y.npy", "y.safetensors#x"})
    void rejectsMissingAndSurplusBytes(String name) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            Sink sink = output.create(file(name), ElementType.FLOAT32, 2);
            sink.write(ByteBuffer.allocate(7));
            assertThrows(IllegalStateException.class, () -> sink.write(ByteBuffer.allocate(2)));
            assertThrows(IllegalStateException.class, output::commit, "an open sink");
            assertTrue(assertThrows(IllegalStateException.class, sink::close)
                    .getMessage()
                    .contains("1 bytes are missing"));
            assertThrows(IllegalStateException.class, () -> sink.write(ByteBuffer.allocate(1)), "a closed sink");
            assertThrows(IllegalStateException.class, output::commit, "an incomplete tensor");
        }
        assertEquals(List.of(), files());
    }

    @Test
    void closingOutputsClosesTheirSinks() throws IOException {
        Sink sink;
        try (TensorOutput output = new TensorOutput()) {
            sink = output.create(file("y.npy"), ElementType.FLOAT32, 2);
        }
        assertThrows(IllegalStateException.class, () -> sink.write(ByteBuffer.allocate(1)));
        assertEquals(List.of(), files());
    }

    @ParameterizedTest
    @ValueSource(strings = {"y.npy", "y.safetensors"})
    void writesEmptyTensorsAndScalars(String name) throws IOException {
        for (long[] shape : new long[][] {{0, 3}, {}}) {
            try (TensorOutput output = new TensorOutput()) {
                try (Sink sink = output.create(file(name), ElementType.FLOAT64, shape)) {
                    sink.write(ByteBuffer.allocate(shape.length == 0 ? 8 : 0));
                }
                output.commit();
            }
            assertArrayEquals(shape, TensorFile.open(file(name)).shape());
            assertEquals(shape.length == 0 ? 1 : 0, TensorFile.open(file(name)).readDoubles().length);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"y.npy", "y.safetensors"})
    void theInputMayBeTheOutput(String name) throws IOException {
        String file = file(name);
        float[] values = {1, 2, 3, 4};
        try (TensorOutput output = new TensorOutput()) {
            output.write(file, values, 4);
            output.commit();
        }
        try (TensorOutput output = new TensorOutput();
                Elements elements = TensorFile.open(file).elements()) {
            try (Sink sink = output.create(file, ElementType.FLOAT32, 4)) {
                ByteBuffer element = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < 4; i++) {
                    elements.read(3 - i, element.clear());
                    sink.write(element.flip());
                }
            }
            output.commit();
        }
        assertArrayEquals(new float[] {4, 3, 2, 1}, TensorFile.open(file).readFloats());
        assertEquals(List.of(name), files());
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MAX_VALUE})
    void rejectsImpossibleShapes(long dimension) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            assertThrows(
                    IllegalArgumentException.class, () -> output.create(file("y.npy"), ElementType.FLOAT32, dimension));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> output.create(file("y.npy"), ElementType.FLOAT32, new long[65]));
            assertThrows(IllegalArgumentException.class, () -> output.write(file("y.npy"), new float[3], 2));
        }
        assertEquals(List.of(), files());
    }
}
