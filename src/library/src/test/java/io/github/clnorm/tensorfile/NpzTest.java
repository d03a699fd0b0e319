package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.npy;
import static io.github.clnorm.tensorfile.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Pipes;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads .npz files, and explains in one line why it does not. */
class NpzTest {

    private static final byte[] ONE = npy(new long[] {2}, 1, 2);
    private static final byte[] OTHER = npy(new long[] {3}, 3, 4, 5);

    @TempDir
    private Path folder;

    private String write(byte[] archive) {
        return TestFiles.write(folder.resolve("x.npz"), archive).toString();
    }

    private static void refused(String specification, String... says) {
        TensorFileTest.assertOneLine(
                specification,
                assertThrows(TensorFileException.class, () -> TensorFile.open(specification)
                        .readFloats()),
                says);
    }

    // What NumPy writes.

    @ParameterizedTest
    @ValueSource(strings = {"savez.npz", "savez_compressed.npz"})
    void readsWhatNumPyWrites(String name) {
        String file = NumPyFiles.of(name).toString();
        Map.of(
                        "weight", ElementType.FLOAT32,
                        "big", ElementType.FLOAT64,
                        "half", ElementType.FLOAT16,
                        "brain", ElementType.BFLOAT16)
                .forEach((tensor, type) -> {
                    TensorFile read = TensorFile.open(file + "#" + tensor);
                    assertEquals(type, read.type(), tensor);
                    assertArrayEquals(NumPyFiles.SHAPE, read.shape(), tensor);
                    assertArrayEquals(NumPyFiles.values(), read.readDoubles(), tensor);
                    assertEquals(file + "#" + tensor, read.toString());
                });
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#größe/γ").readFloats());
        assertEquals(7, TensorFile.readLong(file + "#count"));
        // As npz['weight.npy'] in NumPy.
        assertArrayEquals(
                NumPyFiles.values(), TensorFile.open(file + "#weight.npy").readDoubles());
        refused(file, "holds 6 tensors", "FILE.npz#NAME", "'weight', 'big', 'half', 'brain' and 2 more");
        refused(
                file + "#wieght",
                "has no tensor 'wieght', expected one of 'weight', 'big', 'half', 'brain' and 2 more");
        refused(file + "#", "has no tensor ''");
        refused(file + "#count", "holds '>i4'", "float32");
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void anyPartIsReadInAnyOrder(int method) {
        float[] values = new float[300_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 1000;
        }
        String file = write(zip(method, "a.npy", ONE, "x.npy", npy(new long[] {3, 100_000}, values)));
        assertArrayEquals(values, TensorFile.open(file + "#x").readFloats());
        try (Elements elements = TensorFile.open(file + "#x").elements()) {
            ByteBuffer two = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            for (int first : new int[] {299_998, 0, 150_007}) {
                elements.read(first, two.clear());
                assertEquals(values[first], two.getFloat(0));
                assertEquals(values[first + 1], two.getFloat(4));
            }
        }
    }

    @Test
    void anArchiveOfOneTensorNeedsNoName() {
        byte[] text = "how it was made".getBytes(StandardCharsets.UTF_8);
        String file = write(zip(ZipEntry.DEFLATED, "README", text, "only.npy", ONE));
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file).readFloats());
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(Path.of(file)).readFloats());
        refused(file + "#README", "has no tensor 'README', expected one of 'only'");
        refused(write(zip(ZipEntry.STORED, "README", text)), "holds no tensor");
        refused(write(zip(ZipEntry.STORED)), "holds no tensor");
        refused(write(zip(ZipEntry.STORED, "text.npy", text)) + "#text", "is not a .npy file");
        // The message names it too.
        String unnamed = write(zip(ZipEntry.STORED, "text.npy", text));
        String message = assertThrows(TensorFileException.class, () -> TensorFile.open(unnamed))
                .getMessage();
        assertTrue(message.startsWith(unnamed + "#text: is not a .npy file"), message);
    }

    @Test
    void otherSignsBelongToTheName() {
        TestFiles.write(folder.resolve("a.npz#b.npy"), ONE);
        String file = write(zip(ZipEntry.STORED, "a#b.npy", ONE, "x.npz#y.npy", OTHER));
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#a#b").readFloats());
        assertArrayEquals(
                new float[] {3, 4, 5}, TensorFile.open(file + "#x.npz#y").readFloats());
        // A path has no names of tensors.
        assertArrayEquals(
                new float[] {1, 2},
                TensorFile.open(folder.resolve("a.npz#b.npy")).readFloats());
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    @Timeout(60)
    void aPipeIsCopied(int method) throws Exception {
        Path pipe = Pipes.make(folder.resolve("pipe.npz"));
        byte[] archive = zip(method, "a.npy", ONE, "b.npy", OTHER);
        Thread writer = new Thread(() -> TestFiles.write(pipe, archive));
        writer.start();
        TensorFile tensor = TensorFile.open(pipe + "#b");
        writer.join();
        assertArrayEquals(new float[] {3, 4, 5}, tensor.readFloats());
        assertArrayEquals(new double[] {3, 4, 5}, tensor.readDoubles());
    }

    @Test
    void anEndlessStreamIsNotCopied() throws IOException {
        Path zeros = Files.createSymbolicLink(folder.resolve("zeros.npz"), Path.of("/dev/zero"));
        refused(zeros.toString(), "is not a .npz file");
    }

    /** Sizes and offsets beyond 4 GiB, in a file with a hole. */
    @Test
    void readsZip64() throws IOException {
        Path file = folder.resolve("large.npz");
        long offset = (1L << 32) + 12345;
        byte[] archive = zip(ZipEntry.STORED, "x.npy", ONE);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(TestFiles.zip64(archive, offset)), offset);
        }
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#x").readFloats());
    }

    // Damaged archives.

    @Test
    void explainsWhatIsNoArchive() {
        refused(write(new byte[0]), "is not a .npz file", "numpy.savez");
        refused(write(ONE), "is not a .npz file", "numpy.savez");
        byte[] whole = zip(ZipEntry.STORED, "x.npy", ONE);
        refused(
                write(Arrays.copyOf(whole, whole.length - 1)),
                "is a damaged .npz file: the directory at its end is missing, so it may be truncated");
        Path directory = TestFiles.folder(folder.resolve("d.npz"));
        refused(directory + "#x", "is a directory, expected a .npz file");
        refused(folder.resolve("none.npz") + "#x", "no such file");
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void everyDamagedByteOfTheContentIsFound(int method) {
        byte[] whole = zip(method, "x.npy", ONE);
        int start = 30 + "x.npy".length();
        // Java writes sizes and checksum again after content that it deflates.
        int end = TestFiles.indexOf(whole, 0x02014b50) - (method == ZipEntry.DEFLATED ? 16 : 0);
        for (int at = start; at < end; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 4;
            refused(write(damaged) + "#x");
        }
        byte[] damaged = whole.clone();
        damaged[end - 1] ^= 4;
        refused(write(damaged) + "#x", "is a damaged .npz file", "x.npy");
    }

    @Test
    void aStoredTensorWithAnotherChecksumIsRejectedBeforeItIsRead() {
        byte[] damaged = zip(ZipEntry.STORED, "x.npy", ONE);
        damaged[TestFiles.indexOf(damaged, 0x02014b50) - 2] ^= 1;
        TensorFile tensor = TensorFile.open(write(damaged) + "#x");
        TensorFileTest.assertOneLine(
                tensor,
                assertThrows(TensorFileException.class, tensor::elements),
                "is a damaged .npz file: the content of 'x.npy' has another checksum");
    }

    @Test
    void damagedDirectoriesAreExplained() {
        byte[] whole = zip(ZipEntry.STORED, "x.npy", ONE);
        int central = TestFiles.indexOf(whole, 0x02014b50);
        int end = TestFiles.indexOf(whole, 0x06054b50);
        refused(
                write(changed(whole, central, 0)) + "#x",
                "is a damaged .npz file: entry 0 of its directory is malformed");
        refused(write(changed(whole, central + 28, 200)) + "#x", "entry 0 of its directory is truncated");
        refused(write(changed(whole, central + 44, 9)) + "#x", "the header of 'x.npy' is not where its directory says");
        refused(write(changed(whole, end + 10, 7)) + "#x", "its directory has 1 entries, expected 7");
        refused(write(changed(whole, end + 18, 7)) + "#x", "reaches beyond its end");
        // The packed size, and then both sizes.
        refused(write(changed(whole, central + 21, 9)) + "#x", "reaches beyond its end");
        refused(write(changed(whole, central + 24, 9)) + "#x", "136 bytes in the archive");
    }

    @Test
    void otherMethodsAndEncryptionAreNamed() {
        byte[] whole = zip(ZipEntry.STORED, "x.npy", ONE);
        int central = TestFiles.indexOf(whole, 0x02014b50);
        refused(write(changed(whole, central + 10, 12)) + "#x", "is compressed by zip's method 12", "numpy.savez");
        refused(write(changed(whole, central + 8, 1)) + "#x", "is encrypted");
    }

    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void anEntryThatIsTooShortSaysSo(int method) {
        byte[] cut = Arrays.copyOf(OTHER, OTHER.length - 5);
        String file = write(zip(method, "a.npy", ONE, "x.npy", cut, "z.npy", ONE));
        refused(
                file + "#x",
                "is truncated: float32 of shape [3] takes 12 bytes after the header, its file in the archive has 7");
        refused(
                write(zip(method, "x.npy", Arrays.copyOf(ONE, 20), "z.npy", ONE)) + "#x",
                "is truncated: its header takes 128 bytes");
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#z").readFloats());
    }

    @Test
    void aSizeThatDeflateCannotReachIsRejectedBeforeItIsInflated() {
        byte[] whole = zip(ZipEntry.DEFLATED, "x.npy", ONE);
        int central = TestFiles.indexOf(whole, 0x02014b50);
        refused(write(changed(whole, central + 26, 0x7f)) + "#x", "is a damaged .npz file", "cannot take");
        refused(write(changed(whole, central + 24, 100)) + "#x", "inflates to more than the 100 bytes");
        refused(write(changed(whole, central + 24, 140)) + "#x", "inflates to 136 bytes, expected the 140");
    }

    @Test
    void aFileThatWasReplacedMeanwhileIsReadAnew() {
        String file = write(zip(ZipEntry.STORED, "x.npy", ONE));
        TensorFile tensor = TensorFile.open(file + "#x");
        write(zip(ZipEntry.DEFLATED, "new.npy", OTHER, "x.npy", npy(new long[] {2}, 8, 9)));
        assertArrayEquals(new float[] {8, 9}, tensor.readFloats());
        write(zip(ZipEntry.STORED, "x.npy", OTHER));
        TensorFileTest.assertOneLine(
                file + "#x", assertThrows(TensorFileException.class, tensor::readFloats), "was replaced meanwhile");
    }

    @Test
    void wholeNumbersAreChecked() {
        byte[] number = npy("<i8", "()", new byte[] {9, 0, 0, 0, 0, 0, 0, 0});
        for (int method : List.of(ZipEntry.STORED, ZipEntry.DEFLATED)) {
            byte[] whole = zip(method, "n.npy", number);
            assertEquals(9, TensorFile.readLong(write(whole) + "#n"));
            int crc = TestFiles.indexOf(whole, 0x02014b50) + 16;
            String damaged = write(changed(whole, crc, whole[crc] ^ 1)) + "#n";
            TensorFileTest.assertOneLine(
                    damaged,
                    assertThrows(TensorFileException.class, () -> TensorFile.readLong(damaged)),
                    "has another checksum");
        }
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        byte[] copy = bytes.clone();
        copy[at] = (byte) value;
        return copy;
    }
}
