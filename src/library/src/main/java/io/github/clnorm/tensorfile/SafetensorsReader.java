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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * All tensors of a {@code .safetensors} file, read by name: floats, and whole numbers such as {@code
 * num_batches_tracked}. Opening reads the header. If the file is replaced meanwhile, the reader still has the old one.
 *
 * <p>Not thread-safe.
 */
public final class SafetensorsReader implements AutoCloseable {

    // "PK\3\4": a zip archive, as torch.save writes.
    private static final int ZIP = 0x04034b50;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final Map<String, SafetensorsEntry> entries = new LinkedHashMap<>();

    private SafetensorsReader(Path path, FileChannel channel, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.header = header;
        header.tensors().forEach(entry -> entries.put(entry.name(), entry));
    }

    /**
     * Opens a file and reads its header.
     *
     * @param path the file; its name may have any ending
     * @return the reader
     * @throws TensorFileException if it cannot be read, or is not a well-formed .safetensors file
     */
    public static SafetensorsReader open(Path path) {
        if (Files.isDirectory(path)) {
            throw new TensorFileException(path, "is a directory, expected a .safetensors file");
        }
        try {
            FileChannel channel = FileChannel.open(path);
            boolean done = false;
            try {
                checkMagic(path, channel);
                SafetensorsHeader header = SafetensorsHeader.read(Specification.of(path), channel);
                done = true;
                return new SafetensorsReader(path, channel, header);
            } finally {
                if (!done) {
                    channel.close();
                }
            }
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw new TensorFileException(path, Text.reason(e), e);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    private static void checkMagic(Path path, FileChannel channel) throws IOException {
        ByteBuffer start = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Transfer.readAvailable(channel, 0, start);
        if (!start.hasRemaining() && start.getInt(0) == ZIP) {
            throw new TensorFileException(
                    path,
                    "is a zip archive, as torch.save writes, expected a .safetensors file, as"
                            + " safetensors.torch.save_file writes");
        }
    }

    /**
     * The names of the tensors.
     *
     * @return the names in the file's order
     */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /**
     * The type of a tensor, in the file's words.
     *
     * @param name one of {@link #names()}
     * @return for example {@code F32} or {@code I64}
     * @throws TensorFileException if the file has no tensor of this name
     */
    public String dtype(String name) {
        return entry(name).type().name();
    }

    /**
     * The shape of a tensor.
     *
     * @param name one of {@link #names()}
     * @return a copy
     * @throws TensorFileException if the file has no tensor of this name
     */
    public long[] shape(String name) {
        return entry(name).shape().clone();
    }

    /**
     * Whether a tensor has floats, which {@link #doubles} reads.
     *
     * @param name one of {@link #names()}
     * @return true for F16, BF16, F32 and F64
     * @throws TensorFileException if the file has no tensor of this name
     */
    public boolean isFloat(String name) {
        return entry(name).type().elementType() != null;
    }

    /**
     * Whether a tensor has whole numbers, of which {@link #number} reads one.
     *
     * @param name one of {@link #names()}
     * @return true for I8 to I64 and U8 to U64
     * @throws TensorFileException if the file has no tensor of this name
     */
    public boolean isWholeNumber(String name) {
        return entry(name).type().isInteger();
    }

    /**
     * Reads a tensor of floats.
     *
     * @param name one of {@link #names()}
     * @return the elements, the last dimension fastest; a double holds every type exactly
     * @throws TensorFileException if the file has no tensor of this name, if it has no floats, if it does not fit in a Java array, or
     *     if it cannot be read
     */
    public double[] doubles(String name) {
        StoredTensor tensor = header.find(specification(name));
        ElementType type = tensor.type();
        if (tensor.count() > Integer.MAX_VALUE - 8) {
            throw new TensorFileException(
                    path, "tensor " + Text.name(name) + " holds " + tensor.count() + " elements, too many to be read");
        }
        double[] values = new double[(int) tensor.count()];
        int most = Math.min(values.length, Transfer.PIECE_BYTES / type.bytes());
        ByteBuffer bytes = ByteBuffer.allocateDirect(most * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < values.length; at += most) {
            bytes.clear().limit(Math.min(most, values.length - at) * type.bytes());
            read(tensor.offset() + (long) at * type.bytes(), bytes);
            Codec.decode(type, bytes.flip(), values, at);
        }
        return values;
    }

    private void read(long position, ByteBuffer target) {
        try {
            Transfer.read(channel, position, target);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /**
     * Reads a tensor of one whole number.
     *
     * @param name one of {@link #names()}
     * @return the number
     * @throws TensorFileException if the file has no tensor of this name, if it is not a single whole number up to
     *     2<sup>63</sup>-1, or if it cannot be read
     */
    public long number(String name) {
        Specification file = specification(name);
        try {
            return header.number(file).read(file, channel);
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    private SafetensorsEntry entry(String name) {
        SafetensorsEntry entry = entries.get(name);
        if (entry == null) {
            throw new TensorFileException(path, "has no tensor " + Text.name(name));
        }
        return entry;
    }

    private Specification specification(String name) {
        entry(name);
        return new Specification(path + "#" + name, path, name, false);
    }

    private static TensorFileException failure(Path path, IOException e) {
        return new TensorFileException(path, "cannot be read: " + Text.reason(e), e);
    }

    /** Closes the file. */
    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** The path. */
    @Override
    public String toString() {
        return path.toString();
    }
}
