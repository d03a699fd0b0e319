package io.github.clnorm.tensorfile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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

/** Writes all outputs or none; existing files stay until the commit. */
class TensorOutputTest {

    private static final byte[] OLD = {'o', 'l', 'd'};

    @TempDir
    private Path folder;

    private Path target;

    @BeforeEach
    void setUp() {
        target = folder.resolve("y.npy");
    }

    private static void writeAndCommit(Path file, float[] values, long... shape) throws IOException {
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(file, values, shape);
            outputs.commit();
        }
    }

    /** All files of the folder, which must contain no temporary file. */
    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    static Stream<long[]> shapes() {
        return Stream.of(
                new long[0],
                new long[] {5},
                new long[] {2, 3, 4},
                new long[] {1, 2, 1, 3, 1, 2, 1},
                new long[] {0, 3},
                // More than the 1 MiB that is written at a time, and not a multiple of it.
                new long[] {3, 200_003});
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void readsWhatItWrote(long[] shape) throws IOException {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        float[] values = Values.normal(1, count, 0, 1);
        writeAndCommit(target, values, shape);
        TensorFile file = TensorFile.open(target);
        assertEquals(ElementType.FLOAT32, file.type());
        assertArrayEquals(shape, file.shape());
        Errors.assertSameBits(values, file.readFloats(), Arrays.toString(shape));
        assertEquals(List.of("y.npy"), files());
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void writesTheFileThatNumPyWrites(long[] shape) throws IOException {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        float[] values = Values.normal(2, count, 0, 1);
        writeAndCommit(target, values, shape);
        assertArrayEquals(TestFiles.npy(shape, values), Files.readAllBytes(target));
    }

    @Test
    void keepsTheBitsOfSpecialValues() throws IOException {
        float[] values = {-0f, Float.MIN_VALUE, Float.NaN, Float.NEGATIVE_INFINITY, Float.MAX_VALUE};
        writeAndCommit(target, values, 5);
        Errors.assertSameBits(values, TensorFile.open(target).readFloats(), "special values");
    }

    @ParameterizedTest
    @EnumSource
    void writesEveryType(ElementType type) throws IOException {
        double largest = type == ElementType.BFLOAT16 ? 0x1.fep127 : 65504;
        double[] values = {1, -0.0, largest, Double.NaN, Double.NEGATIVE_INFINITY, 0x1p-24};
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target.toString(), type, values, 2, 3);
            outputs.commit();
        }
        TensorFile file = TensorFile.open(target);
        assertEquals(type, file.type());
        assertArrayEquals(values, file.readDoubles());
    }

    @Test
    void commitReplacesTheOldFile() throws IOException {
        Files.write(target, new byte[1000]);
        writeAndCommit(target, new float[] {1}, 1);
        assertArrayEquals(TestFiles.npy(new long[] {1}, 1), Files.readAllBytes(target));
        assertEquals(List.of("y.npy"), files());
    }

    @Test
    void theOldFileStaysUntilCommit() throws IOException {
        Files.write(target, OLD);
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target, new float[] {1}, 1);
            assertArrayEquals(OLD, Files.readAllBytes(target));
        }
        assertArrayEquals(OLD, Files.readAllBytes(target));
        assertEquals(List.of("y.npy"), files());
    }

    @Test
    void withoutCommitThereIsNoNewFile() throws IOException {
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target, new float[] {1}, 1);
        }
        assertEquals(List.of(), files());
    }

    @Test
    void namesAMissingFolder() {
        Path missing = folder.resolve("missing").resolve("y.npy");
        assertNamed(missing, assertThrows(IOException.class, () -> writeAndCommit(missing, new float[] {1}, 1)));
        assertFalse(Files.exists(missing.getParent()));
    }

    @Test
    void namesAPathThroughAFile() throws IOException {
        Files.write(target, OLD);
        Path below = target.resolve("y.npy");
        assertNamed(below, assertThrows(IOException.class, () -> writeAndCommit(below, new float[] {1}, 1)));
        assertArrayEquals(OLD, Files.readAllBytes(target));
        assertEquals(List.of("y.npy"), files());
    }

    /** The message names the output, not the temporary file. */
    private static void assertNamed(Path given, IOException failure) {
        assertTrue(failure.getMessage().contains(given.toString()), failure.getMessage());
        assertFalse(failure.getMessage().contains(".part"), failure.getMessage());
    }

    @Test
    void aDirectoryIsNotReplaced() throws IOException {
        Files.createDirectory(target);
        assertThrows(IOException.class, () -> writeAndCommit(target, new float[] {1}, 1));
        assertTrue(Files.isDirectory(target));
        assertEquals(List.of("y.npy"), files());
    }

    @Test
    void aLinkStaysALink() throws IOException {
        Path real =
                Files.write(Files.createDirectory(folder.resolve("elsewhere")).resolve("real.npy"), OLD);
        Files.createSymbolicLink(target, folder.relativize(real));
        writeAndCommit(target, new float[] {1}, 1);
        assertTrue(Files.isSymbolicLink(target));
        assertArrayEquals(TestFiles.npy(new long[] {1}, 1), Files.readAllBytes(real));
        assertEquals(List.of("elsewhere", "y.npy"), files());
    }

    @Test
    void aLinkToAMissingFileStaysALink() throws IOException {
        Path real = folder.resolve("real.npy");
        Files.createSymbolicLink(target, Path.of("real.npy"));
        writeAndCommit(target, new float[] {1}, 1);
        assertTrue(Files.isSymbolicLink(target));
        assertArrayEquals(TestFiles.npy(new long[] {1}, 1), Files.readAllBytes(real));
    }

    @Test
    void keepsPermissions() throws IOException {
        for (String permissions : List.of("rw-r-----", "rw-rw-rw-", "rwx------")) {
            Files.write(target, OLD);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString(permissions));
            writeAndCommit(target, new float[] {1}, 1);
            assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        }
    }

    @Test
    void aNewFileHasDefaultPermissions() throws IOException {
        Path any = Files.createFile(folder.resolve("any"));
        writeAndCommit(target, new float[] {1}, 1);
        assertEquals(Files.getPosixFilePermissions(any), Files.getPosixFilePermissions(target));
    }

    @Test
    void writesToADeviceWithoutReplacingIt() throws IOException {
        Path device = Path.of("/dev/null");
        writeAndCommit(device, new float[] {1, 2, 3}, 3);
        assertTrue(Files.exists(device));
        assertFalse(Files.isRegularFile(device, LinkOption.NOFOLLOW_LINKS), device + " was replaced");
    }

    @Test
    void commitsSeveralFiles() throws IOException {
        Path second = folder.resolve("mean.npy");
        Files.write(target, OLD);
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target, new float[] {1, 2}, 2);
            outputs.write(second, new float[] {3}, 1);
            assertArrayEquals(OLD, Files.readAllBytes(target));
            assertFalse(Files.exists(second));
            outputs.commit();
        }
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(target).readFloats());
        assertArrayEquals(new float[] {3}, TensorFile.open(second).readFloats());
        assertEquals(List.of("mean.npy", "y.npy"), files());
    }

    @Test
    void ifOneCannotBeWrittenNoneIs() throws IOException {
        Files.write(target, OLD);
        Path missing = folder.resolve("missing").resolve("mean.npy");
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target, new float[] {1}, 1);
            assertThrows(IOException.class, () -> outputs.write(missing, new float[] {2}, 1));
        }
        assertArrayEquals(OLD, Files.readAllBytes(target));
        assertEquals(List.of("y.npy"), files());
    }

    @Test
    void ifOneCannotBeRenamedNoneIs() throws IOException {
        Files.write(target, OLD);
        Path second = folder.resolve("mean.npy");
        try (TensorOutput outputs = new TensorOutput()) {
            outputs.write(target, new float[] {1}, 1);
            outputs.write(second, new float[] {2}, 1);
            // Another program creates a folder with this name while the command runs.
            Files.createDirectories(second.resolve("inner"));
            assertThrows(IOException.class, outputs::commit);
        }
        assertArrayEquals(OLD, Files.readAllBytes(target));
        assertEquals(List.of("mean.npy", "y.npy"), files());
    }
}
