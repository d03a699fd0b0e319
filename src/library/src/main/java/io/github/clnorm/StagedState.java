package io.github.clnorm;

import io.github.clnorm.tensorfile.SafetensorsReader;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The values of a file on their way into layers. They are first copied to tensors of their own, because reading a file
 * and copying to a device can fail. Then they replace those of the layers, between the passes of other threads.
 */
final class StagedState implements AutoCloseable {

    private final NamedStates states;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Map<String, Long> counts = new LinkedHashMap<>();

    StagedState(NamedStates states) {
        this.states = states;
    }

    /** Reads some tensors of the layers, whose shapes and types fit. Changes no layer. */
    void read(SafetensorsReader file, Collection<String> names) {
        for (String name : names) {
            Tensor target = states.tensors().get(name);
            if (target == null) {
                counts.put(name, file.number(name));
                continue;
            }
            Tensor tensor = target.backend().empty(target.type(), target.sizes());
            tensors.put(name, tensor);
            tensor.set(file.doubles(name));
        }
    }

    /** Replaces the values of the layers. Rejects tensors that cannot be written before it changes one. */
    void apply() {
        for (Backend backend : states.backends()) {
            backend.session().exclusively(() -> requireUsable(backend));
        }
        for (Backend backend : states.backends()) {
            backend.session().exclusively(() -> apply(backend));
        }
    }

    private void requireUsable(Backend backend) {
        targets(backend).forEach((name, target) -> target.requireUsable(name));
    }

    private void apply(Backend backend) {
        // Again, because another thread may have closed one since. Then nothing on this backend is changed.
        requireUsable(backend);
        targets(backend).forEach((name, target) -> backend.session()
                .transfers()
                .copy(tensors.get(name).buffer(), target.buffer(), "StateFile.load"));
        states.countsOf(backend).forEach((name, layer) -> {
            if (counts.containsKey(name)) {
                layer.numBatchesTracked(counts.get(name));
            }
        });
    }

    /** The layers' tensors on a backend that are replaced. */
    private Map<String, Tensor> targets(Backend backend) {
        Map<String, Tensor> targets = states.tensorsOf(backend);
        targets.keySet().retainAll(tensors.keySet());
        return targets;
    }

    @Override
    public void close() {
        tensors.values().forEach(Tensor::close);
    }
}
