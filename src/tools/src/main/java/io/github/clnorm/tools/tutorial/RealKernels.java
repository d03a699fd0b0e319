package io.github.clnorm.tools.tutorial;

import io.github.clnorm.Backend;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Options;
import io.github.clnorm.Recorded;
import io.github.clnorm.Tensor;
import java.util.Map;

/** The library's passes over the same inputs: the bits and the speed that the tutorial leads to. */
final class RealKernels implements AutoCloseable {

    private final Backend backend;
    private final GroupNorm norm;
    private final Tensor x;
    private final Tensor dy;
    private final Tensor y;
    private final Tensor dx;
    private Recorded recorded;

    /**
     * Brings inputs to the library.
     *
     * @param backend on the device of the ladder; the caller closes it, after this
     */
    RealKernels(Backend backend, Extent extent, TutorialInputs inputs) {
        this.backend = backend;
        norm = GroupNorm.builder(backend, extent.g(), extent.c())
                .eps(TutorialInputs.EPS)
                .build();
        norm.weight().set(inputs.gamma());
        norm.bias().set(inputs.beta());
        x = backend.tensor(inputs.x(), extent.shape());
        dy = backend.tensor(inputs.dy(), extent.shape());
        y = backend.tensor(inputs.x(), extent.shape());
        dx = backend.tensor(inputs.x(), extent.shape());
    }

    /** Runs a forward pass and blocks until it is done. */
    void forward() {
        norm.infer(x, Options.DEFAULTS.output(y));
        backend.finish();
    }

    /** Runs a backward pass and blocks until it is done. */
    void backward() {
        Gradients gradients = enqueueBackward();
        backend.finish();
        gradients.weight().close();
        gradients.bias().close();
    }

    private Gradients enqueueBackward() {
        if (recorded == null) {
            recorded = norm.record(x);
        }
        return recorded.backward(dy, GradientOptions.DEFAULTS.output(dx));
    }

    /** The results of both passes, by the names of the kernels' parameters. */
    Map<String, float[]> results() {
        forward();
        Gradients gradients = enqueueBackward();
        // dx is a tensor of this object and stays open.
        try (Tensor weight = gradients.weight();
                Tensor bias = gradients.bias()) {
            return Map.of(
                    "y", y.toFloats(), "dx", dx.toFloats(), "dgamma", weight.toFloats(), "dbeta", bias.toFloats());
        }
    }

    @Override
    public void close() {
        if (recorded != null) {
            recorded.close();
        }
        dx.close();
        y.close();
        dy.close();
        x.close();
        norm.close();
    }
}
