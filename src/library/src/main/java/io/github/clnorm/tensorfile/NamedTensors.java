package io.github.clnorm.tensorfile;

import java.util.Map;

/** Finds a tensor of a file that has several. */
final class NamedTensors {

    private NamedTensors() {}

    /** Returns the named tensor, or the only one if there is no name. */
    static <T> T pick(Specification file, String name, Map<String, T> tensors) {
        if (tensors.isEmpty()) {
            throw new TensorFileException(file, "holds no tensor");
        }
        if (name == null && tensors.size() > 1) {
            throw new TensorFileException(
                    file,
                    "holds " + tensors.size() + " tensors, expected "
                            + file.format().withName() + " with one of " + Text.names(tensors.keySet()));
        }
        T tensor = name == null ? tensors.values().iterator().next() : tensors.get(name);
        if (tensor == null) {
            throw new TensorFileException(
                    file, "has no tensor " + Text.name(name) + ", expected one of " + Text.names(tensors.keySet()));
        }
        return tensor;
    }
}
