package io.github.clnorm;

import java.util.List;
import java.util.Objects;

/**
 * Several layers that change their mode and close together, for example those of a network. Immutable and thread-safe.
 *
 * <pre>{@code
 * try (Layers layers = Layers.of(first, second)) {
 *     layers.train();
 *     …
 *     layers.eval();
 * }
 * }</pre>
 */
public final class Layers implements AutoCloseable {

    private final List<Layer> layers;

    private Layers(List<Layer> layers) {
        this.layers = layers;
    }

    /**
     * Some layers.
     *
     * @param layers of any backends
     * @return the layers, in this order
     * @throws NullPointerException when one of them is null
     */
    public static Layers of(Layer... layers) {
        for (int i = 0; i < layers.length; i++) {
            Objects.requireNonNull(layers[i], "layers[" + i + "]");
        }
        return new Layers(List.of(layers));
    }

    /**
     * The layers.
     *
     * @return the layers in the order that they were given in
     */
    public List<Layer> list() {
        return layers;
    }

    /** Switches to training: {@link ChannelStatisticsNorm#train(boolean)}. Layers without a mode are not changed. */
    public void train() {
        train(true);
    }

    /**
     * Sets the mode: {@link ChannelStatisticsNorm#train(boolean)}. Layers without a mode are not changed.
     *
     * @param value true for training, false for evaluation
     */
    public void train(boolean value) {
        for (Layer layer : layers) {
            if (layer instanceof ChannelStatisticsNorm norm) {
                norm.train(value);
            }
        }
    }

    /** Switches to evaluation: {@link ChannelStatisticsNorm#eval()}. Layers without a mode are not changed. */
    public void eval() {
        train(false);
    }

    /**
     * Closes all layers, the last one first. If closing one fails, the others are closed and the first exception is
     * thrown, with the others suppressed. Closing again is a no-op.
     */
    @Override
    public void close() {
        RuntimeException failure = null;
        for (int i = layers.size() - 1; i >= 0; i--) {
            try {
                layers.get(i).close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** The layers, one in each line, as PyTorch's {@code Sequential} prints them. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("Layers(\n");
        for (int i = 0; i < layers.size(); i++) {
            text.append("  (").append(i).append("): ").append(layers.get(i)).append('\n');
        }
        return text.append(')').toString();
    }
}
