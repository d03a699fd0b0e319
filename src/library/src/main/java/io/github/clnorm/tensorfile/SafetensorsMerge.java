package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merges {@code .safetensors} files. */
final class SafetensorsMerge extends Merge {

    /** A tensor and the position of its elements. */
    private record Source(SafetensorsEntry tensor, FileChannel channel, long position) {}

    private final Map<String, Source> tensors = new LinkedHashMap<>();
    private String metadata;

    @Override
    void read(Specification named, FileChannel channel) throws IOException {
        SafetensorsHeader header = SafetensorsHeader.read(named, channel);
        metadata = metadata == null ? header.metadata() : metadata;
        for (SafetensorsEntry tensor : header.tensors()) {
            tensors.put(tensor.name(), new Source(tensor, channel, header.dataOffset() + tensor.begin()));
        }
    }

    @Override
    boolean isOneTensor() {
        return tensors.size() == 1 && metadata == null;
    }

    @Override
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
}
