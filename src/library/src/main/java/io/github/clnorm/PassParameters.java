package io.github.clnorm;

import io.github.clnorm.internal.runtime.DeviceBuffer;
import io.github.clnorm.internal.runtime.Modulation;
import io.github.clnorm.type.ElementType;

/**
 * The weight and the bias that the kernels of a pass read: those of the operation, or with a scale, a shift or an offset
 * of the weight those that follow from them, which are in memory of the pass. The session's lock guards it.
 */
record PassParameters(ElementType type, DeviceBuffer weight, DeviceBuffer bias, Modulation.Table own)
        implements AutoCloseable {

    /** The type of an operation's parameters. */
    static ElementType type(Tensor input, Tensor weight, Tensor bias) {
        return weight != null
                ? weight.type()
                : bias != null ? bias.type() : input.type().accumulator();
    }

    /** Those of the operation. */
    static PassParameters of(Tensor input, GivenParameters given) {
        return new PassParameters(
                type(input, given.weight(), given.bias()),
                Pass.buffer(given.weight()),
                Pass.buffer(given.bias()),
                null);
    }

    /** Those that follow from the operation's, whose computation is enqueued; with biases or without. */
    static PassParameters of(Tensor input, Modulation modulation, boolean bias) {
        Modulation.Table own = modulation.table(bias);
        try {
            modulation.parameters(own);
            return new PassParameters(input.type().accumulator(), own.weight(), own.bias(), own);
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
