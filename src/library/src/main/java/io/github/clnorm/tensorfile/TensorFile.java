package io.github.clnorm.tensorfile;

import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** A tensor in a file. Immutable and thread-safe. */
public final class TensorFile {

    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private final Specification named;
    /** The file that has the tensor: of an index, the shard. */
    private final Specification file;

    private final StoredTensor tensor;
    /** The copy of a stream; null for a file. */
    private final FileChannel spilled;

    private TensorFile(Specification named, Specification file, StoredTensor tensor, FileChannel spilled) {
        this.named = named;
        this.file = file;
        this.tensor = tensor;
        this.spilled = spilled;
    }

    /**
     * Reads the description of a tensor, without its elements. A pipe, a device or standard input is read to its end
     * and copied to an unlinked temporary file, which exists as long as the result is reachable.
     *
     * @param specification {@code FILE.npy}, {@code FILE.npz#NAME}, {@code FILE.safetensors#NAME}, or {@code
     *     FILE.safetensors.index.json#NAME} for a tensor of several .safetensors files; the name may be omitted if the file
     *     has one tensor. A name with another ending is read as .npy. {@code -} is standard input, as .npy.
     * @return the tensor's description
     * @throws TensorFileException if the file is malformed, or has no float tensor with this name; or if an index names a
     *     file that is missing or outside its folder
     */
    public static TensorFile open(String specification) {
        return open(Specification.of(specification));
    }

    /**
     * Reads the description of a tensor, without its elements.
     *
     * @param path a {@code .npy} file, or a {@code .npz} or {@code .safetensors} file of one tensor; # and - have no
     *     special meaning
     * @return the tensor's description
     * @throws TensorFileException if the file is malformed, or its tensor is not of floats
     */
    public static TensorFile open(Path path) {
        return open(Specification.of(path));
    }

    private static TensorFile open(Specification file) {
        Specification found = ShardIndex.resolve(file);
        return with(found, channel -> {
            StoredTensor tensor = StoredTensor.read(found, channel);
            return new TensorFile(file, found, tensor, found.isStream() ? channel : null);
        });
    }

    /**
     * Reads a whole number of any integer type, for example {@code num_batches_tracked} (I64) of a PyTorch module.
     *
     * @param specification {@code FILE.safetensors#NAME}, {@code FILE.npy} or another form of {@link #open(String)}
     * @return the value of the tensor's only element
     * @throws TensorFileException if there is no such tensor, or it is not a single whole number
     */
    public static long readLong(String specification) {
        Specification file = ShardIndex.resolve(Specification.of(specification));
        return with(file, channel -> switch (file.format()) {
            case NPZ -> NpzMember.find(file, channel).number();
            case NPY -> NpyHeader.number(file, NpyBytes.of(channel)).read(file, NpyBytes.of(channel));
            case SAFETENSORS, INDEX -> SafetensorsHeader.read(file, channel)
                    .number(file)
                    .read(file, NpyBytes.of(channel));
        });
    }

    /**
     * Rejects a stream that is named twice, because it can be read only once.
     *
     * @param specifications the inputs; null for an input that is not given
     * @throws TensorFileException if two of them are the same pipe, or standard input
     */
    public static void checkStreams(String... specifications) {
        Set<String> streams = new HashSet<>();
        for (String specification : specifications) {
            if (specification == null) {
                continue;
            }
            Specification file = Specification.of(specification);
            try {
                String stream = file.isStream() ? Streams.identity(file, false) : null;
                if (stream != null && !streams.add(stream)) {
                    throw new TensorFileException(file, "is named for two inputs, but can be read only once");
                }
            } catch (IOException e) {
                throw new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
            }
        }
    }

    /** Reads an open file. */
    private interface Reader<T> {
        T read(FileChannel channel) throws IOException;
    }

    /** Opens a file and closes it, except the copy of a stream. */
    private static <T> T with(Specification file, Reader<T> reader) {
        if (!file.isStandard() && Files.isDirectory(file.path())) {
            throw new TensorFileException(file, "is a directory, expected a " + file.format() + " file");
        }
        try {
            if (file.isStream()) {
                return withStream(Spill.of(file), reader);
            }
            try (FileChannel channel = FileChannel.open(file.path())) {
                return reader.read(channel);
            }
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw new TensorFileException(file, Text.reason(e), e);
        } catch (IOException e) {
            throw new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
        }
    }

    private static <T> T withStream(FileChannel channel, Reader<T> reader) throws IOException {
        boolean kept = false;
        try {
            T result = reader.read(channel);
            kept = result instanceof TensorFile;
            return result;
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    /**
     * Returns the path of the file.
     *
     * @return the path; {@code -} for standard input
     */
    public Path path() {
        return named.path();
    }

    /**
     * Returns the type of its elements.
     *
     * @return the type
     */
    public ElementType type() {
        return tensor.type();
    }

    /**
     * Returns its dimensions, slowest first.
     *
     * @return a copy
     */
    public long[] shape() {
        return tensor.shape().clone();
    }

    /**
     * Opens the file to read the elements as they are stored, piece by piece. If the file was replaced, the elements of
     * the new file are read. The tensor of a {@code .npz} file is read once to check it; if it is compressed, it is inflated to
     * an unlinked temporary file, which exists until the elements are closed.
     *
     * @return the elements; the caller closes them
     * @throws TensorFileException if the file cannot be opened, its type or shape has changed, or a {@code .npz} file is
     *     damaged
     */
    public Elements elements() {
        return OpenTensor.open(file, tensor, spilled);
    }

    /**
     * Reads the elements as float32. A float64 is rounded to the nearest float32.
     *
     * @return the elements, the last dimension fastest also if the file is in Fortran order
     * @throws TensorFileException if they cannot be read, or do not fit in a Java array
     */
    public float[] readFloats() {
        float[] values = new float[count()];
        readPieces((piece, at) -> Codec.decode(tensor.type(), piece, values, at));
        return values;
    }

    /**
     * Reads the elements as float64, which represents every type exactly.
     *
     * @return the elements, the last dimension fastest also if the file is in Fortran order
     * @throws TensorFileException if they cannot be read, or do not fit in a Java array
     */
    public double[] readDoubles() {
        double[] values = new double[count()];
        readPieces((piece, at) -> Codec.decode(tensor.type(), piece, values, at));
        return values;
    }

    private int count() {
        long count = tensor.count();
        if (count > MAX_ARRAY) {
            throw new TensorFileException(
                    file, "holds " + count + " elements, the most that can be read at once are " + MAX_ARRAY);
        }
        return (int) count;
    }

    /** Receives consecutive elements and the index of the first. */
    private interface PieceReader {
        void take(ByteBuffer elements, int at);
    }

    private void readPieces(PieceReader piece) {
        int size = tensor.type().bytes();
        int count = count();
        int most = Math.min(count, Transfer.PIECE_BYTES / size);
        ByteBuffer bytes = ByteBuffer.allocateDirect(most * size).order(ByteOrder.LITTLE_ENDIAN);
        try (Elements elements = elements()) {
            for (int at = 0; at < count; at += bytes.limit() / size) {
                bytes.clear().limit(Math.min(most, count - at) * size);
                elements.read(at, bytes);
                piece.take(bytes.flip(), at);
            }
        }
    }

    /**
     * Returns the specification.
     *
     * @return the text, unchanged
     */
    @Override
    public String toString() {
        return named.text();
    }
}
