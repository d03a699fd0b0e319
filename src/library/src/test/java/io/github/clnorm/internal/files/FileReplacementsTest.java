package io.github.clnorm.internal.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files have either old or new content, all or none, and no temporary file remains. */
class FileReplacementsTest {

    private static final int THREADS = 8;
    private static final int ROUNDS = 10;

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void setUp() {
        file = folder.resolve("a");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(FileReplacements files, Path target, String text) throws IOException {
        files.create(target).channel().write(ByteBuffer.wrap(bytes(text)));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void replacesAndCreates() throws IOException {
        Files.writeString(file, "old content that is longer");
        FileReplacements.replace(file, bytes("new"), false);
        FileReplacements.replace(folder.resolve("b"), bytes("first"), false);
        assertEquals("new", Files.readString(file));
        assertEquals("first", Files.readString(folder.resolve("b")));
        assertEquals(List.of("a", "b"), files());
    }

    @Test
    void everyStepLeavesOldOrNewContent() throws IOException {
        List<Path> targets = Stream.of("a", "b", "c").map(folder::resolve).toList();
        for (Path target : targets) {
            Files.writeString(target, "old");
        }
        List<String> steps = new ArrayList<>();
        Steps look = step -> {
            steps.add(step);
            for (Path target : targets) {
                assertTrue(List.of("old", "new").contains(Files.readString(target)), step);
            }
        };
        try (FileReplacements replacements = new FileReplacements(look, channel -> true)) {
            for (Path target : targets) {
                put(replacements, target, "new");
            }
            replacements.commit();
        }
        assertEquals(
                List.of(
                        "flush a",
                        "flush b",
                        "flush c",
                        "keep a",
                        "keep b",
                        "keep c",
                        "rename a",
                        "rename b",
                        "rename c",
                        "end"),
                steps);
        for (Path target : targets) {
            assertEquals("new", Files.readString(target));
        }
        assertEquals(List.of("a", "b", "c"), files());
    }

    @Test
    void ifAStepFailsNoneIsReplaced() throws IOException {
        for (String failing : List.of("flush a", "flush b", "keep b", "rename a", "rename b", "rename new")) {
            Files.writeString(file, "old a");
            Files.writeString(folder.resolve("b"), "old b");
            Steps fail = step -> {
                if (step.equals(failing)) {
                    throw new IOException("as if the device were full");
                }
            };
            try (FileReplacements replacements = new FileReplacements(fail, channel -> true)) {
                put(replacements, file, "new a");
                put(replacements, folder.resolve("b"), "new b");
                put(replacements, folder.resolve("new"), "new");
                FileSystemException failure = assertThrows(FileSystemException.class, replacements::commit, failing);
                assertTrue(failure.getFile().endsWith(failing.substring(failing.indexOf(' ') + 1)), failure.getFile());
            }
            assertEquals("old a", Files.readString(file), failing);
            assertEquals("old b", Files.readString(folder.resolve("b")), failing);
            assertEquals(List.of("a", "b"), files(), failing);
        }
    }

    @Test
    void doesNotRenameADiscardedFile() throws IOException {
        try (FileReplacements replacements = new FileReplacements()) {
            Replacement part = replacements.create(file);
            part.discard();
            put(replacements, folder.resolve("b"), "b");
            replacements.commit();
        }
        assertEquals(List.of("b"), files());
    }

    @Test
    void withoutCommitNothingChanges() throws IOException {
        Files.writeString(file, "old");
        try (FileReplacements replacements = new FileReplacements()) {
            put(replacements, file, "new");
            put(replacements, folder.resolve("b"), "new");
        }
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a"), files());
    }

    @Test
    void theExitOfTheJvmRemovesUncommittedFiles() throws IOException {
        try (FileReplacements replacements = new FileReplacements()) {
            put(replacements, file, "new");
            replacements.exit();
            assertEquals(List.of(), files());
            assertThrows(IOException.class, replacements::commit);
            assertThrows(IOException.class, () -> replacements.create(file));
        }
        assertEquals(List.of(), files());
    }

    /** Written files take no memory, unlike with deleteOnExit, which keeps names until the JVM exits. */
    @Test
    void forgetsAClosedSet() throws IOException {
        int before = ExitHook.openCount();
        for (int i = 0; i < 20; i++) {
            FileReplacements.replace(folder.resolve("f" + i), bytes("x"), false);
        }
        assertEquals(before, ExitHook.openCount());
    }

    @Test
    void keepsModes() throws IOException {
        for (String mode : List.of("rw-------", "rw-r-----", "rw-rw-rw-", "r--r--r--", "rwxr-x--x")) {
            Files.deleteIfExists(file);
            Files.writeString(file, "old");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
            FileReplacements.replace(file, bytes("new"), false);
            assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            assertEquals("new", Files.readString(file));
        }
    }

    @Test
    void aNewFileHasTheDefaultModeOrIsPrivate() throws IOException {
        Path any = Files.createFile(folder.resolve("any"));
        FileReplacements.replace(file, bytes("new"), false);
        assertEquals(Files.getPosixFilePermissions(any), Files.getPosixFilePermissions(file));
        Path secret = folder.resolve("secret");
        FileReplacements.replace(secret, bytes("new"), true);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
        // Also if another user has created a file that all may write.
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-rw-rw-"));
        FileReplacements.replace(secret, bytes("newer"), true);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)));
    }

    /** Others may not open the temporary file of a private file, even while it is empty. */
    @Test
    void theTemporaryFileOfAPrivateFileIsPrivate() throws IOException {
        Files.writeString(file, "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        try (FileReplacements replacements = new FileReplacements()) {
            Replacement replacement = replacements.create(file);
            assertEquals(
                    "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(replacement.temporary())));
        }
    }

    @Test
    void keepsLinks() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path real = Files.writeString(other.resolve("real"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("other", "real"));
        Path dangling = Files.createSymbolicLink(folder.resolve("dangling"), Path.of("other", "new"));
        Path toLink = Files.createSymbolicLink(folder.resolve("toLink"), Path.of("dangling"));
        FileReplacements.replace(link, bytes("1"), false);
        FileReplacements.replace(toLink, bytes("2"), false);
        assertEquals("1", Files.readString(real));
        assertEquals("2", Files.readString(other.resolve("new")));
        for (Path path : List.of(link, dangling, toLink)) {
            assertTrue(Files.isSymbolicLink(path), path.toString());
        }
        Path circle = Files.createSymbolicLink(folder.resolve("circle"), Path.of("circle"));
        assertThrows(FileSystemException.class, () -> FileReplacements.replace(circle, bytes("3"), false));
    }

    /** Sets that are replaced at the same time do not mix. */
    @Test
    void setsOfSeveralThreadsDoNotMix() throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<Void>> writers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String text = Integer.toString(i);
                writers.add(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        try (FileReplacements replacements = new FileReplacements()) {
                            // In any order.
                            put(replacements, round % 2 == 0 ? file : folder.resolve("b"), text);
                            put(replacements, round % 2 == 0 ? folder.resolve("b") : file, text);
                            replacements.commit();
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : executor.invokeAll(writers)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
        assertEquals(Files.readString(file), Files.readString(folder.resolve("b")));
        assertEquals(List.of("a", "b"), files());
    }

    @Test
    void rejectsPipes() throws Exception {
        assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
        assertThrows(FileSystemException.class, () -> FileReplacements.replace(file, bytes("new"), false));
        assertFalse(Files.isRegularFile(file));
        assertEquals(List.of("a"), files());
    }

    @Test
    void rejectsFoldersWithoutWritePermission() throws IOException {
        assertThrows(
                NoSuchFileException.class,
                () -> FileReplacements.check(folder.resolve("missing").resolve("a"), false));
        Path directory = Files.createDirectory(folder.resolve("d"));
        assertThrows(FileSystemException.class, () -> FileReplacements.check(directory, false));
        Files.writeString(file, "a file");
        assertThrows(FileSystemException.class, () -> FileReplacements.check(file.resolve("below"), false));
        FileReplacements.check(file, true);
        FileReplacements.check(folder.resolve("new"), true);
        assertEquals(List.of("a", "d"), files());
    }

    /** Without locks, files are replaced, unless a lock is required. */
    @Test
    void worksWithoutLocks() throws IOException {
        TargetLocks.Locker none = channel -> {
            throw new IOException("No locks available");
        };
        try (FileReplacements replacements = new FileReplacements(Steps.NONE, none)) {
            put(replacements, file, "new");
            put(replacements, folder.resolve("b"), "new");
            replacements.commit();
        }
        assertEquals("new", Files.readString(file));
        try (FileReplacements replacements = new FileReplacements(Steps.NONE, none)) {
            Path destination = FileReplacements.destination(file);
            IOException refusal = assertThrows(IOException.class, () -> replacements.lock(List.of(destination), true));
            assertTrue(refusal.getMessage().contains("cannot be locked"), refusal.getMessage());
            assertTrue(refusal.getMessage().contains("No locks available"), refusal.getMessage());
            Replacement replacement = replacements.create(file);
            replacements.check(replacement, false);
            assertThrows(IOException.class, () -> replacements.check(replacement, true));
        }
        assertEquals(List.of("a", "b"), files());
    }

    /** Without locks, only its age shows that a temporary file is abandoned. */
    @Test
    void removesOldLeftoversWithoutLocks() throws IOException {
        TargetLocks.Locker none = channel -> {
            throw new IOException("No locks available");
        };
        Path part = Files.createFile(folder.resolve(".clnorm-0123456789abcdef-0123456789abcdef-1.part"));
        for (boolean old : new boolean[] {false, true}) {
            if (old) {
                Files.setLastModifiedTime(part, FileTime.fromMillis(0));
            }
            try (FileReplacements replacements = new FileReplacements(Steps.NONE, none)) {
                put(replacements, file, "new");
                replacements.commit();
            }
            assertEquals(!old, Files.exists(part));
        }
        assertEquals(List.of("a"), files());
    }

    @Test
    void aPipeWithTheNameOfALockDoesNotBlock() throws Exception {
        Path lock = Names.lock(FileReplacements.destination(file));
        assertEquals(0, new ProcessBuilder("mkfifo", lock.toString()).start().waitFor());
        FileReplacements.replace(file, bytes("new"), false);
        assertEquals("new", Files.readString(file));
        assertFalse(Files.isRegularFile(lock));
    }
}
