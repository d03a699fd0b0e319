package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.internal.files.Replacement;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Temporary files of one tensor each, which replace their destinations or are merged into them. Not thread-safe. */
final class PendingFiles implements AutoCloseable {

    /** The temporary files for a destination, each a complete file of one tensor, by tensor name. */
    private record Parts(Specification file, Map<String, Replacement> byTensor) {}

    /** Starts to write a tensor to a temporary file. */
    interface SinkFactory {
        Sink create(Replacement part, String tensor) throws IOException;
    }

    private final FileReplacements replacements = new FileReplacements();
    private final Map<Path, Parts> files = new LinkedHashMap<>();

    /** Creates a temporary file for a tensor. */
    Sink create(Specification file, SinkFactory factory) throws IOException {
        Path destination = FileReplacements.destination(file.path());
        Parts parts = files.getOrDefault(destination, new Parts(file, new LinkedHashMap<>()));
        String tensor = DistinctOutputs.tensor(file);
        if (parts.byTensor.containsKey(tensor)) {
            throw DistinctOutputs.notDistinct(file);
        }
        if (file.format().hasNames()) {
            Merge.checkExisting(file, destination);
        }
        Replacement part = replacements.create(destination);
        Sink sink = factory.create(part, tensor);
        parts.byTensor.put(tensor, part);
        files.put(destination, parts);
        return sink;
    }

    /** Merges and renames all files; see {@link TensorOutput#commit()}. */
    void commit() throws IOException {
        lock();
        for (Map.Entry<Path, Parts> file : files.entrySet()) {
            if (file.getValue().file.format().hasNames()) {
                try {
                    merge(file.getValue(), file.getKey());
                } catch (IOException e) {
                    throw WriteFailure.of(file.getValue().file, e);
                }
            }
        }
        try {
            replacements.commit();
        } catch (FileSystemException e) {
            Parts parts = e.getFile() == null ? null : files.get(Path.of(e.getFile()));
            throw parts == null ? e : WriteFailure.of(parts.file, e);
        }
        files.clear();
    }

    /**
     * Locks from before a file's other tensors are read until it is replaced. Otherwise concurrent additions would be
     * lost.
     */
    private void lock() throws IOException {
        Specification first = files.values().stream()
                .map(Parts::file)
                .filter(file -> file.format().hasNames())
                .findFirst()
                .orElse(null);
        try {
            replacements.lock(files.keySet(), first != null);
        } catch (IOException e) {
            throw first == null ? e : WriteFailure.of(first, e);
        }
    }

    /** Merges the existing file and the new tensors. */
    private void merge(Parts parts, Path destination) throws IOException {
        try (Merge merge = Merge.of(parts.file)) {
            if (Files.isRegularFile(destination)) {
                merge.add(parts.file, destination);
            }
            for (Replacement part : parts.byTensor.values()) {
                merge.add(parts.file, part.channel());
            }
            if (merge.isOneTensor()) {
                return;
            }
            merge.write(replacements.create(destination).channel());
            parts.byTensor.values().forEach(Replacement::discard);
        } catch (OutOfMemoryError e) {
            throw new IOException("the names of its tensors do not fit in Java's memory", e);
        }
    }

    /** Removes files that were not committed. */
    @Override
    public void close() throws IOException {
        files.clear();
        replacements.close();
    }
}
