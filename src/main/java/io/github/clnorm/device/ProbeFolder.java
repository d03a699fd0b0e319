package io.github.clnorm.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder that only its owner can read, for what a child needs and reports. Closing removes it. */
final class ProbeFolder implements AutoCloseable {

    private final Path path;

    ProbeFolder() throws IOException {
        path = Files.createTempDirectory("clnorm-drivers-");
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
