package io.github.clnorm.tensorfile;

import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * All tensors of a {@code .safetensors} file, read by name: floats, and whole numbers such as {@code
 * num_batches_tracked}. Opening reads the header. If the file is replaced meanwhile, the reader still has the old one.
 *
 * <p>Also reads tensors that are divided over several files, by their index, {@code FILE.safetensors.index.json}. The files of an
 * index are in its folder. Each is opened when one of its tensors is first asked for.
 *
 * <p>Not thread-safe.
 */
public final class SafetensorsReader implements AutoCloseable {

    private final Path path;
    /** The tensors of an index and their files; null for one file. */
    private final Map<String, Path> shards;

    private final Map<Path, OpenSafetensors> opened = new HashMap<>();

    private SafetensorsReader(Path path, Map<String, Path> shards) {
        this.path = path;
        this.shards = shards;
    }

    /**
     * Opens a file and reads its header.
     *
     * @param path the file; its name may have any ending. One that ends with {@code .safetensors.index.json} is an index.
     * @return the reader
     * @throws TensorFileException if it cannot be read, or is not a well-formed .safetensors file or index
     */
    public static SafetensorsReader open(Path path) {
        Specification file = Specification.of(path);
        if (file.format() == Format.INDEX) {
            return new SafetensorsReader(path, ShardIndex.read(file).shards());
        }
        SafetensorsReader reader = new SafetensorsReader(path, null);
        reader.opened.put(path, OpenSafetensors.open(path));
        return reader;
    }

    /** The open file that has a tensor. */
    private OpenSafetensors fileOf(String name) {
        if (shards == null) {
            return opened.get(path);
        }
        Path shard = shards.get(name);
        if (shard == null) {
            throw new TensorFileException(path, "has no tensor " + Text.name(name));
        }
        try {
            OpenSafetensors file = opened.computeIfAbsent(shard, OpenSafetensors::open);
            file.entry(name);
            return file;
        } catch (TensorFileException e) {
            throw new TensorFileException(
                    path, "places tensor " + Text.name(name) + " in " + shard.getFileName() + ": " + e.problem(), e);
        }
    }

    private SafetensorsEntry entry(String name) {
        return fileOf(name).entry(name);
    }

    /**
     * The names of the tensors.
     *
     * @return the names in the file's order
     */
    public Set<String> names() {
        return shards == null ? opened.get(path).names() : Collections.unmodifiableSet(shards.keySet());
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
        return fileOf(name).doubles(name);
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
        return fileOf(name).number(name);
    }

    /** Closes the file, or all of an index that are open. */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (OpenSafetensors file : opened.values()) {
            try {
                file.close();
            } catch (TensorFileException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** The path. */
    @Override
    public String toString() {
        return path.toString();
    }
}
