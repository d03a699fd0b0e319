package io.github.clnorm.tools.conformance;

import io.github.clnorm.internal.geometry.Operation;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.Layout;

/** An operation and everything it is called with, ready to be run on a device and in float64. */
final class Call {

    final Operation operation;
    final HostTensor input;
    long numGroups;
    long[] normalizedShape;
    HostTensor weight;
    HostTensor bias;
    HostTensor runningMean;
    HostTensor runningVar;
    /** PyTorch's training and use_input_stats. */
    boolean ownStatistics = true;

    double momentum = 0.1;
    double eps = 1e-5;
    Layout layout = Layout.CHANNELS_FIRST;
    Activation activation = Activation.NONE;
    HostTensor residual;
    boolean sum;
    /** The gradient with respect to the output, where gradients are asked for. */
    HostTensor gradOutput;

    private Call(Operation operation, HostTensor input) {
        this.operation = operation;
        this.input = input;
    }

    static Call of(Operation operation, HostTensor input) {
        return new Call(operation, input);
    }

    static Call groupNorm(HostTensor input, Layout layout, long numGroups) {
        return of(Operation.GROUP_NORM, input).layout(layout).numGroups(numGroups);
    }

    static Call instanceNorm(HostTensor input, Layout layout) {
        return of(Operation.INSTANCE_NORM, input).layout(layout);
    }

    static Call batchNorm(HostTensor input, Layout layout) {
        return of(Operation.BATCH_NORM, input).layout(layout);
    }

    static Call layerNorm(HostTensor input, long... normalizedShape) {
        return of(Operation.LAYER_NORM, input).normalizedShape(normalizedShape);
    }

    static Call rmsNorm(HostTensor input, long... normalizedShape) {
        return of(Operation.RMS_NORM, input).normalizedShape(normalizedShape);
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

    /** Running statistics as they are before: updated, or, not by its own statistics, normalized by. */
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

    /** Adds a tensor before normalizing, and asks for the sum too or not. */
    Call residual(HostTensor value, boolean wantSum) {
        residual = value;
        sum = wantSum;
        return this;
    }

    Call gradOutput(HostTensor value) {
        gradOutput = value;
        return this;
    }

    boolean isOfChannels() {
        return operation != Operation.LAYER_NORM && operation != Operation.RMS_NORM;
    }

    /** The dimensions of a parameter. */
    long[] parameterShape() {
        long[] shape = input.shape();
        return isOfChannels() ? new long[] {shape[layout.channelAxis(shape.length)]} : normalizedShape;
    }
}
