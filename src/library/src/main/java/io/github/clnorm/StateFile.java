package io.github.clnorm;

import io.github.clnorm.tensorfile.SafetensorsReader;
import io.github.clnorm.tensorfile.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Saves the states of layers to a {@code .safetensors} file, and loads them. Tensors have the names that PyTorch's {@code
 * state_dict()} gives them: a layer named {@code down.0.norm} has {@code down.0.norm.weight}, {@code down.0.norm.bias},
 * and with running statistics {@code down.0.norm.running_mean}, {@code down.0.norm.running_var} and {@code
 * down.0.norm.num_batches_tracked}, an I64 without dimensions. A layer with an empty name has {@code weight} and so on.
 *
 * <p>A model in several files is loaded by its index, {@code model.safetensors.index.json}. Only the files that have tensors of
 * the layers are opened.
 *
 * <pre>{@code
 * Map<String, Layer> layers = Map.of("down.0.norm", first, "down.1.norm", second);
 * StateFile.save(path, layers);
 * StateFile.load(path, layers);
 * }</pre>
 *
 * <p>Thread-safe. A save reads, and a load changes, all layers of a backend at once: no pass of another thread is enqueued
 * in between.
 */
public final class StateFile {

    private StateFile() {}

    /**
     * Writes the states of layers, and replaces an existing file with all its tensors. The file is the one that {@code
     * safetensors.torch.save_file} writes. Until it is complete, an existing file is unchanged. Blocks until the work
     * enqueued before is done and the file is flushed.
     *
     * @param path the file
     * @param layers by name, each layer once
     * @throws IOException if the file cannot be written; the message names it
     * @throws IllegalArgumentException if a layer has two names, if a name cannot be written as UTF-8, if the path is a
     *     directory, or if its folder does not exist
     * @throws IllegalStateException if a layer is closed, or a transfer is writing one of its tensors
     */
    public static void save(Path path, Map<String, ? extends Layer> layers) throws IOException {
        NamedStates states = NamedStates.of(layers);
        SafetensorsWriter file = new SafetensorsWriter(Objects.requireNonNull(path, "path"));
        List<Tensor> copies = new ArrayList<>();
        try {
            for (Backend backend : states.backends()) {
                backend.session().exclusively(() -> {
                    states.tensorsOf(backend).forEach((name, tensor) -> {
                        Tensor copy = backend.empty(tensor.type(), tensor.sizes());
                        copies.add(copy);
                        copy.copyFrom(tensor);
                        file.add(name, copy.type(), target -> write(copy, target), copy.sizes());
                    });
                    states.countsOf(backend).forEach((name, layer) -> file.add(name, layer.numBatchesTracked()));
                });
            }
            file.commit();
        } finally {
            copies.forEach(Tensor::close);
        }
    }

    private static void write(Tensor tensor, WritableByteChannel target) throws IOException {
        try {
            tensor.read((at, piece) -> write(piece, target));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void write(ByteBuffer piece, WritableByteChannel target) {
        try {
            while (piece.hasRemaining()) {
                target.write(piece);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Loads the states of layers from a file that has exactly their tensors. If it does not, no layer is changed.
     *
     * @param path a .safetensors file, or the .safetensors.index.json of several
     * @param layers by name, each layer once
     * @return what was loaded: everything
     * @throws IllegalArgumentException if the file cannot be read; if tensors are missing or unexpected, or do not fit in
     *     shape, type or value, with all of them in the message; or if a layer has two names
     * @throws IllegalStateException if a layer is closed, or a transfer is writing one of its tensors
     */
    public static LoadReport load(Path path, Map<String, ? extends Layer> layers) {
        return load(path, layers, Strictness.STRICT);
    }

    /**
     * Loads the states of layers. Values are rounded to the type of the layer's tensor, as PyTorch's {@code
     * load_state_dict} does: a float16 file loads into a float32 layer. All values are read and copied to the device before
     * any layer is changed. Loading changes parameters: gradients of earlier passes are rejected.
     *
     * <p>A tensor may have further dimensions of 1, such as a weight of shape (C, 1, 1) or (1, C, 1, 1). As in PyTorch, {@code
     * num_batches_tracked} may have the shape [1]. As in torchvision, {@link FrozenBatchNorm}
     * ignores {@code num_batches_tracked}.
     *
     * @param path a .safetensors file, or the .safetensors.index.json of several
     * @param layers by name, each layer once
     * @param strictness whether a file is rejected that has other tensors than the layers
     * @return what was loaded, and what was not
     * @throws IllegalArgumentException if the file cannot be read, or a layer has two names; unless lenient, also if
     *     tensors are missing or unexpected, or do not fit in shape, type or value, with all of them in the message
     * @throws IllegalStateException if a layer is closed, or a transfer is writing one of its tensors
     */
    public static LoadReport load(Path path, Map<String, ? extends Layer> layers, Strictness strictness) {
        Objects.requireNonNull(strictness, "strictness");
        NamedStates states = NamedStates.of(layers);
        try (SafetensorsReader file = SafetensorsReader.open(Objects.requireNonNull(path, "path"))) {
            LoadReport report = StateComparison.of(file, states);
            if (strictness == Strictness.STRICT && !report.isComplete()) {
                throw new IllegalArgumentException(oneLine(path + ": does not fit the layers: " + report.problems()));
            }
            try (StagedState staged = new StagedState(states)) {
                staged.read(file, report.loaded());
                staged.apply();
            }
            return report;
        }
    }

    /** A file can have any characters in the names of its tensors. */
    private static String oneLine(String text) {
        return text.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
    }
}
