package io.github.clnorm.dl4j;

import io.github.clnorm.Backend;
import io.github.clnorm.ChannelState;
import io.github.clnorm.Functional;
import io.github.clnorm.GradientOptions;
import io.github.clnorm.Gradients;
import io.github.clnorm.NormSpec;
import io.github.clnorm.Normalized;
import io.github.clnorm.Options;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.ElementType;
import java.lang.ref.Reference;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What one layer of a network has on the device: its parameters, and the input and statistics of the last training pass
 * until its gradients are taken. Not thread-safe, except for {@link #close()}, which waits for a pass.
 */
final class DeviceNorm implements AutoCloseable {

    private final Backend backend;
    private final NormSpec spec;
    private final ElementType type;
    private final boolean rereadsOutput;
    private final DeviceParameter weight;
    private final DeviceParameter bias;
    private ChannelState state = ChannelState.NONE;
    // Of the last training pass; null before it, and after its backward pass.
    private Tensor input;
    // The device may work on this array itself.
    private INDArray inputMemory;
    private Normalized pass;

    /**
     * Nothing is on the device yet.
     *
     * @param backend the device
     * @param spec the operation
     * @param type of inputs and parameters
     * @param channels the number of channels
     * @param rereadsOutput whether {@link #output} is called between a training pass and its backward pass
     */
    DeviceNorm(Backend backend, NormSpec spec, ElementType type, long channels, boolean rereadsOutput) {
        this.backend = backend;
        this.spec = spec;
        this.type = type;
        this.rereadsOutput = rereadsOutput;
        this.weight = new DeviceParameter(backend, type, channels);
        this.bias = new DeviceParameter(backend, type, channels);
    }

    /**
     * Normalizes.
     *
     * @param x in the layout of the spec, in any order of memory. Not modified
     * @param gamma of shape {@code (C)}, or null
     * @param beta of shape {@code (C)}, or null
     * @param saves whether {@link #backward} follows
     * @param lasts whether x is unchanged until then. Copies in a workspace of DL4J are not
     * @param y receives the result; null to save the pass alone
     */
    synchronized void forward(INDArray x, INDArray gamma, INDArray beta, boolean saves, boolean lasts, INDArray y) {
        forget();
        state = ChannelState.of(gamma == null ? null : weight.with(gamma), beta == null ? null : bias.with(beta));
        INDArray dense = ArrayMemory.dense(x);
        Tensor in =
                !saves || lasts && dense == x ? ArrayMemory.tensor(backend, dense) : ArrayMemory.copy(backend, dense);
        Normalized result = null;
        boolean isSaved = false;
        // Of an output that is read again, ND4J would have changed the array in the meantime.
        boolean isDirect = in.sharesHostMemory() && y != null && !rereadsOutput;
        try (Tensor target = isDirect ? ArrayMemory.tensor(backend, y) : null) {
            result = Functional.forward(spec, in, state, Options.DEFAULTS.output(target));
            if (y != null) {
                ArrayMemory.download(result.output(), y);
            }
            if (!rereadsOutput) {
                result.output().close();
            }
            if (saves) {
                inputMemory = dense;
                input = in;
                pass = result;
                isSaved = true;
            }
        } finally {
            if (!isSaved) {
                if (result != null) {
                    result.close();
                }
                in.close();
            }
            Reference.reachabilityFence(dense);
        }
    }

    /** Whether there is a pass whose gradients can be taken. */
    synchronized boolean isSaved() {
        return pass != null;
    }

    /**
     * Reads the result of the saved pass again.
     *
     * @param y overwritten
     */
    synchronized void output(INDArray y) {
        ArrayMemory.download(pass.output(), y);
    }

    /**
     * Takes the gradients of the saved pass, and forgets it.
     *
     * @param dy in the layout of the spec, in any order of memory. Not modified
     * @param dx overwritten
     * @param dgamma overwritten; null if there is no gamma
     * @param dbeta overwritten; null if there is no beta
     */
    synchronized void backward(INDArray dy, INDArray dx, INDArray dgamma, INDArray dbeta) {
        if (inputMemory.wasClosed()) {
            forget();
            throw new IllegalStateException("the input of the forward pass was closed before the backward pass");
        }
        INDArray dense = ArrayMemory.dense(dy);
        try (Tensor gradient = ArrayMemory.tensor(backend, dense);
                // Every element of dy is read before that of dx is written, but ND4J's dy is not modified.
                Tensor target = gradient.sharesHostMemory() ? ArrayMemory.tensor(backend, dx) : gradient;
                Gradients gradients = Functional.backward(
                        spec,
                        gradient,
                        input,
                        state,
                        pass.saved(),
                        GradientOptions.DEFAULTS
                                .wanted(true, dgamma != null, dbeta != null)
                                .output(target))) {
            ArrayMemory.download(gradients.input(), dx);
            if (dgamma != null) {
                ArrayMemory.download(gradients.weight(), dgamma);
            }
            if (dbeta != null) {
                ArrayMemory.download(gradients.bias(), dbeta);
            }
        } finally {
            forget();
            Reference.reachabilityFence(dense);
        }
    }

    /** Frees what the last training pass saved. */
    synchronized void forget() {
        if (pass != null) {
            pass.close();
            input.close();
            pass = null;
            input = null;
            inputMemory = null;
        }
    }

    /** Frees everything. The next pass allocates it again. */
    @Override
    public synchronized void close() {
        forget();
        bias.close();
        weight.close();
    }
}
