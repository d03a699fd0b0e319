package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Merges several files that each have tensors by name. If two tensors have the same name, the one from the later file is kept.
 */
abstract class Merge implements AutoCloseable {

    private final List<FileChannel> opened = new ArrayList<>();

    /** Merges files of the format of this one. */
    static Merge of(Specification file) {
        return file.format() == Format.NPZ ? new NpzMerge() : new SafetensorsMerge();
    }

    /** Rejects an existing file that could not be merged. */
    static void checkExisting(Specification named, Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            try (Merge merge = of(named)) {
                merge.add(named, path);
            }
        }
    }

    /** Adds the tensors of a file, and its metadata. */
    final void add(Specification named, Path path) throws IOException {
        FileChannel channel = FileChannel.open(path);
        opened.add(channel);
        add(named, channel);
    }

    /** Adds the tensors of an open file, and its metadata if there is none yet. */
    final void add(Specification named, FileChannel channel) throws IOException {
        try {
            read(named, channel);
        } catch (TensorFileException e) {
            throw new TensorFileException(
                    named, "cannot be added to, remove it or use another name: the file " + e.problem(), e);
        }
    }

    abstract void read(Specification named, FileChannel channel) throws IOException;

    /** Whether there is only one tensor and no metadata, so that its own file is the result. */
    abstract boolean isOneTensor();

    abstract void write(FileChannel to) throws IOException;

    @Override
    public final void close() throws IOException {
        for (FileChannel channel : opened) {
            channel.close();
        }
    }
}
