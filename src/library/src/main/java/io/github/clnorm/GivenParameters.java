package io.github.clnorm;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.runtime.Modulation;
import java.util.Arrays;
import java.util.List;

/**
 * What the caller gives to a pass as parameters. Their shapes, but for scale and shift, are checked.
 *
 * @param weight gamma of any type, or null
 * @param bias beta of the weight's type, or null
 * @param weightOffset added to each gamma
 * @param scaleShift or null
 * @param modulationShape the shape of scale and shift; null without them
 */
record GivenParameters(
        Tensor weight, Tensor bias, double weightOffset, ScaleShift scaleShift, long... modulationShape) {

    /** A weight and a bias, as they are. */
    static GivenParameters of(Tensor weight, Tensor bias) {
        return new GivenParameters(weight, bias, 0, null, (long[]) null);
    }

    /** The parameters of a pass over an input of a shape, with the options' scale and shift, or null. */
    static GivenParameters of(
            ChannelState state, double weightOffset, ScaleShift scaleShift, Sets sets, long... inputShape) {
        return new GivenParameters(
                state.weight(),
                state.bias(),
                weightOffset,
                scaleShift,
                scaleShift == null ? null : sets.modulationShape(inputShape));
    }

    /** The geometry of a pass that reads them. */
    Geometry geometry(Sets sets, long... inputShape) {
        return isModulated() ? sets.modulatedGeometry(inputShape) : sets.geometry(inputShape);
    }

    /** Whether each sample has a scale or a shift of its own. */
    boolean isModulated() {
        return scaleShift != null;
    }

    /** The scale, or null. */
    Tensor scale() {
        return scaleShift == null ? null : scaleShift.scale();
    }

    /** The shift, or null. */
    Tensor shift() {
        return scaleShift == null ? null : scaleShift.shift();
    }

    /** All tensors; null for each that is not given. */
    List<Tensor> tensors() {
        return Arrays.asList(weight, bias, scale(), shift());
    }

    /** Weight and bias are open, and in the input's context. */
    void checkOpen(Tensor input) {
        Checks.openHere(input, "weight", weight);
        Checks.openHere(input, "bias", bias);
    }

    /** They fit each other, and the input. */
    void check(Tensor input, Geometry geometry) {
        Checks.oneType(weight, bias);
        long samples = isModulated() ? modulationShape[0] : 1;
        Checks.ofGeometry(geometry, samples, "weight", weight);
        Checks.ofGeometry(geometry, samples, "bias", bias);
        if (isModulated()) {
            scaleShift.check(input, modulationShape);
        }
    }

    /** Kernels can read weight and bias. */
    void checkReadable() {
        Checks.readable("weight", weight);
        Checks.readable("bias", bias);
    }

    /** How the parameters that the kernels read follow from these; null if they are the same. */
    Modulation modulation(Tensor input) {
        if (scaleShift == null && (weight == null || weightOffset == 0)) {
            return null;
        }
        long samples = scaleShift == null ? 1 : scaleShift.any().sizes()[0];
        long all = scaleShift == null ? weight.elements() : scaleShift.any().elements();
        return new Modulation(
                input.backend().session(),
                scaleShift == null
                        ? input.type().accumulator()
                        : scaleShift.any().type(),
                PassParameters.type(input, weight, bias),
                samples,
                all / samples,
                weightOffset,
                Pass.buffer(scale()),
                Pass.buffer(shift()),
                Pass.buffer(weight),
                Pass.buffer(bias));
    }
}
