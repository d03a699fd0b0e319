import io.github.clnorm.Backend;
import io.github.clnorm.FrozenBatchNorm;
import io.github.clnorm.Gradients;
import io.github.clnorm.Layer;
import io.github.clnorm.Layers;
import io.github.clnorm.Recorded;
import io.github.clnorm.Tensor;
import java.util.List;
import java.util.Map;

/** A normalization layer of clnorm with its ReLU: it works on the device, forward and backward. */
final class Normalization implements Stage {

    private final Backend backend;
    private final Layer layer;
    private final int size;
    private final Parameter weight;
    private final Parameter bias;
    private Tensor x;
    private Recorded pass;

    Normalization(Backend backend, Layer layer, int size) {
        this.backend = backend;
        this.layer = layer;
        this.size = size;
        this.weight = new Parameter(new float[][] {layer.weight().toFloats()});
        this.bias = new Parameter(new float[][] {layer.bias().toFloats()});
    }

    @Override
    public float[][] forward(float[][] maps, int samples) {
        closePass();
        x = backend.tensor(toSamples(maps, samples), samples, maps.length, size, size);
        pass = layer.record(x);
        return toChannels(pass.output().toFloats(), samples, maps.length);
    }

    @Override
    public float[][] backward(float[][] gradient) {
        int samples = gradient[0].length / (size * size);
        try (Tensor dy = backend.tensor(toSamples(gradient, samples), samples, gradient.length, size, size);
                Gradients gradients = pass.backward(dy)) {
            // A FrozenBatchNorm has the gradient of its input alone.
            if (gradients.weight() != null) {
                weight.addToGradient(gradients.weight().toFloats());
                bias.addToGradient(gradients.bias().toFloats());
            }
            return toChannels(gradients.input().toFloats(), samples, gradient.length);
        }
    }

    /** Rows of channels to the order of clnorm, (N, C, H, W): the image of each sample and channel is contiguous. */
    private float[] toSamples(float[][] maps, int samples) {
        int pixels = size * size;
        float[] result = new float[samples * maps.length * pixels];
        for (int sample = 0; sample < samples; sample++) {
            for (int channel = 0; channel < maps.length; channel++) {
                System.arraycopy(
                        maps[channel], sample * pixels, result, (sample * maps.length + channel) * pixels, pixels);
            }
        }
        return result;
    }

    private float[][] toChannels(float[] values, int samples, int channels) {
        int pixels = size * size;
        float[][] maps = new float[channels][samples * pixels];
        for (int sample = 0; sample < samples; sample++) {
            for (int channel = 0; channel < channels; channel++) {
                System.arraycopy(
                        values, (sample * channels + channel) * pixels, maps[channel], sample * pixels, pixels);
            }
        }
        return maps;
    }

    @Override
    public List<Parameter> parameters() {
        return layer instanceof FrozenBatchNorm ? List.of() : List.of(weight, bias);
    }

    @Override
    public void parametersChanged() {
        layer.weight().set(weight.values[0]);
        layer.bias().set(bias.values[0]);
    }

    /** By name, with running statistics: a FrozenBatchNorm has the names of a BatchNorm. */
    @Override
    public void copyFrom(Stage other) {
        Map<String, Tensor> state = ((Normalization) other).layer.state();
        layer.state().forEach((name, tensor) -> tensor.set(state.get(name).toFloats()));
        weight.values[0] = layer.weight().toFloats();
        bias.values[0] = layer.bias().toFloats();
    }

    @Override
    public void training(boolean training) {
        Layers.of(layer).train(training);
    }

    private void closePass() {
        if (pass != null) {
            pass.close();
            x.close();
        }
    }

    @Override
    public void close() {
        closePass();
        layer.close();
    }
}
