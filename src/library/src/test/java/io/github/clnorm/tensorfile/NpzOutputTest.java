package io.github.clnorm.tensorfile;

import static io.github.clnorm.tensorfile.TestFiles.npy;
import static io.github.clnorm.tensorfile.TestFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.clnorm.testing.Pipes;
import io.github.clnorm.type.ElementType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes .npz files, and adds tensors to existing ones. Java's readers of zip archives check the result. */
class NpzOutputTest {

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void setUp() {
        file = folder.resolve("y.npz");
    }

    private static void write(String specification, float... values) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(specification, values, values.length);
            output.commit();
        }
    }

    /** The files of the archive, from its directory and from its local headers, which check the content. */
    private Map<String, byte[]> content() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (ZipInputStream local = new ZipInputStream(new ByteArrayInputStream(Files.readAllBytes(file)));
                ZipFile directory = new ZipFile(file.toFile())) {
            for (ZipEntry entry = local.getNextEntry(); entry != null; entry = local.getNextEntry()) {
                files.put(entry.getName(), local.readAllBytes());
                byte[] again = directory
                        .getInputStream(directory.getEntry(entry.getName()))
                        .readAllBytes();
                assertArrayEquals(files.get(entry.getName()), again);
            }
            assertEquals(files.size(), directory.size());
        }
        return files;
    }

    @ParameterizedTest
    @EnumSource
    void writesEveryType(ElementType type) throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#größe/γ", type, new double[] {1, -2, 0.5, 4, -0.0, 6}, 2, 3);
            output.commit();
        }
        TensorFile read = TensorFile.open(file + "#größe/γ");
        assertEquals(type, read.type());
        assertArrayEquals(new long[] {2, 3}, read.shape());
        assertArrayEquals(new double[] {1, -2, 0.5, 4, -0.0, 6}, read.readDoubles());
        assertEquals(List.of("größe/γ.npy"), new ArrayList<>(content().keySet()));
    }

    @Test
    void writesTheFilesThatNumPyStores() throws IOException {
        write(file + "#x", 1, 2, 3);
        assertArrayEquals(npy(new long[] {3}, 1, 2, 3), content().get("x.npy"));
        try (ZipFile zip = new ZipFile(file.toFile())) {
            assertEquals(ZipEntry.STORED, zip.getEntry("x.npy").getMethod());
        }
        byte[] first = Files.readAllBytes(file);
        write(file + "#x", 1, 2, 3);
        assertArrayEquals(first, Files.readAllBytes(file), "equal tensors are equal files");
    }

    @Test
    void theNameMayEndWithNpyOrBeOmitted() throws IOException {
        write(file.toString(), 1);
        write(file + "#b.npy", 2);
        assertEquals(List.of("arr_0.npy", "b.npy"), new ArrayList<>(content().keySet()));
        assertArrayEquals(new float[] {2}, TensorFile.open(file + "#b").readFloats());
    }

    @Test
    void keepsOtherFilesAsTheyAre() throws IOException {
        byte[] text = "text ".repeat(100).getBytes(StandardCharsets.UTF_8);
        TestFiles.write(
                file,
                zip(ZipEntry.DEFLATED, "README", text, "old.npy", npy(new long[] {2}, 7, 8), "objects.npy", text));
        long packed;
        try (ZipFile zip = new ZipFile(file.toFile())) {
            packed = zip.getEntry("README").getCompressedSize();
        }
        write(file + "#new", 1, 2, 3);
        Map<String, byte[]> files = content();
        assertEquals(List.of("README", "old.npy", "objects.npy", "new.npy"), new ArrayList<>(files.keySet()));
        assertArrayEquals(text, files.get("README"));
        assertArrayEquals(new float[] {7, 8}, TensorFile.open(file + "#old").readFloats());
        assertArrayEquals(new float[] {1, 2, 3}, TensorFile.open(file + "#new").readFloats());
        try (ZipFile zip = new ZipFile(file.toFile())) {
            assertEquals(packed, zip.getEntry("README").getCompressedSize());
        }
    }

    @Test
    void keepsNamesInOtherEncodings() throws IOException {
        byte[] archive = zip(ZipEntry.STORED, "oe.npy", npy(new long[] {1}, 9));
        int central = TestFiles.indexOf(archive, 0x02014b50);
        // An o with two dots in code page 437, without the flag of UTF-8.
        archive[30] = (byte) 0x94;
        archive[7] = 0;
        archive[central + 46] = (byte) 0x94;
        archive[central + 9] = 0;
        TestFiles.write(file, archive);
        write(file + "#new", 1);
        try (ZipFile zip = new ZipFile(file.toFile(), Charset.forName("IBM437"))) {
            assertEquals(2, zip.size());
            assertArrayEquals(
                    npy(new long[] {1}, 9),
                    zip.getInputStream(zip.getEntry("\u00f6e.npy")).readAllBytes());
        }
    }

    @Test
    void aTensorOfTheSameNameIsReplaced() throws IOException {
        write(file + "#a", 1);
        write(file + "#b", 2, 3);
        write(file + "#a", 4, 5, 6);
        assertEquals(2, content().size());
        assertArrayEquals(new float[] {4, 5, 6}, TensorFile.open(file + "#a").readFloats());
        assertArrayEquals(new float[] {2, 3}, TensorFile.open(file + "#b").readFloats());
    }

    @Test
    void severalTensorsAreWrittenAtOnce() throws IOException {
        try (TensorOutput output = new TensorOutput()) {
            output.write(file + "#a", new float[] {1, 2}, 2);
            output.writeLong(file + "#count", -5);
            TensorFileTest.assertOneLine(
                    file + "#a.npy",
                    assertThrows(TensorFileException.class, () -> output.write(file + "#a.npy", new float[] {3, 4}, 2)),
                    "tensor 'a' is named for two outputs, expected FILE.npz#NAME");
            output.commit();
        }
        assertArrayEquals(new float[] {1, 2}, TensorFile.open(file + "#a").readFloats());
        assertEquals(-5, TensorFile.readLong(file + "#count"));
    }

    @Test
    void withoutCommitTheFileIsUnchanged() throws IOException {
        write(file + "#a", 1);
        byte[] before = Files.readAllBytes(file);
        try (TensorOutput output = new TensorOutput();
                Sink sink = output.create(file + "#a", ElementType.FLOAT32, 2)) {
            sink.write(ByteBuffer.allocate(8));
        }
        assertArrayEquals(before, Files.readAllBytes(file));
        try (TensorOutput output = new TensorOutput()) {
            // Not complete, and not closed.
            output.create(file + "#a", ElementType.FLOAT32, 2).write(ByteBuffer.allocate(4));
        }
        assertArrayEquals(before, Files.readAllBytes(file));
        assertArrayEquals(new String[] {"y.npz"}, folder.toFile().list());
    }

    @Test
    void aDamagedFileIsNotAddedTo() throws IOException {
        for (byte[] damaged : List.of(
                new byte[3], npy(new long[] {1}, 1), Arrays.copyOf(zip(ZipEntry.STORED, "x.npy", new byte[9]), 60))) {
            TestFiles.write(file, damaged);
            TensorFileTest.assertOneLine(
                    file + "#a",
                    assertThrows(TensorFileException.class, () -> TensorOutput.check(file + "#a", ElementType.FLOAT32)),
                    "cannot be added to, remove it or use another name: the file is");
            assertThrows(TensorFileException.class, () -> write(file + "#a", 1));
            assertArrayEquals(damaged, Files.readAllBytes(file));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "#.npy", "#\ud800"})
    void rejectsImpossibleNames(String name) {
        TensorFileTest.assertOneLine(
                Text.oneLine(file + name),
                assertThrows(TensorFileException.class, () -> TensorOutput.check(file + name, ElementType.FLOAT32)),
                "no tensor can be named");
    }

    @Test
    void rejectsTooLongNames() throws IOException {
        String longest = "n".repeat(65_531);
        write(file + "#" + longest, 1);
        assertArrayEquals(new float[] {1}, TensorFile.open(file + "#" + longest).readFloats());
        assertThrows(TensorFileException.class, () -> TensorOutput.check(file + "#n" + longest, ElementType.FLOAT32));
    }

    @Test
    void aPipeCannotBeWritten() throws Exception {
        Path pipe = Pipes.make(folder.resolve("p.npz"));
        TensorFileTest.assertOneLine(
                pipe + "#a",
                assertThrows(TensorFileException.class, () -> TensorOutput.check(pipe + "#a", ElementType.FLOAT32)),
                "a .npz file cannot be written to a pipe or a device");
    }

    /** Tensors behind the first 4 GiB, which are a hole, and more than 65535 of them. */
    @Test
    void writesZip64() throws IOException {
        long offset = (1L << 32) + 1000;
        byte[] content = npy(new long[] {1}, 3);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        int crc = (int) checksum.getValue();
        List<ZipMember> members = new ArrayList<>();
        ZipMember member = ZipMember.stored("x.npy", content.length, crc).movedTo(offset);
        members.add(member);
        for (int i = 0; i < 70_000; i++) {
            members.add(ZipMember.stored("n" + i, content.length, crc).movedTo(offset));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.position(offset);
            channel.write(ByteBuffer.wrap(ZipFormat.local(member)));
            channel.write(ByteBuffer.wrap(content));
            channel.write(ByteBuffer.wrap(ZipFormat.directory(channel.position(), members)));
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            assertEquals(70_001, zip.size());
            assertArrayEquals(content, zip.getInputStream(zip.getEntry("x.npy")).readAllBytes());
        }
        assertArrayEquals(new float[] {3}, TensorFile.open(file + "#x").readFloats());
    }

    @Test
    void sizesFromFourGibibytesOnAreInTheExtraField() {
        long size = 0xffffffffL;
        ByteBuffer local = ByteBuffer.wrap(ZipFormat.local(ZipMember.stored("x.npy", size, 0)))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(-1, local.getInt(18));
        assertEquals(-1, local.getInt(22));
        assertEquals(20, local.getShort(28));
        assertEquals(size, local.getLong(30 + 5 + 4));
        assertEquals(35, ZipFormat.local(ZipMember.stored("x.npy", size - 1, 0)).length);
    }
}
