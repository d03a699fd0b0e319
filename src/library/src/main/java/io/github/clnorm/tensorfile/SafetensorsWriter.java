package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a whole {@code .safetensors} file, byte for byte as {@code safetensors.torch.save_file} with the metadata
 * {@code {"format": "pt"}}. An existing file is replaced, with all its tensors: {@link TensorOutput} keeps them instead.
 * Until the new file is complete, the old one is unchanged and can be read.
 *
 * <p>Not thread-safe.
 */
public final class SafetensorsWriter {

    private static final String METADATA = "{\"format\":\"pt\"}";

    /** A tensor of the new file. */
    private record Part(SafetensorsEntry entry, Content content) {}

    /** Writes the elements of a tensor. Need not be thread-safe. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes all elements.
         *
         * @param target takes little-endian elements, the last dimension fastest
         * @throws IOException if the target does not take them
         */
        void writeTo(WritableByteChannel target) throws IOException;
    }

    private final Path path;
    private final List<Part> parts = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    /**
     * Starts a file without tensors. Nothing is written before {@link #commit()}.
     *
     * @param path the file; its name may have any ending
     * @throws TensorFileException if it is a directory, or its folder does not exist
     */
    public SafetensorsWriter(Path path) {
        this.path = path;
        if (Files.isDirectory(path)) {
            throw new TensorFileException(path, "is a directory, expected a file to write");
        }
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new TensorFileException(path, "cannot be written: its folder does not exist");
        }
    }

    /**
     * Adds a tensor of floats.
     *
     * @param name its name
     * @param type the type of its elements
     * @param content writes its elements, during {@link #commit()}
     * @param shape its dimensions, slowest first
     * @throws TensorFileException if the file has a tensor of this name already, or no tensor can have the name
     */
    public void add(String name, ElementType type, Content content, long... shape) {
        long bytes = StoredTensor.bytes(path, type, shape);
        add(SafetensorsEntry.of(name, SafetensorsType.of(type), bytes, shape.clone()), content);
    }

    /**
     * Adds a whole number: a tensor of type I64 without dimensions, as PyTorch's {@code num_batches_tracked}.
     *
     * @param name its name
     * @param value the number
     * @throws TensorFileException if the file has a tensor of this name already, or no tensor can have the name
     */
    public void add(String name, long value) {
        add(
                SafetensorsEntry.of(name, SafetensorsType.I64, Long.BYTES),
                target -> Transfer.write(
                        target,
                        ByteBuffer.allocate(Long.BYTES)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putLong(0, value)));
    }

    private void add(SafetensorsEntry entry, Content content) {
        String name = entry.name();
        if (name.isEmpty()
                || name.equals(SafetensorsHeader.METADATA)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new TensorFileException(path, "no tensor can be named " + Text.name(name));
        }
        if (!names.add(name)) {
            throw new TensorFileException(path, "tensor " + Text.name(name) + " is named twice");
        }
        parts.add(new Part(entry, content));
    }

    /**
     * Writes the file, flushes it and renames it over an existing one.
     *
     * @throws IOException if it cannot be written; the message names the file, and an existing file is unchanged
     * @throws IllegalStateException if a content writes another number of bytes than its tensor has
     */
    public void commit() throws IOException {
        // The order of the reference implementation: by type, the widest first, then by name.
        List<Part> ordered = new ArrayList<>(parts);
        ordered.sort(Comparator.comparing((Part part) -> part.entry.type())
                .reversed()
                .thenComparing(part -> part.entry.name()));
        List<SafetensorsEntry> entries = new ArrayList<>();
        long at = 0;
        for (Part part : ordered) {
            SafetensorsEntry entry = part.entry.movedTo(at);
            entries.add(entry);
            at = entry.end();
        }
        try (FileReplacements files = new FileReplacements()) {
            FileChannel channel = files.create(path).channel();
            ByteBuffer header = ByteBuffer.wrap(SafetensorsHeader.write(METADATA, entries));
            long data = header.remaining();
            Transfer.write(channel, header);
            for (int i = 0; i < entries.size(); i++) {
                ordered.get(i).content.writeTo(channel);
                if (channel.position() != data + entries.get(i).end()) {
                    throw new IllegalStateException(path + ": tensor "
                            + Text.name(entries.get(i).name()) + " takes "
                            + entries.get(i).bytes() + " bytes, but its content is of another size");
                }
            }
            files.commit();
        } catch (IOException e) {
            throw WriteFailure.of(Specification.of(path), e);
        }
    }
}
