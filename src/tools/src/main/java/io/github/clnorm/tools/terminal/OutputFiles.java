package io.github.clnorm.tools.terminal;

import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** The text files that a command writes, all or none. */
public final class OutputFiles implements AutoCloseable {

    private final FileReplacements files = new FileReplacements();

    /** A file for an option, made before the work whose result it takes; null where the option was not given. */
    public AtomicFile open(String option, String name) throws IOException {
        return name == null ? null : new AtomicFile(OutputFile.path(option, name), files);
    }

    /** Replaces all files that were opened; each must be written. */
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
