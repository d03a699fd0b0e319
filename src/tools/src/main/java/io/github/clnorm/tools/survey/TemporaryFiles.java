package io.github.clnorm.tools.survey;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The temporary files of surveys. What a killed process left is deleted by a later survey. Thread-safe. */
final class TemporaryFiles {

    private static final String PREFIX = "clnorm-survey-";
    // A survey takes a day at most.
    private static final Duration OLD = Duration.ofDays(2);

    private TemporaryFiles() {}

    /** A new folder that only its owner can use. */
    static Path folder() throws IOException {
        Path folder;
        try {
            folder = Files.createTempDirectory(PREFIX);
        } catch (FileSystemException e) {
            throw failure(e);
        }
        deleteOld(folder.toAbsolutePath().getParent(), Instant.now().minus(OLD));
        return folder;
    }

    /** A new file that only its owner can read and write. */
    static Path file(String suffix) throws IOException {
        try {
            return Files.createTempFile(PREFIX, suffix);
        } catch (FileSystemException e) {
            throw failure(e);
        }
    }

    private static IOException failure(FileSystemException e) {
        Path folder = Path.of(System.getProperty("java.io.tmpdir"));
        String reason = !Files.isDirectory(folder)
                ? "it is no folder"
                : e.getReason() == null ? "permission denied" : e.getReason();
        return new IOException("the temporary folder " + folder + " cannot be written: " + reason, e);
    }

    /** Deletes what surveys before a time have left in a folder, as far as this user may. */
    static void deleteOld(Path folder, Instant before) throws IOException {
        List<Path> old = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*")) {
            for (Path path : found) {
                if (Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                        .toInstant()
                        .isBefore(before)) {
                    old.add(path);
                }
            }
        } catch (IOException e) {
            // Another survey has deleted one meanwhile: the next one finds the rest.
            return;
        }
        for (Path path : old) {
            try {
                delete(path);
            } catch (IOException e) {
                // It is another user's.
                continue;
            }
        }
    }

    /** Deletes a file, or a folder with its files. Does nothing if there is none. */
    static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            List<Path> files = new ArrayList<>();
            try (DirectoryStream<Path> all = Files.newDirectoryStream(path)) {
                all.forEach(files::add);
            }
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(path);
    }
}
