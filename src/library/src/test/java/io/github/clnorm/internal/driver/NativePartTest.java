package io.github.clnorm.internal.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jocl.LibUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JOCL's native library is loaded from the user's own folder, whatever exists in the folders of JOCL and JNA. */
@Tag("slow")
class NativePartTest {

    private static final int JVMS_AT_ONCE = 16;
    private static final int ROUNDS = Boolean.getBoolean("clnorm.soak") ? 10 : 2;
    private static final String FILE = LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName("JOCL_2_0_6"));

    @TempDir
    private Path folder;

    private LoadingProcess process;

    @BeforeEach
    void aProcess() throws IOException {
        process = new LoadingProcess(folder.toRealPath());
    }

    private LoadingProcess.Result assertLoads(String... arguments) throws IOException, InterruptedException {
        LoadingProcess.Result result = process.run(arguments);
        assertEquals(0, result.code(), result.out());
        assertTrue(result.out().contains("platforms 0"), result.out());
        assertFalse(result.out().contains("failed"), result.out());
        return result;
    }

    private static byte[] original() throws IOException {
        try (InputStream in = LibUtils.class.getResourceAsStream("/lib/" + FILE)) {
            return in.readAllBytes();
        }
    }

    /** The only file in the cache. */
    private Path cached() throws IOException {
        try (var files = Files.walk(process.cache().resolve("native"))) {
            List<Path> all = files.filter(file -> !Files.isDirectory(file)).toList();
            assertEquals(1, all.size(), all.toString());
            return all.get(0);
        }
    }

    private void assertNothingTemporary() throws IOException {
        for (Path place : List.of(process.temporary(), process.cache().resolve("tmp"))) {
            if (Files.exists(place)) {
                try (var files = Files.list(place)) {
                    assertEquals(
                            List.of(),
                            files.filter(file -> !file.toString().contains("hsperf"))
                                    .toList());
                }
            }
        }
    }

    private void assertLoadedFromTheCache(LoadingProcess.Result result) throws IOException {
        assertEquals(List.of("mapped " + cached()), result.mapped("JOCL"));
        assertArrayEquals(original(), Files.readAllBytes(cached()));
        assertEquals(PosixFilePermissions.fromString("rwx------"), Files.getPosixFilePermissions(cached()));
        assertEquals(0, result.warnings(), result.out());
        assertNothingTemporary();
    }

    @Test
    void isExtractedToTheCacheFolder() throws Exception {
        assertLoadedFromTheCache(assertLoads());
        Object key = Files.readAttributes(cached(), "unix:ino").get("ino");
        assertLoadedFromTheCache(assertLoads());
        assertEquals(key, Files.readAttributes(cached(), "unix:ino").get("ino"), "a whole file is not written again");
    }

    @Test
    void replacesATruncatedFile() throws Exception {
        assertLoads();
        Files.write(cached(), Arrays.copyOf(original(), 100_000));
        assertLoadedFromTheCache(assertLoads());
    }

    @Test
    void replacesADifferentFile() throws Exception {
        assertLoads();
        byte[] foreign = original();
        foreign[foreign.length / 2] ^= 1;
        Files.write(cached(), foreign);
        assertLoadedFromTheCache(assertLoads());
    }

    @Test
    void replacesAFileThatOthersCanWrite() throws Exception {
        assertLoads();
        Set<PosixFilePermission> open = new TreeSet<>(Files.getPosixFilePermissions(cached()));
        open.add(PosixFilePermission.OTHERS_WRITE);
        Files.setPosixFilePermissions(cached(), open);
        assertLoadedFromTheCache(assertLoads());
    }

    @Test
    void replacesALinkWithoutFollowingIt() throws Exception {
        assertLoads();
        Path elsewhere = folder.resolve("elsewhere");
        Path file = cached();
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        assertLoadedFromTheCache(assertLoads());
        assertFalse(Files.exists(elsewhere), "nothing is written through the link");
        Files.write(elsewhere, original());
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        assertLoadedFromTheCache(assertLoads());
    }

    @Test
    void ignoresAFileWithJoclsNameInTheTemporaryFolder() throws Exception {
        Path planted = Files.write(process.temporary().resolve(FILE), original());
        LoadingProcess.Result result = assertLoads();
        assertEquals(List.of("mapped " + cached()), result.mapped("JOCL"));
        // Also without a cache folder. Loading the file would end the process.
        Files.write(planted, Arrays.copyOf(original(), 100_000));
        Path file = Files.writeString(folder.resolve("file"), "");
        process.with("CLNORM_CACHE", file.resolve("below").toString());
        result = assertLoads();
        assertEquals(1, result.mapped("JOCL").size(), result.out());
        assertFalse(result.mapped("JOCL").get(0).contains(planted.toString()), result.out());
    }

    @Test
    void doesNotWriteThroughALinkInTheTemporaryFolder() throws Exception {
        Path target = folder.resolve("target");
        Files.createSymbolicLink(process.temporary().resolve(FILE), target);
        assertLoads();
        assertFalse(Files.exists(target));
    }

    @Test
    void withoutACacheFolderUsesAPrivateOneAndDeletesIt() throws Exception {
        process.with("CLNORM_CACHE", "").with("HOME", "").option("-Duser.home=?");
        LoadingProcess.Result result = assertLoads();
        assertEquals(1, result.mapped("JOCL").size(), result.out());
        String mapped = result.mapped("JOCL").get(0);
        assertTrue(mapped.contains(process.temporary() + "/clnorm-") && mapped.endsWith("(deleted)"), mapped);
        assertNothingTemporary();
    }

    @Test
    void warnsOnceAboutACacheFolderThatOthersCanWrite() throws Exception {
        Files.createDirectories(process.cache());
        Files.setPosixFilePermissions(process.cache(), PosixFilePermissions.fromString("rwxrwxrwx"));
        LoadingProcess.Result result = assertLoads("2");
        assertEquals(1, result.warnings(), result.out());
        assertTrue(result.out().contains(process.cache() + " can be written by other users"), result.out());
        assertTrue(result.out().contains("chmod go-w '" + process.cache() + "'"), result.out());
        try (var files = Files.list(process.cache())) {
            assertEquals(0, files.count(), "nothing is written to it either");
        }
    }

    @Test
    void rejectsATemporaryFolderThatOthersControl() throws Exception {
        Files.setPosixFilePermissions(process.temporary(), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path file = Files.writeString(folder.resolve("file"), "");
        process.with("CLNORM_CACHE", file.resolve("below").toString());
        LoadingProcess.Result result = process.run("2");
        assertEquals(0, result.code(), result.out());
        List<String> failed =
                result.out().lines().filter(line -> line.startsWith("failed")).toList();
        assertEquals(2, failed.size(), result.out());
        assertEquals(failed.get(0), failed.get(1), "the second attempt says the same");
        assertTrue(failed.get(0)
                .startsWith("failed NATIVE_PART_NOT_EXTRACTED JOCL's native library cannot be extracted: "));
        assertTrue(failed.get(0).contains(process.temporary() + " can be written by other users"), failed.get(0));
        assertTrue(failed.get(0).contains(file.toString()), failed.get(0));
        assertEquals(List.of(), result.mapped("JOCL"));
    }

    @Test
    void rejectsALibraryPathThatOthersCanWrite() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path given = Files.createDirectory(folder.resolve("given"));
        Files.write(given.resolve(FILE), original());
        process.option("-Djava.library.path=" + given);
        assertEquals(
                List.of("mapped " + given.toRealPath().resolve(FILE)),
                assertLoads().mapped("JOCL"));
        Files.setPosixFilePermissions(given, PosixFilePermissions.fromString("rwxrwxrwx"));
        LoadingProcess.Result result = process.run();
        assertTrue(result.out().contains("failed NATIVE_PART_UNTRUSTED"), result.out());
        assertTrue(result.out().contains(given + " can be written by other users"), result.out());
        assertEquals(List.of(), result.mapped("JOCL"));
    }

    @Test
    void namesAProcessorThatJoclDoesNotSupport() throws Exception {
        LoadingProcess.Result result = process.option("-Dos.arch=riscv64").run("2");
        assertEquals(0, result.code(), result.out());
        List<String> failed =
                result.out().lines().filter(line -> line.startsWith("failed")).toList();
        assertEquals(2, failed.size(), result.out());
        assertTrue(
                failed.get(0).contains("NATIVE_PART_UNSUPPORTED JOCL has no native library for Linux on riscv64"),
                failed.get(0));
        assertEquals(failed.get(0), failed.get(1), "the second attempt says the same");
    }

    @Test
    void withoutJnaWarnsOnceAndWorks() throws Exception {
        LoadingProcess.Result result = process.without("jna-").run();
        assertEquals(0, result.code(), result.out());
        assertTrue(result.out().contains("platforms 0"), result.out());
        assertEquals(1, result.warnings(), result.out());
        assertTrue(result.out().contains("JNA is not on the class path: add net.java.dev.jna:jna"), result.out());
    }

    @Test
    void withoutJoclNamesItsCoordinates() throws Exception {
        LoadingProcess.Result result = process.without("jocl-").run();
        assertTrue(result.out().contains("failed JOCL_MISSING JOCL is not on the class path"), result.out());
    }

    @Test
    void doesNotExtractJnaToASharedFolder() throws Exception {
        // Without a home JNA would use a folder with this name, even if another user created it.
        String name = "jna-" + System.getProperty("user.name").hashCode();
        Path planted = Files.createDirectory(process.temporary().resolve(name));
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path noHome = Files.writeString(folder.resolve("file"), "").resolve("below");
        LoadingProcess.Result result = process.option("-Duser.home=" + noHome).run();
        assertTrue(result.out().contains("platforms 0"), result.out());
        assertEquals(1, result.mapped("/jna").size(), result.out());
        assertTrue(result.mapped("/jna").get(0).contains(process.cache() + "/tmp/clnorm-"), result.out());
    }

    /** Also if only the guard of a command uses JNA, because libjsig is preloaded. */
    @Test
    void theExitGuardDoesNotExtractJnaToAFolderOfOthers() throws Exception {
        Path others = Files.createDirectory(folder.resolve("others"));
        Files.setPosixFilePermissions(others, PosixFilePermissions.fromString("rwxrwxrwx"));
        String preloaded =
                Path.of(System.getProperty("java.home"), "lib", "libjsig.so").toString();
        LoadingProcess.Result result = process.with("XDG_CACHE_HOME", others.toString())
                .with("LD_PRELOAD", preloaded)
                .option("-Dguarded=true")
                .run();
        assertTrue(result.out().contains("platforms 0"), result.out());
        assertEquals(1, result.mapped("/jna").size(), result.out());
        assertTrue(result.mapped("/jna").get(0).contains(process.cache() + "/tmp/clnorm-"), result.out());
        try (var files = Files.list(others)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void checksAFolderThatTheUserNamesForJna() throws Exception {
        Path named = Files.createDirectory(folder.resolve("named"));
        Files.setPosixFilePermissions(named, PosixFilePermissions.fromString("rwxrwxrwx"));
        process.option("-Djna.tmpdir=" + named).option("-Dnamed=true");
        LoadingProcess.Result result = process.run();
        assertTrue(result.out().contains("platforms 0"), result.out());
        assertEquals(List.of(), result.mapped("/jna"), result.out());
        assertEquals(1, result.warnings(), result.out());
        assertTrue(
                result.out().contains("jna.tmpdir: " + named.toRealPath() + " can be written by other users"),
                result.out());
    }

    @Test
    void concurrentProcessesOnAnEmptyCacheWork() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            Path own = Files.createDirectory(folder.toRealPath().resolve("round" + round));
            process = new LoadingProcess(own);
            List<Process> processes = new ArrayList<>();
            for (int i = 0; i < JVMS_AT_ONCE; i++) {
                processes.add(process.start(own.resolve("out" + i)));
            }
            for (int i = 0; i < JVMS_AT_ONCE; i++) {
                int code = processes.get(i).waitFor();
                LoadingProcess.Result result =
                        new LoadingProcess.Result(code, Files.readString(own.resolve("out" + i)));
                assertEquals(0, code, result.out());
                assertTrue(result.out().contains("platforms 0"), result.out());
                assertEquals(0, result.warnings(), result.out());
            }
            assertArrayEquals(original(), Files.readAllBytes(cached()));
            assertNothingTemporary();
        }
    }

    @Test
    void severalClassLoadersOfOneProcessWork() throws Exception {
        // Each has its own JOCL, and the JVM loads a file for only one class loader.
        LoadingProcess.Result result = assertLoads("loaders", "3");
        assertEquals(3, result.out().lines().filter("platforms 0"::equals).count(), result.out());
        List<String> mapped = result.mapped("JOCL");
        assertEquals(3, mapped.size(), result.out());
        assertTrue(mapped.contains("mapped " + cached()), result.out());
        assertEquals(
                2, mapped.stream().filter(line -> line.endsWith("(deleted)")).count(), result.out());
        assertNothingTemporary();
        // Also if the user names the file.
        Path given = Files.createDirectory(folder.resolve("given"));
        Files.write(given.resolve(FILE), original());
        result = process.option("-Djava.library.path=" + given).run("loaders", "2");
        assertEquals(2, result.out().lines().filter("platforms 0"::equals).count(), result.out());
    }
}
