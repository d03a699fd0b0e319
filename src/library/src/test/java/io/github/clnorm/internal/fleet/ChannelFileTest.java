package io.github.clnorm.internal.fleet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tensors of files, pipes and devices are read and written in any order. */
class ChannelFileTest {

    private static final byte[] TENSOR = {1, 2, 3, 4, 5, 6};

    @TempDir
    private Path folder;

    private static ChannelFile from(ReadableByteChannel source) {
        return ChannelFile.of(source, TENSOR.length, 2);
    }

    private static ChannelFile to(WritableByteChannel target) {
        return ChannelFile.of(target, TENSOR.length, 2);
    }

    private static byte[] second(ChannelFile file) {
        ByteBuffer read = ByteBuffer.allocate(2);
        file.read(1, read);
        return read.array();
    }

    /** Writes the tensor, the last two elements first. */
    private static void write(FileChannel target) {
        try (ChannelFile file = to(target)) {
            file.write(1, ByteBuffer.wrap(TENSOR, 2, 4));
            file.write(0, ByteBuffer.wrap(TENSOR, 0, 2));
            file.finish(target, TENSOR.length);
        }
    }

    private Path pipe() throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        return pipe;
    }

    @Test
    void aTargetIsNotTouchedBeforeItIsWritten() throws IOException {
        Path path = Files.write(folder.resolve("y"), new byte[] {9, 9, 9});
        try (FileChannel target = FileChannel.open(path, StandardOpenOption.WRITE)) {
            target.position(1);
            to(target).close();
            assertEquals(1, target.position());
            assertArrayEquals(new byte[] {9, 9, 9}, Files.readAllBytes(path));
            write(target);
            assertEquals(7, target.position());
        }
        assertArrayEquals(new byte[] {9, 1, 2, 3, 4, 5, 6}, Files.readAllBytes(path));
    }

    @Test
    void aFileForAppendingIsWrittenInOrder() throws IOException {
        Path path = Files.write(folder.resolve("y"), new byte[] {9});
        try (FileChannel target = FileChannel.open(path, StandardOpenOption.APPEND)) {
            write(target);
        }
        assertArrayEquals(new byte[] {9, 1, 2, 3, 4, 5, 6}, Files.readAllBytes(path));
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aPipeIsReadInAnyOrder() throws IOException, InterruptedException, ExecutionException {
        Path pipe = pipe();
        FutureTask<Path> writer = new FutureTask<>(() -> Files.write(pipe, TENSOR, StandardOpenOption.WRITE));
        new Thread(writer).start();
        try (FileChannel source = FileChannel.open(pipe, StandardOpenOption.READ);
                ChannelFile file = from(source)) {
            assertArrayEquals(new byte[] {3, 4}, second(file));
            assertEquals(-1, source.read(ByteBuffer.allocate(1)));
        }
        writer.get();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aPipeIsWrittenInOrder() throws IOException, InterruptedException, ExecutionException {
        Path pipe = pipe();
        FutureTask<byte[]> reader = new FutureTask<>(() -> Files.readAllBytes(pipe));
        new Thread(reader).start();
        try (FileChannel target = FileChannel.open(pipe, StandardOpenOption.WRITE)) {
            write(target);
        }
        assertArrayEquals(TENSOR, reader.get());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void devicesAreReadAndWritten() throws IOException {
        try (FileChannel source = FileChannel.open(Path.of("/dev/zero"), StandardOpenOption.READ);
                ChannelFile file = from(source)) {
            assertArrayEquals(new byte[2], second(file));
        }
        try (FileChannel target = FileChannel.open(Path.of("/dev/null"), StandardOpenOption.WRITE)) {
            write(target);
            assertEquals(0, target.position());
        }
    }

    @Test
    void theEndOfASourceIsFound() throws IOException {
        for (int size : new int[] {0, 5}) {
            Path path = Files.write(folder.resolve("x" + size), new byte[size]);
            try (FileChannel source = FileChannel.open(path, StandardOpenOption.READ)) {
                EndOfSource end = assertThrows(EndOfSource.class, () -> from(source));
                assertEquals(size, end.bytes());
            }
        }
    }

    @Test
    void aClosedFileIsNamedAsSuch() throws IOException {
        FileChannel closed =
                FileChannel.open(folder.resolve("closed"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        closed.close();
        assertEquals(
                ClosedChannelException.class,
                assertThrows(UncheckedIOException.class, () -> write(closed))
                        .getCause()
                        .getClass());
    }

    @Test
    void otherChannelsGetTheTensorAtTheEnd() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WritableByteChannel target = Channels.newChannel(out);
        try (ChannelFile file = to(target)) {
            file.write(1, ByteBuffer.wrap(TENSOR, 2, 4));
            file.write(0, ByteBuffer.wrap(TENSOR, 0, 2));
            assertEquals(0, out.size());
            file.finish(target, TENSOR.length);
        }
        assertArrayEquals(TENSOR, out.toByteArray());
    }

    @Test
    void temporaryFilesAreInTmpdirIfItIsAFolder() throws IOException {
        Path named = TemporaryFolder.newFile(folder.toString(), "tensor");
        assertEquals(folder, named.getParent());
        Path standard = Path.of(System.getProperty("java.io.tmpdir"));
        for (String other : new String[] {
            null, "", "a\0b", named.toString(), folder.resolve("missing").toString()
        }) {
            Path file = TemporaryFolder.newFile(other, "clnorm-test");
            Files.delete(file);
            assertEquals(standard, file.getParent(), other);
        }
        IOException e =
                assertThrows(IOException.class, () -> TemporaryFolder.newFile(folder.toString(), "x".repeat(300)));
        assertTrue(e.getMessage().contains("Set TMPDIR"), e.getMessage());
    }
}
