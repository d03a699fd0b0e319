package io.github.clnorm.tensorfile;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Names a tensor: {@code FILE.npy}, {@code FILE.npz#NAME}, {@code FILE.safetensors#NAME} or {@code
 * FILE.safetensors.index.json#NAME}. {@code -} is standard input or output, in the format {@code .npy}. The first # that directly
 * follows .npz, .safetensors or .safetensors.index.json begins the tensor's name. Any other # is part of the file's name.
 *
 * @param text the text, unchanged
 * @param path the file
 * @param tensor the tensor's name in the file; null if there is none
 * @param isStandard whether it is standard input or output
 */
record Specification(String text, Path path, String tensor, boolean isStandard) {

    /** The default name of a tensor. */
    private static final String UNNAMED = "tensor";
    /** The same in a .npz file, as numpy.savez names the first. */
    private static final String UNNAMED_IN_NPZ = "arr_0";

    static Specification of(String text) {
        int ending = Format.endOfFile(text);
        int end = ending < 0 ? text.length() : ending;
        if (end == 0) {
            throw new TensorFileException("''", "expected the name of a file");
        }
        try {
            Path path = Path.of(text.substring(0, end));
            return new Specification(
                    text, path, end == text.length() ? null : text.substring(end + 1), text.equals(Streams.STANDARD));
        } catch (InvalidPathException e) {
            throw new TensorFileException(text, "is not a file name: " + e.getReason(), e);
        }
    }

    static Specification of(Path path) {
        return new Specification(path.toString(), path, null, false);
    }

    /** The same file, with this name if none was given: for messages about one of its tensors. */
    Specification named(String found) {
        return tensor != null ? this : new Specification(text + "#" + found, path, found, isStandard);
    }

    Format format() {
        return Format.of(path.toString());
    }

    boolean isNpyByName() {
        return Format.NPY.isNamed(path.toString());
    }

    /** Whether it is standard input, a device or a pipe, which can be read only once. */
    boolean isStream() {
        return isStandard || Streams.isSpecial(path);
    }

    /** Whether it is standard output, a device or a pipe, which is not replaced. */
    boolean isStreamToWrite() {
        return Streams.isStandardOutput(this) || Streams.isSpecial(path);
    }

    String nameToWrite() {
        if (format() == Format.NPZ) {
            return NpzMember.tensorName(tensor == null ? UNNAMED_IN_NPZ : tensor);
        }
        return tensor == null ? UNNAMED : tensor;
    }

    /** Rejects names to which no tensor can be written. */
    void checkWritable() {
        boolean unknown = format() == Format.NPY && !isNpyByName() && !isStreamToWrite();
        if (unknown || format() == Format.INDEX) {
            throw new TensorFileException(text, "expected a name that ends with .npy, .npz or .safetensors");
        }
        if (format() == Format.NPZ && isStreamToWrite()) {
            throw new TensorFileException(
                    text, "a .npz file cannot be written to a pipe or a device, expected another name, or .npy");
        }
        String name = nameToWrite();
        boolean possible =
                switch (format()) {
                    case NPZ -> !name.isEmpty() && ZipFormat.isName(NpzMember.fileName(name));
                    case SAFETENSORS -> !name.isEmpty()
                            && !name.equals(SafetensorsHeader.METADATA)
                            && StandardCharsets.UTF_8.newEncoder().canEncode(name);
                    default -> true;
                };
        if (!possible) {
            throw new TensorFileException(text, "no tensor can be named " + Text.name(name));
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
