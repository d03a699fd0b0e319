package io.github.clnorm.internal.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFolderTest {

    private static Optional<String> path(Map<String, String> environment, String system, String home) {
        return CacheFolder.path(environment::get, system, home).map(Path::toString);
    }

    @Test
    void isTheFolderThatTheUserNames() {
        Map<String, String> both = Map.of("CLNORM_CACHE", "/fast/cache", "XDG_CACHE_HOME", "/xdg");
        assertEquals(Optional.of("/fast/cache"), path(both, "Linux", "/home/ann"));
        assertEquals(
                Optional.of(Path.of("near").toAbsolutePath().toString()),
                path(Map.of("CLNORM_CACHE", "near"), "Linux", "/home/ann"));
    }

    @Test
    void followsThePlatform() {
        assertEquals(Optional.of("/xdg/clnorm"), path(Map.of("XDG_CACHE_HOME", "/xdg"), "Linux", "/home/ann"));
        assertEquals(Optional.of("/home/ann/.cache/clnorm"), path(Map.of(), "Linux", "/home/ann"));
        assertEquals(Optional.of("/home/ann/.cache/clnorm"), path(Map.of(), "FreeBSD", "/home/ann"));
        assertEquals(Optional.of("/Users/ann/Library/Caches/clnorm"), path(Map.of(), "Mac OS X", "/Users/ann"));
        assertEquals(
                Optional.of("/local/clnorm/cache"),
                path(Map.of("LOCALAPPDATA", "/local"), "Windows 11", "/c/Users/ann"));
        assertEquals(
                Optional.of("/c/Users/ann/AppData/Local/clnorm/cache"), path(Map.of(), "Windows 11", "/c/Users/ann"));
    }

    @Test
    void ignoresEmptyAndRelativeVariables() {
        assertEquals(
                Optional.of("/home/ann/.cache/clnorm"),
                path(Map.of("CLNORM_CACHE", "", "XDG_CACHE_HOME", "relative"), "Linux", "/home/ann"));
    }

    @Test
    void aUserWithoutAHomeHasNoFolder() {
        assertEquals(Optional.empty(), path(Map.of(), "Linux", "?"));
        assertEquals(Optional.empty(), path(Map.of(), "Linux", null));
        assertEquals(Optional.empty(), path(Map.of("CLNORM_CACHE", "a\0b"), "Linux", "/home/ann"));
    }

    @Test
    void isCreatedForItsOwnerOnly(@TempDir Path folder) throws IOException {
        Path made = CacheFolder.create(folder.resolve("a").resolve("b"));
        assertTrue(Files.isDirectory(made));
        assertEquals(
                EnumSet.of(
                        PosixFilePermission.OWNER_READ,
                        PosixFilePermission.OWNER_WRITE,
                        PosixFilePermission.OWNER_EXECUTE),
                Files.getPosixFilePermissions(made));
        assertEquals(made, CacheFolder.create(made));
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThrows(IOException.class, () -> CacheFolder.create(file));
        assertThrows(IOException.class, () -> CacheFolder.create(file.resolve("below")));
    }
}
