package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes tensors to files, all or none. Each tensor is written to a temporary file in the folder of its destination,
 * and {@link #commit()} renames them all (see {@link FileReplacements}). Until then, and after a failure, existing files
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

    private final PendingFiles files = new PendingFiles();
    private final List<Sink> sinks = new ArrayList<>();

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
            throw new TensorFileException(file, "cannot be written: " + WriteFailure.folderReason(file, e), e);
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
            throw WriteFailure.ofCreation(file, e);
        }
    }

    private Sink part(Specification file, byte[] header, long bytes) throws IOException {
        return files.create(
                file,
                (part, tensor) -> file.format() == Format.NPZ
                        ? sink(file, new NpzChannel(part.channel(), tensor, header.length + bytes), true, header, bytes)
                        : sink(file, part.channel(), false, header, bytes));
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
        files.commit();
        sinks.clear();
    }

    /** Closes open sinks, and removes files that were not committed. */
    @Override
    public void close() throws IOException {
        try (files) {
            for (Sink sink : sinks) {
                sink.abandon();
            }
        } finally {
            sinks.clear();
        }
    }
}
