package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors in the bytes of .npy files, as NumPy writes them. */
class NpyTensorTest {

    private static byte[] file(String descr, boolean fortran, String shape, ByteBuffer elements) {
        return TestFiles.npy(1, descr, fortran, shape, elements.array());
    }

    private static ByteBuffer shorts(ByteOrder order, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(order);
        Arrays.stream(values).forEach(value -> bytes.putShort((short) value));
        return bytes;
    }

    private static float[] floats(byte... file) {
        NpyTensor npy = NpyTensor.of(file);
        float[] values = new float[(int) Arrays.stream(npy.shape()).reduce(1, (a, b) -> a * b)];
        ByteBuffer target = ByteBuffer.allocate(4 * values.length).order(ByteOrder.nativeOrder());
        npy.read(target);
        assertEquals(target.capacity(), target.position());
        target.flip().asFloatBuffer().get(values);
        return values;
    }

    private static ByteBuffer floatBytes(ByteOrder order, float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(order);
        bytes.asFloatBuffer().put(values);
        return bytes;
    }

    @Test
    void eachOrderOfBytesAndElementsIsRead() {
        float[] expected = {1, 2, 3, 4, 5, 6};
        assertArrayEquals(
                expected, floats(file("<f4", false, "(2, 3)", floatBytes(ByteOrder.LITTLE_ENDIAN, expected))));
        assertArrayEquals(expected, floats(file(">f4", false, "(2, 3)", floatBytes(ByteOrder.BIG_ENDIAN, expected))));
        assertArrayEquals(
                expected, floats(file("<f4", true, "(2, 3)", floatBytes(ByteOrder.LITTLE_ENDIAN, 1, 4, 2, 5, 3, 6))));
        assertArrayEquals(
                expected, floats(file(">f4", true, "(2, 3)", floatBytes(ByteOrder.BIG_ENDIAN, 1, 4, 2, 5, 3, 6))));
    }

    @Test
    void theDescriptionIsThatOfTheFile() {
        NpyTensor npy = NpyTensor.of(file("<f2", false, "(2, 1)", shorts(ByteOrder.LITTLE_ENDIAN, 0x3c00, 0xc000)));
        assertEquals(ElementType.FLOAT16, npy.type());
        assertArrayEquals(new long[] {2, 1}, npy.shape());
        ByteBuffer target = ByteBuffer.allocate(4).order(ByteOrder.nativeOrder());
        npy.read(target);
        assertEquals(0x3c00, target.getShort(0));
        assertEquals((short) 0xc000, target.getShort(2));
    }

    @Test
    void encodedBytesAreThoseOfAFile(@TempDir Path folder) throws Exception {
        float[] values = {1.5f, -2, Float.NaN, 0, Float.MIN_VALUE, 6};
        Path path = folder.resolve("x.npy");
        try (TensorOutput output = new TensorOutput()) {
            output.write(path, values, 3, 2);
            output.commit();
        }
        ByteBuffer elements = floatBytes(ByteOrder.nativeOrder(), values);
        byte[] encoded = NpyTensor.encode(ElementType.FLOAT32, elements, 3, 2);
        assertArrayEquals(Files.readAllBytes(path), encoded);
        assertEquals(0, elements.position());
        assertArrayEquals(values, floats(encoded));
    }

    private static void rejected(String message, byte... file) {
        assertEquals(
                message,
                assertThrows(TensorFileException.class, () -> NpyTensor.of(file))
                        .getMessage());
    }

    @Test
    void bytesThatAreNoTensorAreRejected() {
        byte[] file = file("<f4", false, "(2,)", floatBytes(ByteOrder.LITTLE_ENDIAN, 1, 2));
        rejected("npy bytes: is not a .npy file: expected it to begin with \\x93NUMPY");
        rejected("npy bytes: is not a .npy file: expected it to begin with \\x93NUMPY", (byte) 'P', (byte) 'K');
        rejected(
                "npy bytes: is truncated: float32 of shape [2] takes 8 bytes after the header, the file has 7",
                Arrays.copyOf(file, file.length - 1));
        rejected("npy bytes: is truncated: its header takes 8 bytes, the file has 7", Arrays.copyOf(file, 7));
        rejected(
                "npy bytes: holds '<i4', expected float16, float32 or float64 ('<f2', '<f4', '<f8'), or bfloat16 ('<V2')",
                file("<i4", false, "(2,)", floatBytes(ByteOrder.LITTLE_ENDIAN, 1, 2)));
    }

    @Test
    void buffersOfAnotherSizeAreRejected() {
        NpyTensor npy = NpyTensor.of(file("<f4", false, "(2,)", floatBytes(ByteOrder.LITTLE_ENDIAN, 1, 2)));
        assertThrows(IllegalArgumentException.class, () -> npy.read(ByteBuffer.allocate(4)));
        assertThrows(
                IllegalArgumentException.class, () -> NpyTensor.encode(ElementType.FLOAT32, ByteBuffer.allocate(4), 2));
    }
}
