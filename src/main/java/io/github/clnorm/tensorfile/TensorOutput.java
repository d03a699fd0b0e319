package io.github.clnorm.tensorfile;

import io.github.clnorm.geometry.Shapes;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensors that a command writes, all or none: each goes to a temporary file in the folder of its file, and
 * {@link #commit()} gives them their names. Until then, and after a failure, older files of these names are as they were,
 * and may still be read.
 *
 * <p>The format follows the name: {@code FILE.npy}, or {@code FILE.safetensors#NAME}, where a tensor without a name is
 * called {@code tensor}. A {@code .npy} file is replaced; in a {@code .safetensors} file the other tensors and the
 * metadata stay. Devices and pipes are written to at once.
 */
public final class TensorOutput implements AutoCloseable {

    /** What goes into a file: complete files of one tensor each, by the tensors' names. */
    private record Parts(Specification file, Map<String, Path> byTensor) {}

    private final Replacements replacements = new Replacements();
    private final List<Sink> sinks = new ArrayList<>();
    private final Map<Path, Parts> files = new LinkedHashMap<>();

    /** Nothing is written yet. */
    public TensorOutput() {}

    /**
     * Refuses what no tensor of a type can be written to, before any work is done for it.
     *
     * @param specification {@code FILE.npy} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @throws IllegalArgumentException when it is a directory, has another ending, is a .npy file for bfloat16, or a file
     *     that is there and is not a well-formed .safetensors file to which a tensor could be added
     */
    public static void check(String specification, ElementType type) {
        Specification file = Specification.of(specification);
        if (Files.isDirectory(file.path())) {
            throw new TensorFileException(file, "is a directory, expected a file to write");
        }
        file.checkWritable(type);
        if (file.isSafetensors()) {
            try {
                SafetensorsMerge.checkExisting(file, file.path());
            } catch (IOException e) {
                throw new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
            }
        }
    }

    /**
     * Refuses outputs of one name, of which one would be lost. Several tensors in one .safetensors file are fine, as are
     * several outputs to a device or a pipe.
     *
     * @param specifications of the outputs; null for those that are not wanted
     * @throws IllegalArgumentException when two of them are the same tensor
     */
    public static void checkDistinct(String... specifications) {
        DistinctOutputs outputs = new DistinctOutputs();
        for (String specification : specifications) {
            if (specification != null) {
                outputs.add(Specification.of(specification));
            }
        }
    }

    /**
     * Begins to write a tensor.
     *
     * @param specification {@code FILE.npy} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param shape the dimensions
     * @return takes the elements
     * @throws IOException when the file cannot be written; the message names it
     * @throws IllegalArgumentException when it cannot hold the tensor, or has got this one already
     */
    public Sink create(String specification, ElementType type, long... shape) throws IOException {
        return create(Specification.of(specification), type, shape);
    }

    private Sink create(Specification file, ElementType type, long... shape) throws IOException {
        file.checkWritable(type);
        long bytes = StoredTensor.bytes(file, type, shape);
        try {
            byte[] header = file.isSafetensors()
                    ? SafetensorsHeader.write(
                            null, List.of(SafetensorsEntry.of(file.nameToWrite(), type, bytes, shape)))
                    : NpyHeader.write(type, shape);
            // A device or a pipe is written to, not replaced; a link stays a link.
            return file.isSpecial()
                    ? sink(file, FileChannel.open(file.path(), StandardOpenOption.WRITE), header, bytes)
                    : part(file, header, bytes);
        } catch (NoSuchFileException e) {
            throw failure(file, "its folder does not exist, or takes no files", e);
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private Sink part(Specification file, byte[] header, long bytes) throws IOException {
        Path destination = Replacements.destination(file.path());
        Parts parts = files.getOrDefault(destination, new Parts(file, new LinkedHashMap<>()));
        String tensor = DistinctOutputs.tensor(file);
        if (parts.byTensor.containsKey(tensor)) {
            throw DistinctOutputs.notDistinct(file);
        }
        if (file.isSafetensors()) {
            SafetensorsMerge.checkExisting(file, destination);
        }
        Replacements.Temporary part = replacements.create(destination);
        Sink sink = sink(file, part.channel(), header, bytes);
        parts.byTensor.put(tensor, part.path());
        files.put(destination, parts);
        return sink;
    }

    private Sink sink(Specification file, FileChannel channel, byte[] header, long bytes) throws IOException {
        try {
            Sink sink = new Sink(file, channel, header, bytes);
            sinks.add(sink);
            return sink;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Writes a float32 tensor.
     *
     * @param target a file, without the name of a tensor; a # is a part of its name
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written; the message names the target
     */
    public void write(Path target, float[] values, long... shape) throws IOException {
        write(Specification.of(target), ElementType.FLOAT32, values, shape);
    }

    /**
     * Writes a float32 tensor.
     *
     * @param specification {@code FILE.npy} or {@code FILE.safetensors#NAME}
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written; the message names the file
     * @throws IllegalArgumentException when the file cannot hold it, or there are not as many values as the shape has
     */
    public void write(String specification, float[] values, long... shape) throws IOException {
        write(Specification.of(specification), ElementType.FLOAT32, values, shape);
    }

    /**
     * Writes a tensor of any type, its values rounded to the nearest.
     *
     * @param specification {@code FILE.npy} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written; the message names the file
     * @throws IllegalArgumentException when the file cannot hold it, or there are not as many values as the shape has
     */
    public void write(String specification, ElementType type, float[] values, long... shape) throws IOException {
        write(Specification.of(specification), type, values, shape);
    }

    /**
     * Writes a tensor of any type, its values rounded to the nearest.
     *
     * @param specification {@code FILE.npy} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException when it cannot be written; the message names the file
     * @throws IllegalArgumentException when the file cannot hold it, or there are not as many values as the shape has
     */
    public void write(String specification, ElementType type, double[] values, long... shape) throws IOException {
        write(Specification.of(specification), type, values.length,
                (at, piece) -> Codec.encode(type, values, at, piece), shape);
    }

    private void write(Specification file, ElementType type, float[] values, long... shape) throws IOException {
        write(file, type, values.length, (at, piece) -> Codec.encode(type, values, at, piece), shape);
    }

    /** Fills a buffer with the elements from an index on. */
    private interface Piece {
        void fill(int at, ByteBuffer bytes);
    }

    private void write(Specification file, ElementType type, int count, Piece piece, long... shape) throws IOException {
        if (count != StoredTensor.bytes(file, type, shape) / type.bytes()) {
            throw new IllegalArgumentException(
                    file + ": " + count + " values for a tensor of shape " + Shapes.text(shape));
        }
        try (Sink sink = create(file, type, shape)) {
            int most = Math.min(count, Transfer.PIECE_BYTES / type.bytes());
            ByteBuffer bytes = ByteBuffer.allocateDirect(most * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            for (int at = 0; at < count; at += bytes.limit() / type.bytes()) {
                bytes.clear().limit(Math.min(most, count - at) * type.bytes());
                piece.fill(at, bytes);
                sink.write(bytes);
            }
        }
    }

    /**
     * Gives every file its name. When that fails for one of them, those before it get their older files back.
     *
     * @throws IOException when one cannot be written or moved
     * @throws IllegalArgumentException when a .safetensors file was damaged meanwhile
     * @throws IllegalStateException when a sink is not closed, or did not get all of its tensor
     */
    public void commit() throws IOException {
        if (!sinks.stream().allMatch(Sink::isComplete)) {
            throw new IllegalStateException("a tensor is not complete");
        }
        for (Map.Entry<Path, Parts> file : files.entrySet()) {
            Parts parts = file.getValue();
            try {
                replacements.add(parts.file, merged(parts, file.getKey()), file.getKey());
            } catch (IOException e) {
                throw failure(parts.file, e);
            }
        }
        replacements.commit();
        files.clear();
    }

    /** The temporary file that takes the place of a file. */
    private Path merged(Parts parts, Path destination) throws IOException {
        Path onlyPart = parts.byTensor.size() == 1 ? parts.byTensor.values().iterator().next() : null;
        if (!parts.file.isSafetensors()) {
            return onlyPart;
        }
        try (SafetensorsMerge merge = new SafetensorsMerge()) {
            if (Files.isRegularFile(destination)) {
                merge.add(parts.file, destination);
            }
            for (Path part : parts.byTensor.values()) {
                merge.add(parts.file, part);
            }
            if (merge.isOneTensor()) {
                return onlyPart;
            }
            Replacements.Temporary whole = replacements.create(destination);
            try (FileChannel to = whole.channel()) {
                merge.write(to);
            }
            return whole.path();
        }
    }

    /** Closes what is still open, and removes what was not committed. */
    @Override
    public void close() throws IOException {
        try (replacements) {
            for (Sink sink : sinks) {
                sink.abandon();
            }
        } finally {
            sinks.clear();
            files.clear();
        }
    }

    static IOException failure(Specification file, IOException cause) {
        return failure(file, Text.reason(cause), cause);
    }

    private static IOException failure(Specification file, String reason, IOException cause) {
        return new IOException(Text.oneLine(file + ": cannot be written: " + reason), cause);
    }
}
