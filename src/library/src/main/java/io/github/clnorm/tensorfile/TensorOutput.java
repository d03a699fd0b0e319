package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.internal.files.Replacement;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes tensors to files, all or none. Each tensor is written to a temporary file in the folder of its destination,
 * and
 * {@link #commit()} renames them all (see {@link FileReplacements}). Until then, and after a failure, existing files
 * are unchanged and can be read.
 *
 * <p>The name determines the format: {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}; the default NAME
 * is {@code tensor}, in a {@code .npz} file {@code arr_0}. A {@code .npy} file is replaced. In the others, other tensors and the
 * metadata stay, also tensors that other threads and processes write with this class at the same time. Tensors of a {@code
 * .npz} file are stored without compression; others in the file stay as they are. Devices, pipes and {@code -} (standard output)
 * are written immediately, as {@code .npy} unless their name ends with .safetensors. A .npz file cannot be a pipe.
 *
 * <p>A {@code .npy} file has bfloat16 as {@code <V2}, as numpy.save writes an array of ml_dtypes' bfloat16.
 *
 * <p>Not thread-safe. Several objects may write to one file at the same time.
 */
public final class TensorOutput implements AutoCloseable {

    /** The temporary files for a destination, each a complete file of one tensor, by tensor name. */
    private record Parts(Specification file, Map<String, Replacement> byTensor) {}

    private final FileReplacements replacements = new FileReplacements();
    private final List<Sink> sinks = new ArrayList<>();
    private final Map<Path, Parts> files = new LinkedHashMap<>();

    /** Creates an empty set of outputs. */
    public TensorOutput() {}

    /**
     * Checks that a tensor can be written, before it is computed.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements; every format has all types
     * @throws IllegalArgumentException if it is a directory, has another suffix, is a .npz file on a pipe, or is an existing
     *     malformed .npz or .safetensors file; or if its folder does not exist, does not allow new files or, for a .npz or
     *     .safetensors file, has no locks
     */
    public static void check(String specification, ElementType type) {
        Specification file = Specification.of(specification);
        if (!file.isStandard() && Files.isDirectory(file.path())) {
            throw new TensorFileException(file, "is a directory, expected a file to write");
        }
        file.checkWritable();
        if (file.isStreamToWrite()) {
            return;
        }
        try {
            FileReplacements.check(file.path(), file.format().hasNames());
        } catch (IOException e) {
            // Includes reasons that only the system knows, such as a read-only mount.
            throw new TensorFileException(file, "cannot be written: " + folderReason(file, e), e);
        }
        if (file.format().hasNames()) {
            try {
                Merge.checkExisting(file, file.path());
            } catch (IOException e) {
                throw new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
            }
        }
    }

    /**
     * Rejects two outputs with the same destination: one would replace the other, or a pipe would mix them. Several
     * tensors in one .npz or .safetensors file are allowed, and so are several outputs to a device such as {@code /dev/null}.
     *
     * @param specifications the outputs; null for an output that is not given
     * @throws IllegalArgumentException if two of them are the same tensor, or the same pipe
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
     * Starts to write a tensor.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param shape the dimensions
     * @return receives the elements
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalArgumentException if the file cannot hold the tensor, or this object writes that tensor already
     */
    public Sink create(String specification, ElementType type, long... shape) throws IOException {
        return create(Specification.of(specification), type, shape);
    }

    private Sink create(Specification file, ElementType type, long... shape) throws IOException {
        file.checkWritable();
        long bytes = StoredTensor.bytes(file, type, shape);
        byte[] header = file.format() == Format.SAFETENSORS
                ? safetensorsHeader(file, SafetensorsType.of(type), bytes, shape)
                : NpyHeader.write(type, shape);
        return create(file, header, bytes);
    }

    private static byte[] safetensorsHeader(Specification file, SafetensorsType type, long bytes, long... shape)
            throws IOException {
        SafetensorsEntry tensor = SafetensorsEntry.of(file.nameToWrite(), type, bytes, shape);
        return SafetensorsHeader.write(null, List.of(tensor));
    }

    private Sink create(Specification file, byte[] header, long bytes) throws IOException {
        try {
            return file.isStreamToWrite()
                    ? sink(file, Streams.output(file), true, header, bytes)
                    : part(file, header, bytes);
        } catch (IOException e) {
            throw failure(file, folderReason(file, e), e);
        }
    }

    /** The reason why a file cannot be created. */
    private static String folderReason(Specification file, IOException e) {
        if (!(e instanceof NoSuchFileException)) {
            return Text.reason(e);
        }
        Path folder = file.path().toAbsolutePath().getParent();
        return folder != null && Files.isDirectory(folder)
                ? "no files can be created in its folder"
                : "its folder does not exist";
    }

    private Sink part(Specification file, byte[] header, long bytes) throws IOException {
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
        Sink sink = file.format() == Format.NPZ
                ? sink(file, new NpzChannel(part.channel(), tensor, header.length + bytes), true, header, bytes)
                : sink(file, part.channel(), false, header, bytes);
        parts.byTensor.put(tensor, part);
        files.put(destination, parts);
        return sink;
    }

    private Sink sink(Specification file, WritableByteChannel channel, boolean closes, byte[] header, long bytes)
            throws IOException {
        try {
            Sink sink = new Sink(file, channel, closes, header, bytes);
            sinks.add(sink);
            return sink;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Writes a whole number: an I64 scalar in a .safetensors file, like PyTorch's {@code num_batches_tracked}, or an
     * int64 scalar in a .npy or .npz file.
     *
     * @param specification {@code FILE.safetensors#NAME}, {@code FILE.npz#NAME} or {@code FILE.npy}
     * @param value the number
     * @throws IOException if it cannot be written; the message names the file
     * @throws IllegalArgumentException if the name does not end with .safetensors, .npz or .npy
     */
    public void writeLong(String specification, long value) throws IOException {
        Specification file = Specification.of(specification);
        file.checkWritable();
        byte[] header = file.format() == Format.SAFETENSORS
                ? safetensorsHeader(file, SafetensorsType.I64, Long.BYTES)
                : NpyHeader.write("<i8");
        try (Sink sink = create(file, header, Long.BYTES)) {
            sink.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(0, value));
        }
    }

    /**
     * Writes a float32 tensor.
     *
     * @param target a file; # has no special meaning
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException if it cannot be written; the message names the target
     */
    public void write(Path target, float[] values, long... shape) throws IOException {
        write(Specification.of(target), ElementType.FLOAT32, values, shape);
    }

    /**
     * Writes a float32 tensor.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException if it cannot be written; the message names the file
     * @throws IllegalArgumentException if the file cannot hold it, or the number of values does not match the shape
     */
    public void write(String specification, float[] values, long... shape) throws IOException {
        write(Specification.of(specification), ElementType.FLOAT32, values, shape);
    }

    /**
     * Writes a tensor of any type. Values are rounded to the nearest.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException if it cannot be written; the message names the file
     * @throws IllegalArgumentException if the file cannot hold it, or the number of values does not match the shape
     */
    public void write(String specification, ElementType type, float[] values, long... shape) throws IOException {
        write(Specification.of(specification), type, values, shape);
    }

    /**
     * Writes a tensor of any type. Values are rounded to the nearest.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME} or {@code FILE.safetensors#NAME}
     * @param type the type of the elements
     * @param values the elements, the last dimension fastest
     * @param shape the dimensions
     * @throws IOException if it cannot be written; the message names the file
     * @throws IllegalArgumentException if the file cannot hold it, or the number of values does not match the shape
     */
    public void write(String specification, ElementType type, double[] values, long... shape) throws IOException {
        write(
                Specification.of(specification),
                type,
                values.length,
                (at, piece) -> Codec.encode(type, values, at, piece),
                shape);
    }

    private void write(Specification file, ElementType type, float[] values, long... shape) throws IOException {
        write(file, type, values.length, (at, piece) -> Codec.encode(type, values, at, piece), shape);
    }

    /** Fills a buffer with elements, starting at an index. */
    private interface PieceWriter {
        void fill(int at, ByteBuffer bytes);
    }

    private void write(Specification file, ElementType type, int count, PieceWriter piece, long... shape)
            throws IOException {
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
     * Renames all files. If one rename fails, the old files are restored. Blocks while other threads or processes
     * replace one of the files, for at most ten minutes.
     *
     * @throws IOException if one cannot be written or renamed, or the folder of a .npz or .safetensors file cannot be
     *     locked
     * @throws IllegalArgumentException if a .npz or .safetensors file was damaged since
     * @throws IllegalStateException if a sink is open or incomplete
     */
    public void commit() throws IOException {
        if (!sinks.stream().allMatch(Sink::isComplete)) {
            throw new IllegalStateException("a tensor is not complete");
        }
        lock();
        for (Map.Entry<Path, Parts> file : files.entrySet()) {
            if (file.getValue().file.format().hasNames()) {
                try {
                    merge(file.getValue(), file.getKey());
                } catch (IOException e) {
                    throw failure(file.getValue().file, e);
                }
            }
        }
        try {
            replacements.commit();
        } catch (FileSystemException e) {
            Parts parts = e.getFile() == null ? null : files.get(Path.of(e.getFile()));
            throw parts == null ? e : failure(parts.file, e);
        }
        files.clear();
        sinks.clear();
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
            throw first == null ? e : failure(first, e);
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

    /** Closes open sinks, and removes files that were not committed. */
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
