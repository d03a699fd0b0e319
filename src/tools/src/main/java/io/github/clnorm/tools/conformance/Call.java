package io.github.clnorm.tools.conformance;

import io.github.clnorm.NormSpec;
import io.github.clnorm.RmsNormSpec;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;

/** An operation with all of its arguments, ready to run on a device and in float64. */
final class Call {

    final NormSpec.Kind operation;
    final HostTensor input;
    long numGroups;
    long[] normalizedShape;
    HostTensor weight;
    HostTensor bias;
    HostTensor runningMean;
    HostTensor runningVar;
    /** Corresponds to PyTorch's training and use_input_stats. */
    boolean ownStatistics = true;

    double momentum = 0.1;
    double eps = 1e-5;
    Layout layout = Layout.CHANNELS_FIRST;
    Activation activation = Activation.NONE;
    HostTensor residual;
    /** Added to each weight of rms_norm. */
    double weightOffset;

    HostTensor scale;
    HostTensor shift;
    boolean sum;
    /** The gradient with respect to the output; null if no gradients are requested. */
    HostTensor gradOutput;

    private Call(NormSpec.Kind operation, HostTensor input) {
        this.operation = operation;
        this.input = input;
    }

    static Call of(NormSpec.Kind operation, HostTensor input) {
        return new Call(operation, input);
    }

    static Call groupNorm(HostTensor input, Layout layout, long numGroups) {
        return of(NormSpec.Kind.GROUP_NORM, input).layout(layout).numGroups(numGroups);
    }

    static Call instanceNorm(HostTensor input, Layout layout) {
        return of(NormSpec.Kind.INSTANCE_NORM, input).layout(layout);
    }

    static Call batchNorm(HostTensor input, Layout layout) {
        return of(NormSpec.Kind.BATCH_NORM, input).layout(layout);
    }

    static Call layerNorm(HostTensor input, long... normalizedShape) {
        return of(NormSpec.Kind.LAYER_NORM, input).normalizedShape(normalizedShape);
    }

    static Call rmsNorm(HostTensor input, long... normalizedShape) {
        return of(NormSpec.Kind.RMS_NORM, input).normalizedShape(normalizedShape);
    }

    Call numGroups(long value) {
        numGroups = value;
        return this;
    }

    Call normalizedShape(long... value) {
        normalizedShape = value;
        return this;
    }

    Call layout(Layout value) {
        layout = value;
        return this;
    }

    Call eps(double value) {
        eps = value;
        return this;
    }

    /** Weight and bias, each of any type, or null. */
    Call affine(HostTensor gamma, HostTensor beta) {
        weight = gamma;
        bias = beta;
        return this;
    }

    /** Running statistics before the call: updated by it, or used for normalizing. */
    Call running(HostTensor mean, HostTensor variance, double factor) {
        runningMean = mean;
        runningVar = variance;
        momentum = factor;
        return this;
    }

    Call ownStatistics(boolean value) {
        ownStatistics = value;
        return this;
    }

    Call activation(Activation value) {
        activation = value;
        return this;
    }

    /** Adds a residual before normalizing, and requests the sum as a result or not. */
    Call residual(HostTensor value, boolean wantSum) {
        residual = value;
        sum = wantSum;
        return this;
    }

    Call weightOffset(double value) {
        weightOffset = value;
        return this;
    }

    /** A scale and a shift of each sample, of the shape {@link #modulationShape}; one may be null. */
    Call scaleShift(HostTensor ofScale, HostTensor ofShift) {
        scale = ofScale;
        shift = ofShift;
        return this;
    }

    Call gradOutput(HostTensor value) {
        gradOutput = value;
        return this;
    }

    /** The operation with its arguments. */
    NormSpec spec() {
        NormSpec spec =
                operation.spec(new NormSpec.Arguments(numGroups, normalizedShape, layout, ownStatistics, momentum));
        NormSpec withOffset = weightOffset == 0 ? spec : ((RmsNormSpec) spec).weightOffset(weightOffset);
        return withOffset.activation(activation).eps(eps);
    }

    boolean isOfChannels() {
        return operation.takes(NormSpec.Argument.LAYOUT);
    }

    /** Whether a set is normalized by its mean, and not by its mean square alone. */
    boolean takesMean() {
        return spec().sets().statistics() != Statistics.MEAN_SQUARE;
    }

    /** The dimensions of a scale and a shift. */
    long[] modulationShape() {
        return spec().sets().modulationShape(input.shape());
    }

    /** The dimensions of a parameter. */
    long[] parameterShape() {
        long[] shape = input.shape();
        return spec().sets().parameterShape(shape);
    }
}
