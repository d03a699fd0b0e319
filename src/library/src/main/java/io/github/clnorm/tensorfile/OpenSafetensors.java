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

/** An open {@code .safetensors} file and its tensors by name. Not thread-safe. */
final class OpenSafetensors implements AutoCloseable {

    // "PK\3\4": a zip archive, as torch.save writes.
    private static final int ZIP = 0x04034b50;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final Map<String, SafetensorsEntry> entries = new LinkedHashMap<>();

    private OpenSafetensors(Path path, FileChannel channel, SafetensorsHeader header) {
        this.path = path;
        this.channel = channel;
        this.header = header;
        header.tensors().forEach(entry -> entries.put(entry.name(), entry));
    }

    /** Opens a file, whose name may have any ending, and reads its header. */
    static OpenSafetensors open(Path path) {
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
                return new OpenSafetensors(path, channel, header);
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

    /** The names in the file's order. */
    Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** Reads a tensor of floats. */
    double[] doubles(String name) {
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

    /** Reads a tensor of one whole number. */
    long number(String name) {
        Specification file = specification(name);
        try {
            return header.number(file).read(file, NpyBytes.of(channel));
        } catch (IOException e) {
            throw failure(path, e);
        }
    }

    /** The description of a tensor. */
    SafetensorsEntry entry(String name) {
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

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure(path, e);
        }
    }
}
