package io.github.clnorm.bench.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.BatchNorm;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.InstanceNorm;
import io.github.clnorm.Layer;
import io.github.clnorm.LayerNorm;
import io.github.clnorm.RmsNorm;
import io.github.clnorm.StateFile;
import io.github.clnorm.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Exchanges states between libtorch and clnorm in both directions, and writes the files that {@code StateExchangeTest}
 * reads:
 *
 * <ul>
 *   <li>{@code libtorch.safetensors}: the state of libtorch's modules after some training. clnorm must load it.
 *   <li>{@code clnorm.safetensors}: what {@link StateFile} writes for layers with the values of {@link #fill}. It is
 *       loaded here into libtorch's modules, with all names, shapes and types checked.
 *   <li>{@code results.safetensors}: inputs, libtorch's outputs in evaluation with each of the two states, and weights
 *       that libtorch converted to 16 bits.
 * </ul>
 */
final class StateData {

    private StateData() {}

    static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        TensorStore results = new TensorStore();
        StateNetwork network = new StateNetwork();
        network.train();
        Files.write(folder.resolve("libtorch.safetensors"), StateArchive.write(network.state()));
        network.evaluate("libtorch/", results);
        for (ScalarType type : new ScalarType[] {ScalarType.Half, ScalarType.BFloat16}) {
            results.add(type + "/weight", network.state().get("down.0.norm.weight").to(type));
        }

        Path ofClnorm = folder.resolve("clnorm.safetensors");
        try (Backend backend = Backend.open()) {
            Map<String, Layer> layers = new LinkedHashMap<>();
            layers.put("down.0.norm", GroupNorm.of(backend, 2, 4));
            layers.put("bn", BatchNorm.of2d(backend, 3));
            layers.put(
                    "in",
                    InstanceNorm.builder(backend, 3, 2)
                            .affine(true)
                            .trackRunningStats(true)
                            .build());
            layers.put("ln", LayerNorm.of(backend, 5));
            layers.put("rms", RmsNorm.of(backend, 5));
            layers.values().forEach(StateData::fill);
            ((BatchNorm) layers.get("bn")).numBatchesTracked(1234567890123L);
            StateFile.save(ofClnorm, layers);
        }
        network.load(StateArchive.read(Files.readAllBytes(ofClnorm)));
        network.evaluate("clnorm/", results);
        Files.write(folder.resolve("results.safetensors"), results.safetensors());
        System.out.println("states of libtorch and clnorm, " + results.size() + " tensors");
    }

    /** Element i of tensor t of a layer is 0.5 + t + i / 8. */
    private static void fill(Layer layer) {
        float first = 0.5f;
        for (Tensor tensor : layer.state().values()) {
            float[] values = new float[(int) tensor.elements()];
            for (int i = 0; i < values.length; i++) {
                values[i] = first + i / 8f;
            }
            tensor.set(values);
            first++;
        }
    }
}
