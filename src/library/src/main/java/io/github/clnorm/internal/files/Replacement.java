package io.github.clnorm.internal.files;

import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** New content for a file, under a temporary name in the same folder. For one thread at a time. Not thread-safe. */
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
     * The new content, empty at first.
     *
     * @return a channel to read and write, which {@link FileReplacements} closes. The file has no other open channel: the
     *     lock that marks it as in use would be lost when that is closed
     */
    public FileChannel channel() {
        return channel;
    }

    /** Excludes this file from {@link FileReplacements#commit()}: its content is removed. */
    public void discard() {
        discarded = true;
    }

    boolean isDiscarded() {
        return discarded;
    }

    Path temporary() {
        return temporary;
    }

    /** Where the old content is while several files are replaced. */
    Path older() {
        return older;
    }
}
