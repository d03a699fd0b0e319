package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Outputs of one command, of which no two may be the same tensor: one would be lost. */
final class DistinctOutputs {

    /** A tensor, however its file was named. */
    private record Target(String destination, String tensor) {}

    private final Set<Target> targets = new HashSet<>();

    void add(Specification file) {
        try {
            // Two tensors in one pipe would be mixed. A device, such as /dev/null, takes several.
            boolean stream = file.isStreamToWrite();
            String destination = stream
                    ? Streams.identity(file, true)
                    : FileReplacements.destination(file.path()).toString();
            if (destination != null && !targets.add(new Target(destination, stream ? "" : tensor(file)))) {
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
                file.isSafetensors() && !file.isStreamToWrite()
                        ? "tensor " + Text.name(file.nameToWrite())
                                + " is named for two outputs, expected FILE.safetensors#NAME with a name for each"
                        : "is named for two outputs, expected a file for each");
    }
}
