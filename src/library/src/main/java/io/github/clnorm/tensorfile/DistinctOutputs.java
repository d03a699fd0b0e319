package io.github.clnorm.tensorfile;

import io.github.clnorm.internal.files.FileReplacements;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/** Checks that no two outputs of a command are the same tensor, because one would be lost. */
final class DistinctOutputs {

    /** A tensor and the real path of its file. */
    private record Target(String destination, String tensor) {}

    private final Set<Target> targets = new HashSet<>();

    void add(Specification file) {
        try {
            // A pipe would mix two tensors. A device such as /dev/null accepts several.
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

    /** The name that identifies a tensor in its file; empty for a .npy file, which has one tensor. */
    static String tensor(Specification file) {
        return file.format().hasNames() ? file.nameToWrite() : "";
    }

    static TensorFileException notDistinct(Specification file) {
        return new TensorFileException(
                file,
                file.format().hasNames() && !file.isStreamToWrite()
                        ? "tensor " + Text.name(file.nameToWrite()) + " is named for two outputs, expected "
                                + file.format().withName() + " with a name for each"
                        : "is named for two outputs, expected a file for each");
    }
}
