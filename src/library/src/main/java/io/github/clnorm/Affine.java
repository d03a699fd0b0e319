package io.github.clnorm;

import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.type.ElementType;

/**
 * The weight and the bias that the kernels of a pass read: those of the operation, or with scale and shift those of each
 * sample, which are in memory of the pass. The session's lock guards it.
 */
record Affine(ElementType type, DeviceBuffer weight, DeviceBuffer bias, Modulation.Table own) implements AutoCloseable {

    /** The type of an operation's parameters. */
    static ElementType type(Tensor input, Tensor weight, Tensor bias) {
        return weight != null
                ? weight.type()
                : bias != null ? bias.type() : input.type().accumulator();
    }

    /** Those of the operation. */
    static Affine of(Tensor input, Tensor weight, Tensor bias) {
        return new Affine(type(input, weight, bias), Pass.buffer(weight), Pass.buffer(bias), null);
    }

    /** Those of each sample, whose computation is enqueued. Backward without an activation reads no bias. */
    static Affine of(Tensor input, Modulation modulation, boolean bias) {
        Modulation.Table own = modulation.table(bias);
        try {
            modulation.parameters(own);
            return new Affine(input.type().accumulator(), own.weight(), own.bias(), own);
        } catch (RuntimeException e) {
            own.close();
            throw e;
        }
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }
}
