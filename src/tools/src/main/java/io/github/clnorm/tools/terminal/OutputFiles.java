package io.github.clnorm.tools.terminal;

import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** The text files that a command writes: either all are replaced or none. */
public final class OutputFiles implements AutoCloseable {

    private final FileReplacements files = new FileReplacements();

    /** Opens an option's file before the work that produces its content; null if the option was not given. */
    public AtomicFile open(String option, String name) throws IOException {
        return name == null ? null : new AtomicFile(OutputFile.path(option, name), files);
    }

    /** Replaces all opened files. Each must have been written. */
    public void commit() throws IOException {
        try {
            files.commit();
        } catch (FileSystemException e) {
            throw e.getFile() == null ? e : AtomicFile.failure(Path.of(e.getFile()), e);
        }
    }

    @Override
    public void close() throws IOException {
        files.close();
    }
}
