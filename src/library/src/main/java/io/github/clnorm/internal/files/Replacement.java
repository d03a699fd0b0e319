package io.github.clnorm.internal.files;

import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** New content for a file, in a temporary file in the same folder. Not thread-safe. */
public final class Replacement {

    private final Path destination;
    private final Path temporary;
    private final Path older;
    private final FileChannel channel;
    private boolean discarded;

    Replacement(Path destination, Path temporary, Path older, FileChannel channel) {
        this.destination = destination;
        this.temporary = temporary;
        this.older = older;
        this.channel = channel;
    }

    /**
     * The file that is replaced.
     *
     * @return an absolute path without links
     */
    public Path destination() {
        return destination;
    }

    /**
     * Returns the temporary file, which starts empty.
     *
     * @return a channel to read and write, which {@link FileReplacements} closes. The caller opens no other channel of
     *     the file, because closing that one would release the file's lock
     */
    public FileChannel channel() {
        return channel;
    }

    /** Excludes this file from {@link FileReplacements#commit()} and removes its content. */
    public void discard() {
        discarded = true;
    }

    boolean isDiscarded() {
        return discarded;
    }

    Path temporary() {
        return temporary;
    }

    /** The hidden name of the old content while several files are replaced. */
    Path older() {
        return older;
    }
}
