package io.github.clnorm.internal.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.testing.Pipes;
import io.github.clnorm.testing.TestInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled programs on disk: what was stored comes back whole, or not at all. */
@Tag("slow")
class ProgramCacheTest {

    private static final int OFTEN = 200;

    @TempDir
    private Path folder;

    private ProgramCache cache() {
        return new ProgramCache(folder.resolve("programs"), 1000);
    }

    private static byte[] binary(int seed, int length) {
        byte[] bytes = new byte[length];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(folder.resolve("programs"))) {
            return files.sorted().toList();
        }
    }

    @Test
    void whatWasStoredComesBack() throws IOException {
        cache().store("a", binary(1, 100));
        cache().store("b", binary(2, 7));
        assertArrayEquals(binary(1, 100), cache().find("a").orElseThrow());
        assertArrayEquals(binary(2, 7), cache().find("b").orElseThrow());
        cache().store("a", binary(3, 50));
        assertArrayEquals(binary(3, 50), cache().find("a").orElseThrow());
        assertEquals(Optional.empty(), cache().find("c"));
        assertEquals(2, files().size(), "nothing else is left behind");
    }

    @Test
    void aDamagedFileIsNoneAndGoes() throws IOException {
        cache().store("a", binary(1, 30));
        Path file = files().get(0);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 1;
            Files.write(file, damaged);
            assertEquals(Optional.empty(), cache().find("a"), "byte " + i + " changed");
            assertTrue(Files.notExists(file));
            Files.write(file, Arrays.copyOf(whole, i));
            assertEquals(Optional.empty(), cache().find("a"), i + " bytes of it");
        }
        Files.write(file, whole);
        assertArrayEquals(binary(1, 30), cache().find("a").orElseThrow());
        Files.write(file, new byte[2000]);
        assertEquals(Optional.empty(), cache().find("a"), "something large and foreign");
        Files.createDirectory(file);
        assertEquals(Optional.empty(), cache().find("a"), "a folder");
    }

    @Test
    void anothersFileUnderThisNameIsNone() throws IOException {
        cache().store("a", binary(1, 30));
        Path file = files().get(0);
        Files.copy(file, file.resolveSibling(file.getFileName().toString().replace("a", "b")));
        assertEquals(2, files().size());
        assertEquals(Optional.empty(), cache().find("b"));
        assertEquals(1, files().size());
    }

    @Test
    void theOldestGoFirstWhereTheyAreTooMany() throws IOException {
        ProgramCache cache = cache();
        for (int i = 0; i < 3; i++) {
            cache.store("p" + i, binary(i, 230));
            Files.setLastModifiedTime(files().get(i), FileTime.fromMillis(1_000_000L * (i + 1)));
        }
        // Used again: p1 is now the oldest.
        assertTrue(cache.find("p0").isPresent());
        cache.store("p3", binary(3, 230));
        assertEquals(Optional.empty(), cache.find("p1"));
        assertTrue(cache.find("p0").isPresent());
        assertTrue(cache.find("p2").isPresent());
        assertTrue(cache.find("p3").isPresent());
        cache.store("larger than all", binary(4, 1001));
        assertEquals(3, files().size());
    }

    @Test
    void whatAKilledProcessLeftGoesLater() throws IOException {
        ProgramCache cache = cache();
        cache.store("a", binary(1, 30));
        Path old = Files.createFile(files().get(0).resolveSibling("b123.part"));
        Path young = Files.createFile(files().get(0).resolveSibling("c123.part"));
        Files.setLastModifiedTime(old, FileTime.fromMillis(1_000_000));
        cache.store("d", binary(1, 30));
        assertTrue(Files.notExists(old));
        assertTrue(Files.exists(young));
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNoTrouble() throws IOException {
        Files.writeString(folder.resolve("programs"), "a file");
        cache().store("a", binary(1, 30));
        assertEquals(Optional.empty(), cache().find("a"));
        cache().forget("a");
        ProgramCache nowhere = new ProgramCache(null, 1000);
        nowhere.store("a", binary(1, 30));
        assertEquals(Optional.empty(), nowhere.find("a"));
        nowhere.forget("a");
    }

    @Test
    void whatAnotherUserCouldHaveWrittenIsNotLoaded() throws IOException {
        cache().store("a", binary(1, 30));
        Path programs = folder.resolve("programs").toRealPath();
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertEquals(Optional.empty(), cache().find("a"));
        cache().store("b", binary(2, 30));
        assertEquals(1, files().size(), "nothing is written there either");
        Files.setPosixFilePermissions(programs, PosixFilePermissions.fromString("rwx------"));
        assertTrue(cache().find("a").isPresent());
        Files.setPosixFilePermissions(files().get(0), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertEquals(Optional.empty(), cache().find("a"));
    }

    @Test
    void aPipeOrALinkIsNoneAndGoes() throws Exception {
        cache().store("a", binary(1, 30));
        Path file = files().get(0);
        Files.delete(file);
        Pipes.make(file);
        assertEquals(Optional.empty(), cache().find("a"));
        assertTrue(Files.notExists(file));
        Files.createSymbolicLink(file, Path.of("/dev/zero"));
        assertEquals(Optional.empty(), cache().find("a"));
        assertTrue(Files.notExists(file, LinkOption.NOFOLLOW_LINKS));
        cache().store("a", binary(1, 30));
        assertArrayEquals(binary(1, 30), cache().find("a").orElseThrow());
    }

    @Test
    void everythingThatAProgramIsMadeOfIsInItsName() {
        String name = ProgramCache.name(TestInfo.GPU, "source", "-DA=1");
        assertEquals(name, ProgramCache.name(TestInfo.GPU, "source", "-DA=1"));
        assertNotEquals(name, ProgramCache.name(TestInfo.GPU, "source ", "-DA=1"));
        assertNotEquals(name, ProgramCache.name(TestInfo.GPU, "source", "-DA=2"));
        for (String part : List.of("platform", "vendor", "name", "driver", "version")) {
            assertNotEquals(name, ProgramCache.name(TestInfo.with(TestInfo.GPU, part, "other"), "source", "-DA=1"));
        }
    }

    /** Two processes that store and look up the same names all the time: each finds whole binaries or none. */
    @Test
    void twoProcessesShareAFolder() throws Exception {
        Process[] processes = new Process[2];
        for (int i = 0; i < processes.length; i++) {
            processes[i] = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            folder.resolve("programs").toString(),
                            Integer.toString(i))
                    .redirectErrorStream(true)
                    .start();
        }
        for (Process process : processes) {
            String out = new String(process.getInputStream().readAllBytes());
            assertEquals(0, process.waitFor(), out);
            assertTrue(out.startsWith("found"), out);
        }
        for (Path file : files()) {
            assertTrue(file.toString().endsWith(".clbin"), file + " is left behind");
        }
    }

    /** One of the two. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) {
            // Room for about half of them: they are dropped all the time, too.
            ProgramCache cache = new ProgramCache(Path.of(arguments[0]), 10_000);
            SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[1]));
            int found = 0;
            for (int i = 0; i < OFTEN; i++) {
                int name = random.nextInt(8);
                cache.store("p" + name, binary(name, 2000 + name));
                int other = random.nextInt(8);
                Optional<byte[]> binary = cache.find("p" + other);
                if (binary.isPresent() && !Arrays.equals(binary.get(), binary(other, 2000 + other))) {
                    throw new IllegalStateException("p" + other + " is not what was stored");
                }
                found += binary.isPresent() ? 1 : 0;
            }
            System.out.println("found " + found);
        }
    }
}
