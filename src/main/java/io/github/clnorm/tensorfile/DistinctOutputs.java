package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Outputs of one command, of which no two may be the same tensor: one would be lost. */
final class DistinctOutputs {

    /** A tensor, however its file was named. */
    private record Target(Path destination, String tensor) {}

    private final Set<Target> targets = new HashSet<>();

    void add(Specification file) {
        if (file.isSpecial()) {
            return;
        }
        try {
            if (!targets.add(new Target(Replacements.destination(file.path()), tensor(file)))) {
                throw notDistinct(file);
            }
        } catch (IOException e) {
            throw new TensorFileException(file, "cannot be written: " + Text.reason(e), e);
        }
    }

    /** What tells the tensors of a file apart: nothing in a .npy file, which holds one. */
    static String tensor(Specification file) {
        return file.isSafetensors() ? file.nameToWrite() : "";
    }

    static TensorFileException notDistinct(Specification file) {
        return new TensorFileException(
                file,
                file.isSafetensors()
                        ? "tensor " + Text.name(file.nameToWrite())
                                + " is named for two outputs, expected FILE.safetensors#NAME with a name for each"
                        : "is named for two outputs, expected a file for each");
    }
}
