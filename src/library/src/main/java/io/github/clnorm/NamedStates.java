package io.github.clnorm;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The states of some layers by full name, in PyTorch's order: for each layer its tensors, then its number of batches.
 * Immutable.
 */
final class NamedStates {

    /** PyTorch's name of the number of batches. */
    static final String COUNT = "num_batches_tracked";

    private final Set<String> names = new LinkedHashSet<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, ChannelStatisticsNorm> counts = new LinkedHashMap<>();
    private final Set<String> ignored = new LinkedHashSet<>();

    private NamedStates() {}

    /**
     * The states of open layers.
     *
     * @param layers by name; a layer of the empty name has tensors named {@code weight} and so on
     * @throws IllegalArgumentException if a layer has two names
     * @throws IllegalStateException if a layer is closed
     */
    static NamedStates of(Map<String, ? extends Layer> layers) {
        NamedStates states = new NamedStates();
        Map<Layer, String> nameOf = new IdentityHashMap<>();
        layers.forEach((name, layer) -> {
            Objects.requireNonNull(name, "a layer's name");
            Objects.requireNonNull(layer, () -> "layer '" + name + "'");
            String other = nameOf.put(layer, name);
            if (other != null) {
                throw new IllegalArgumentException("Expected one name for each layer, but " + layer + " is named '"
                        + other + "' and '" + name + "'");
            }
            states.add(name.isEmpty() ? "" : name + ".", layer);
        });
        return states;
    }

    private void add(String prefix, Layer layer) {
        layer.state().forEach((name, tensor) -> {
            names.add(prefix + name);
            tensors.put(prefix + name, tensor);
        });
        if (layer instanceof ChannelStatisticsNorm norm && norm.tracksRunningStats()) {
            names.add(prefix + COUNT);
            counts.put(prefix + COUNT, norm);
        }
        if (layer instanceof FrozenBatchNorm) {
            // The file may be of the BatchNorm that it replaces. torchvision ignores the count, too.
            ignored.add(prefix + COUNT);
        }
    }

    /** All names. */
    Set<String> names() {
        return names;
    }

    /** The layers' own tensors. */
    Map<String, Tensor> tensors() {
        return tensors;
    }

    /** The layers on a backend that count batches. */
    Map<String, ChannelStatisticsNorm> countsOf(Backend backend) {
        Map<String, ChannelStatisticsNorm> some = new LinkedHashMap<>(counts);
        some.values().removeIf(layer -> layer.backend() != backend);
        return some;
    }

    /** Whether a name in a file is neither loaded nor unexpected. */
    boolean ignores(String name) {
        return ignored.contains(name);
    }

    /** The tensors on a backend. */
    Map<String, Tensor> tensorsOf(Backend backend) {
        Map<String, Tensor> some = new LinkedHashMap<>(tensors);
        some.values().removeIf(tensor -> tensor.backend() != backend);
        return some;
    }

    /** The backends of the layers. */
    Set<Backend> backends() {
        Set<Backend> backends = new LinkedHashSet<>();
        tensors.values().forEach(tensor -> backends.add(tensor.backend()));
        return backends;
    }
}
