package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Divide;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.ElementType;

/**
 * Scale and shift of each sample and channel: y · (1 + scale) + shift; and a number that is added to each weight. A pass
 * takes them as a weight and a bias of each sample, which a launch computes before it; launches after a backward pass
 * divide the gradients of these.
 *
 * <p>Immutable and thread-safe; the buffers have their own rules.
 *
 * @param session the device
 * @param type of scale and shift
 * @param parameterType of weight and bias; the accumulator's if there are none
 * @param samples N
 * @param channels weights of the operation: C, or the elements of a row
 * @param weightOffset added to each gamma, if there are any
 * @param scale N · C elements, or null for 0
 * @param shift as scale
 * @param weight gamma, C elements, or null
 * @param bias beta, C elements, or null
 */
public record Modulation(
        Session session,
        ElementType type,
        ElementType parameterType,
        long samples,
        long channels,
        double weightOffset,
        DeviceBuffer scale,
        DeviceBuffer shift,
        DeviceBuffer weight,
        DeviceBuffer bias) {

    private static final String FILE = "modulation.cl";
    private static final int CPU_VECTOR = 16;
    private static final int WORK_GROUP = 64;
    // Channels that a work-item of a larger work-group takes.
    private static final int IN_TURN = 4;

    /** One real for each sample and channel. */
    public record Table(DeviceBuffer weight, DeviceBuffer bias) implements AutoCloseable {

        @Override
        public void close() {
            if (bias != null) {
                bias.close();
            }
            weight.close();
        }
    }

    /** The gradients that a backward pass of a modulated normalization makes; null for one that is not wanted. */
    public record Targets(DeviceBuffer scale, DeviceBuffer shift, DeviceBuffer weight, DeviceBuffer bias) {}

    /**
     * A table whose content is undefined.
     *
     * @param ofBiases whether it has biases
     * @return N · C weights of samples, and as many biases or null
     */
    public Table table(boolean ofBiases) {
        DeviceBuffer ofWeights = numbers();
        try {
            return new Table(ofWeights, ofBiases ? numbers() : null);
        } catch (RuntimeException e) {
            ofWeights.close();
            throw e;
        }
    }

    private DeviceBuffer numbers() {
        return session.allocate(samples * channels * real().bytes());
    }

    /** The type of the tables. */
    private ElementType real() {
        return type.accumulator();
    }

    /**
     * Enqueues the computation of the weights and biases of each sample. Does not block.
     *
     * @param to receives them
     */
    public void parameters(Table to) {
        session.exclusively(() -> {
            BuiltKernel kernel = kernel("modulated_parameters");
            enqueue(
                    kernel,
                    arguments(kernel)
                            .with("scale", scale)
                            .with("shift", shift)
                            .with("own_gamma", to.weight)
                            .with("own_beta", to.bias));
        });
    }

    /**
     * Enqueues the gradients, from those of the weights and biases of each sample. Does not block.
     *
     * @param of the gradients of the weights and biases of each sample
     * @param to receives the gradients
     */
    public void gradients(Table of, Targets to) {
        session.exclusively(() -> {
            if (to.scale != null || to.shift != null) {
                BuiltKernel kernel = kernel("modulation_gradients");
                enqueue(
                        kernel,
                        ofTable(arguments(kernel), of).with("dscale", to.scale).with("dshift", to.shift));
            }
            if (to.weight != null || to.bias != null) {
                sumOverSamples(of, to);
            }
            session.queue().flush();
        });
    }

    private void sumOverSamples(Table of, Targets to) {
        BuiltKernel kernel = kernel("modulated_parameter_gradients");
        KernelArguments arguments = ofTable(arguments(kernel), of)
                .with("scale", scale)
                .with("dgamma", to.weight)
                .with("dbeta", to.bias)
                .with("samples", samples)
                .with("channels", channels)
                .requireComplete();
        long groups = Divide.ceil(channels, (long) workGroup() * vector());
        session.queue().enqueue(kernel, arguments, groups, workGroup());
    }

    private BuiltKernel kernel(String name) {
        return session.kernel(
                FILE,
                name,
                KernelOptions.of(session, workGroup(), vector(), type, Statistics.MEAN_AND_VARIANCE)
                        .parameters(parameterType));
    }

    private KernelArguments arguments(BuiltKernel kernel) {
        return new KernelArguments(kernel.signature(), real());
    }

    private static KernelArguments ofTable(KernelArguments arguments, Table gradients) {
        return arguments.with("own_dgamma", gradients.weight).with("own_dbeta", gradients.bias);
    }

    /** Enqueues a kernel whose work-groups share out the channels of every sample. */
    private void enqueue(BuiltKernel kernel, KernelArguments arguments) {
        arguments
                .with("gamma", weight)
                .with("beta", bias)
                .withReal("offset", Reals.of(real(), "weight_offset", weightOffset))
                .with("channels", channels)
                .with("each", each())
                .with("parts", parts())
                .requireComplete();
        session.queue().enqueue(kernel, arguments, samples * parts(), workGroup());
    }

    /** Channels of a work-group. */
    private long each() {
        return cpu() ? channels : (long) workGroup() * IN_TURN;
    }

    private long parts() {
        return Divide.ceil(channels, each());
    }

    private boolean cpu() {
        return Quirks.prefersVectorsToWorkItems(session.device());
    }

    private int workGroup() {
        return cpu()
                ? 1
                : (int) Long.highestOneBit(Math.min(WORK_GROUP, session.device().maxWorkGroupSize()));
    }

    private int vector() {
        return cpu() ? CPU_VECTOR : 1;
    }
}
