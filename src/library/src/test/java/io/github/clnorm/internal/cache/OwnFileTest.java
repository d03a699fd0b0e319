package io.github.clnorm.internal.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Pipes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads only regular files of limited size that no other user can have written. */
class OwnFileTest {

    @TempDir
    private Path temporary;

    private Path folder;

    @BeforeEach
    void realPath() throws IOException {
        folder = temporary.toRealPath();
    }

    private String refusal(Path file) {
        return assertThrows(IOException.class, () -> OwnFile.read(file, 10)).getMessage();
    }

    @Test
    void readsTheUsersFile() throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[10]);
        assertArrayEquals(new byte[10], OwnFile.read(file, 10));
        assertEquals(
                file + ": is larger than 9 bytes",
                assertThrows(IOException.class, () -> OwnFile.read(file, 9)).getMessage());
        assertThrows(NoSuchFileException.class, () -> OwnFile.read(folder.resolve("none"), 10));
    }

    @Test
    void rejectsPipesLinksDevicesAndFoldersUnopened() throws Exception {
        Path pipe = Pipes.make(folder.resolve("pipe"));
        assertEquals(pipe + ": is not a regular file", refusal(pipe));
        Path endless = Files.createSymbolicLink(folder.resolve("endless"), Path.of("/dev/zero"));
        assertEquals(endless + ": is not a regular file", refusal(endless));
        Path linked = Files.createSymbolicLink(folder.resolve("linked"), Files.createFile(folder.resolve("real")));
        assertEquals(linked + ": is not a regular file", refusal(linked));
        assertEquals("/dev/zero: is not a regular file", refusal(Path.of("/dev/zero")));
        assertEquals(folder + ": is not a regular file", refusal(folder));
    }

    @Test
    void readsAFileWithAWrongSizeUpToTheLimit() {
        // Its reported size is 0.
        assertEquals(
                "/proc/self/maps: is larger than 10 bytes",
                assertThrows(IOException.class, () -> OwnFile.bounded(Path.of("/proc/self/maps"), 10))
                        .getMessage());
    }

    @Test
    void rejectsFilesThatOthersCanWrite() throws IOException {
        Path file = Files.write(folder.resolve("file"), new byte[10]);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertTrue(refusal(file).startsWith(file + " can be written by other users"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertTrue(refusal(file).startsWith(folder + " can be written by other users"));
    }
}
