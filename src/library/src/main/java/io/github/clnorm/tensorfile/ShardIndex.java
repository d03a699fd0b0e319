package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.json.JsonException;
import io.github.clnorm.internal.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The index of tensors that are divided over several {@code .safetensors} files, the shards: {@code
 * model.safetensors.index.json}, as Hugging Face's libraries write it. Its {@code weight_map} maps the name of each tensor to the
 * shard that has it, a file in the folder of the index.
 */
final class ShardIndex {

    private static final String WEIGHT_MAP = "weight_map";
    private static final long MAX_BYTES = 100_000_000;
    // A text may take 1/4 of the heap, and 1/2 together with the objects read from it.
    private static final int SHARE_OF_TEXT = 4;
    private static final int SHARE_OF_ALL = 2;

    private final Specification file;
    private final Map<String, Path> shards;

    private ShardIndex(Specification file, Map<String, Path> shards) {
        this.file = file;
        this.shards = shards;
    }

    /** Replaces a tensor of an index by the same tensor of its shard. Returns other specifications unchanged. */
    static Specification resolve(Specification file) {
        if (file.format() != Format.INDEX) {
            return file;
        }
        ShardIndex index = read(file);
        String name = file.tensor() == null && index.shards.size() == 1
                ? index.shards.keySet().iterator().next()
                : file.tensor();
        Path shard = NamedTensors.pick(file, name, index.shards);
        return index.shard(file.text(), shard, name);
    }

    /** Reads an index. */
    static ShardIndex read(Specification file) {
        if (Files.isDirectory(file.path())) {
            throw new TensorFileException(file, "is a directory, expected a .safetensors.index.json file");
        }
        if (file.isStream()) {
            throw new TensorFileException(
                    file, "is a pipe or a device, expected a file with its .safetensors files beside it");
        }
        try (FileChannel channel = FileChannel.open(file.path())) {
            return new ShardIndex(file, parse(file, text(file, channel)));
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw new TensorFileException(file, Text.reason(e), e);
        } catch (IOException e) {
            throw new TensorFileException(file, "cannot be read: " + Text.reason(e), e);
        }
    }

    private static byte[] text(Specification file, FileChannel channel) throws IOException {
        long size = channel.size();
        long most = Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_TEXT);
        if (size > most) {
            throw new TensorFileException(file, "has " + size + " bytes, expected an index of at most " + most);
        }
        ByteBuffer text = ByteBuffer.allocate((int) size);
        Transfer.read(channel, 0, text);
        return text.array();
    }

    private static Map<String, Path> parse(Specification file, byte[] text) {
        try {
            long room = Runtime.getRuntime().maxMemory() / SHARE_OF_ALL - text.length;
            StrictJson json = new StrictJson(text, room);
            Map<String, Path> shards = null;
            json.beginObject();
            for (String key = json.nextKey(); key != null; key = json.nextKey()) {
                if (key.equals(WEIGHT_MAP)) {
                    shards = weightMap(file, json);
                } else {
                    json.skip();
                }
            }
            json.end();
            if (shards == null) {
                throw new JsonException("it has no \"" + WEIGHT_MAP + "\"");
            }
            return shards;
        } catch (JsonException e) {
            throw new TensorFileException(file, "is a malformed index of .safetensors files: " + e.getMessage(), e);
        }
    }

    private static Map<String, Path> weightMap(Specification file, StrictJson json) {
        Map<String, Path> shards = new LinkedHashMap<>();
        // Many tensors share a shard.
        Map<String, Path> paths = new LinkedHashMap<>();
        json.beginObject();
        for (String name = json.nextKey(); name != null; name = json.nextKey()) {
            String tensor = name;
            shards.put(tensor, paths.computeIfAbsent(json.string(), shard -> path(file, tensor, shard)));
        }
        return shards;
    }

    /** The path of a shard, which must not leave the folder of the index: an index may come from a stranger. */
    private static Path path(Specification file, String tensor, String shard) {
        Path path;
        try {
            path = Path.of(shard);
        } catch (InvalidPathException e) {
            throw notAShard(file, tensor, shard, e);
        }
        boolean leaves = path.getRoot() != null;
        for (Path part : path) {
            leaves |= part.toString().equals("..");
        }
        if (leaves || !Format.SAFETENSORS.isNamed(shard)) {
            throw notAShard(file, tensor, shard, null);
        }
        return file.path().resolveSibling(path);
    }

    private static TensorFileException notAShard(Specification file, String tensor, String shard, Throwable cause) {
        return new TensorFileException(
                file,
                "places tensor " + Text.name(tensor) + " in " + Text.name(shard)
                        + ", expected a .safetensors file in the folder of the index",
                cause);
    }

    /** The tensors' names and shards, in the file's order. */
    Map<String, Path> shards() {
        return shards;
    }

    /** Names a tensor of a shard. */
    private Specification shard(String text, Path shard, String name) {
        return new Specification(text + " in " + shard.getFileName(), shard, name, false);
    }
}
