package io.github.clnorm.tensorfile;

import io.github.clnorm.type.ElementType;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Names a tensor: {@code FILE.npy}, {@code FILE.safetensors} or {@code FILE.safetensors#NAME}. {@code -} is standard
 * input or output, in the format {@code .npy}. The first # that directly follows .safetensors begins the tensor's name.
 * Any other # is part of the file's name.
 *
 * @param text the text, unchanged
 * @param path the file
 * @param tensor the tensor's name in the file; null if there is none
 * @param isStandard whether it is standard input or output
 */
record Specification(String text, Path path, String tensor, boolean isStandard) {

    private static final String NPY = ".npy";
    private static final String SAFETENSORS = ".safetensors";
    /** The default name of a tensor. */
    private static final String UNNAMED = "tensor";

    static Specification of(String text) {
        int ending = text.indexOf(SAFETENSORS + "#");
        int end = ending < 0 ? text.length() : ending + SAFETENSORS.length();
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

    boolean isSafetensors() {
        return path.toString().endsWith(SAFETENSORS);
    }

    boolean isNpyByName() {
        return path.toString().endsWith(NPY);
    }

    String format() {
        return isSafetensors() ? SAFETENSORS : NPY;
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
        return tensor == null ? UNNAMED : tensor;
    }

    /** Rejects names to which the type cannot be written. A null type means a whole number. */
    void checkWritable(ElementType type) {
        if (!isSafetensors() && !isNpyByName() && !isStreamToWrite()) {
            throw new TensorFileException(text, "expected a name that ends with .npy or .safetensors");
        }
        if (!isSafetensors() && type == ElementType.BFLOAT16) {
            throw new TensorFileException(
                    text, "a .npy file cannot hold bfloat16, expected a name that ends with .safetensors");
        }
        String name = nameToWrite();
        if (name.isEmpty()
                || name.equals(SafetensorsHeader.METADATA)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new TensorFileException(text, "no tensor can be named " + Text.name(name));
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
