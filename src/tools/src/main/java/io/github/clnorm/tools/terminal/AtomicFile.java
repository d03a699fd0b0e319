package io.github.clnorm.tools.terminal;

import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.internal.files.Replacement;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * A text file that is replaced as a whole or not at all, by {@link FileReplacements}. It is opened before the work that
 * produces its content, so that an unwritable folder fails early. Standard output, pipes and devices are written
 * directly.
 */
public final class AtomicFile implements AutoCloseable {

    private static final Map<String, FileDescriptor> STANDARD = Map.of(
            "-", FileDescriptor.out,
            "/dev/stdout", FileDescriptor.out,
            "/dev/fd/1", FileDescriptor.out,
            "/proc/self/fd/1", FileDescriptor.out,
            "/dev/stderr", FileDescriptor.err,
            "/dev/fd/2", FileDescriptor.err,
            "/proc/self/fd/2", FileDescriptor.err);

    private final Path target;
    // Null unless the target is a standard stream.
    private final FileDescriptor standard;
    private final FileReplacements set;
    private final boolean ownsSet;
    // Null for a target that is written directly.
    private final Replacement replacement;

    /** A single file, which {@link #write} replaces. */
    public AtomicFile(Path target) throws IOException {
        this(target, new FileReplacements(), true);
    }

    /** A file of a set; committing the set replaces it. */
    AtomicFile(Path target, FileReplacements set) throws IOException {
        this(target, set, false);
    }

    private AtomicFile(Path target, FileReplacements set, boolean ownsSet) throws IOException {
        this.target = target;
        this.set = set;
        this.ownsSet = ownsSet;
        this.standard = STANDARD.get(target.toString());
        if (Files.isDirectory(target)) {
            throw new IllegalArgumentException(target + ": is a directory, expected the name of a file");
        }
        boolean isWrittenTo = standard != null || Files.exists(target) && !Files.isRegularFile(target);
        this.replacement = isWrittenTo ? null : create();
    }

    private Replacement create() throws IOException {
        try {
            return set.create(target);
        } catch (FileSystemException e) {
            // If the file cannot be created, the request is wrong.
            throw new IllegalArgumentException(failure(target, e).getMessage(), e);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** Whether a name means standard output; null does not. */
    public static boolean isStandardOutput(String name) {
        return name != null && STANDARD.get(name) == FileDescriptor.out;
    }

    public void write(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        try {
            if (standard != null) {
                // Not reopened: what is printed there before and afterwards stays, even if it is redirected to a file.
                new FileOutputStream(standard).write(bytes);
            } else if (replacement == null) {
                Files.write(target, bytes, StandardOpenOption.WRITE);
            } else {
                ByteBuffer left = ByteBuffer.wrap(bytes);
                while (left.hasRemaining()) {
                    replacement.channel().write(left);
                }
                if (ownsSet) {
                    set.commit();
                }
            }
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    static IOException failure(Path target, IOException cause) {
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

    /** Removes a file that was not completed. */
    @Override
    public void close() throws IOException {
        if (ownsSet) {
            set.close();
        }
    }
}
