package io.github.clnorm.device;

import io.github.clnorm.cache.CacheFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder that only its owner can read, for what a child needs and reports. Closing removes it. */
final class ProbeFolder implements AutoCloseable {

    private static final String PREFIX = "clnorm-drivers-";

    private final Path path;

    ProbeFolder() throws IOException {
        path = make();
    }

    /** Among temporary files, or where these cannot be written, in the user's cache. */
    private static Path make() throws IOException {
        try {
            return Files.createTempDirectory(PREFIX);
        } catch (IOException e) {
            return Files.createTempDirectory(CacheFolder.create(), PREFIX);
        }
    }

    /** Whether one can be made. */
    static boolean isPossible() {
        try {
            Files.delete(make());
            return true;
        } catch (IOException | SecurityException e) {
            return false;
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(path)) {
            files = list.toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(path);
    }
}
