package io.github.clnorm.spark;

import io.github.clnorm.Backend;
import io.github.clnorm.Fingerprint;
import io.github.clnorm.Layer;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/** Batches on the executor's device, by a layer for each type. For one task; not thread-safe. */
final class LayerPass implements DevicePass {
    private final NormalizationRequest request;
    private final Backend backend;
    private final Fingerprint fingerprint;
    private final Map<ElementType, Layer> layers = new EnumMap<>(ElementType.class);

    LayerPass(NormalizationRequest request, Backend backend) {
        this.request = request;
        this.backend = backend;
        this.fingerprint = backend.fingerprint();
    }

    @Override
    public Fingerprint fingerprint() {
        return fingerprint;
    }

    @Override
    public Tensor enqueue(ElementType type, ByteBuffer elements) {
        int samples = elements.remaining() / (request.elements() * type.bytes());
        Layer layer = layers.computeIfAbsent(type, of -> request.spec().on(backend, of));
        Tensor batch = backend.wrap(elements, type, request.batchOf(samples));
        try {
            layer.infer(batch, Options.DEFAULTS.output(batch));
            return batch;
        } catch (RuntimeException e) {
            batch.close();
            throw e;
        }
    }

    @Override
    public void finish(Tensor batch, ByteBuffer elements) {
        try (batch) {
            batch.get(elements);
        }
    }

    @Override
    public void trim() {
        backend.trim();
    }

    @Override
    public void close() {
        layers.values().forEach(Layer::close);
    }
}
