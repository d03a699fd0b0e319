package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Merges several {@code .safetensors} files. If two tensors have the same name, the one from the later file is kept.
 */
final class SafetensorsMerge implements AutoCloseable {

    /** A tensor and the position of its elements. */
    private record Source(SafetensorsEntry tensor, FileChannel channel, long position) {}

    private final List<FileChannel> opened = new ArrayList<>();
    private final Map<String, Source> tensors = new LinkedHashMap<>();
    private String metadata;

    /** Adds the tensors of a file, and its metadata. */
    void add(Specification named, Path path) throws IOException {
        FileChannel channel = FileChannel.open(path);
        opened.add(channel);
        add(named, channel);
    }

    /** Adds the tensors of an open file, and its metadata if there is none yet. */
    void add(Specification named, FileChannel channel) throws IOException {
        SafetensorsHeader header = readExisting(named, channel);
        metadata = metadata == null ? header.metadata() : metadata;
        for (SafetensorsEntry tensor : header.tensors()) {
            tensors.put(tensor.name(), new Source(tensor, channel, header.dataOffset() + tensor.begin()));
        }
    }

    /** Rejects an existing file that could not be merged. */
    static void checkExisting(Specification named, Path path) throws IOException {
        if (Files.isRegularFile(path)) {
            try (FileChannel channel = FileChannel.open(path)) {
                readExisting(named, channel);
            }
        }
    }

    private static SafetensorsHeader readExisting(Specification named, FileChannel channel) throws IOException {
        try {
            return SafetensorsHeader.read(named, channel);
        } catch (TensorFileException e) {
            throw new TensorFileException(
                    named, "cannot be added to, remove it or use another name: the file " + e.problem(), e);
        }
    }

    /** Whether there is only one tensor and no metadata, so that its own file is the result. */
    boolean isOneTensor() {
        return tensors.size() == 1 && metadata == null;
    }

    void write(FileChannel to) throws IOException {
        // Types with the largest elements first, as in the reference implementation, so that all tensors are aligned.
        List<Source> ordered = new ArrayList<>(tensors.values());
        ordered.sort(Comparator.comparingInt(source -> -source.tensor.type().alignment()));
        List<SafetensorsEntry> entries = new ArrayList<>();
        long at = 0;
        for (Source source : ordered) {
            SafetensorsEntry entry = source.tensor.movedTo(at);
            entries.add(entry);
            at = entry.end();
        }
        Transfer.write(to, ByteBuffer.wrap(SafetensorsHeader.write(metadata, entries)));
        for (Source source : ordered) {
            Transfer.copy(source.channel, source.position, source.tensor.bytes(), to);
        }
    }

    @Override
    public void close() throws IOException {
        for (FileChannel channel : opened) {
            channel.close();
        }
    }
}
