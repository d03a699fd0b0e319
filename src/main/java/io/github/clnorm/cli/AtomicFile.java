package io.github.clnorm.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.UUID;

/**
 * A text file that appears whole or not at all: written under a temporary name in the same folder, then renamed. Made
 * before the work whose result it takes, so that a folder that cannot be written to is known first.
 */
final class AtomicFile implements AutoCloseable {

    private static final Map<String, FileDescriptor> STANDARD = Map.of(
            "/dev/stdout", FileDescriptor.out,
            "/dev/fd/1", FileDescriptor.out,
            "/proc/self/fd/1", FileDescriptor.out,
            "/dev/stderr", FileDescriptor.err,
            "/dev/fd/2", FileDescriptor.err,
            "/proc/self/fd/2", FileDescriptor.err);

    private final Path target;
    // Null for every other file.
    private final FileDescriptor standard;
    private final Path temporary;

    AtomicFile(Path target) throws IOException {
        this.target = target;
        this.standard = STANDARD.get(target.toString());
        if (standard != null) {
            this.temporary = null;
            return;
        }
        if (Files.exists(target) && !Files.isRegularFile(target) && !Files.isDirectory(target)) {
            // A pipe or a device is written to, not replaced.
            this.temporary = null;
            return;
        }
        // A link stays a link: what it leads to is replaced.
        Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        this.temporary = real.resolveSibling(".clnorm-" + UUID.randomUUID() + ".part");
        if (Files.isDirectory(target)) {
            throw new IllegalArgumentException(target + ": is a directory, expected the name of a file");
        }
        try {
            Files.createFile(temporary);
        } catch (IOException e) {
            throw failure(e);
        }
        temporary.toFile().deleteOnExit();
    }

    /** Whether a name is standard output's; null is no name. */
    static boolean isStandardOutput(String name) {
        return name != null && STANDARD.get(name) == FileDescriptor.out;
    }

    void write(String text) throws IOException {
        try {
            if (standard != null) {
                // Not opened anew: what is printed there before and afterwards stays, also where it goes to a file.
                new FileOutputStream(standard).write(text.getBytes(StandardCharsets.UTF_8));
                return;
            }
            if (temporary == null) {
                Files.writeString(target, text, StandardOpenOption.WRITE);
                return;
            }
            Files.writeString(temporary, text, StandardOpenOption.TRUNCATE_EXISTING);
            Path real = Files.exists(target) ? target.toRealPath() : target;
            Files.move(temporary, real, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private IOException failure(IOException cause) {
        String reason = cause.getMessage();
        if (cause instanceof NoSuchFileException) {
            reason = "no such folder";
        } else if (cause instanceof AccessDeniedException) {
            reason = "permission denied";
        } else if (cause instanceof FileSystemException file && file.getReason() != null) {
            reason = file.getReason();
        }
        return new IOException(target + ": cannot be written: " + reason, cause);
    }

    /** Removes what was not written to its end. */
    @Override
    public void close() throws IOException {
        if (temporary != null) {
            Files.deleteIfExists(temporary);
        }
    }
}
