package io.github.clnorm.internal.plan;

import static io.github.clnorm.internal.geometry.Divide.ceil;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.BackwardProblem;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Problem;
import io.github.clnorm.internal.model.Capacities;
import io.github.clnorm.internal.model.Capacity;
import io.github.clnorm.internal.model.LaunchDemand;
import io.github.clnorm.internal.model.LaunchEstimate;
import io.github.clnorm.internal.model.Prediction;
import io.github.clnorm.internal.model.Vendor;
import java.util.ArrayList;
import java.util.List;

/** Predicts how long plans take on a GPU. Immutable and thread-safe. */
public final class Predictor {

    private static final int COPY_GROUP = 256;
    private static final int COPY_REGISTERS = 32;
    private static final int COPY_VECTOR_BYTES = 16;

    private final Problem problem;
    private final Capacity capacity;
    private final boolean nvidia;
    private final double copyMicros;

    /**
     * For one problem on one device.
     *
     * @param problem what is computed, not empty
     * @param device a GPU
     */
    public Predictor(Problem problem, DeviceInfo device) {
        this(problem, device, Capacities.of(device));
    }

    Predictor(Problem problem, DeviceInfo device, Capacity capacity) {
        this.problem = problem;
        this.capacity = capacity;
        this.nvidia = Vendor.of(device) == Vendor.NVIDIA;
        double bytes = tensorBytes() * least() / 2;
        this.copyMicros = micros(LaunchEstimate.of(copy(bytes, device.maxWorkGroupSize()), capacity));
    }

    private double tensorBytes() {
        return (double) problem.geometry().elements() * problem.type().bytes();
    }

    /** The least reads and writes of a tensor. */
    private int least() {
        int residual = problem.residual() ? 1 : 0;
        if (problem instanceof ForwardProblem forward) {
            return 2 + residual + (forward.sum() ? 1 : 0);
        }
        return 2 + residual + (((BackwardProblem) problem).input() ? 1 : 0);
    }

    private static LaunchDemand copy(double bytes, int largestGroup) {
        int size = Math.min(COPY_GROUP, largestGroup);
        int inFlight = size * KernelCosts.LOADS * COPY_VECTOR_BYTES;
        long groups = Math.max(1, ceil((long) bytes, inFlight));
        return new LaunchDemand(
                "copy",
                groups,
                new LaunchDemand.Group(size, COPY_REGISTERS, 0),
                new LaunchDemand.Traffic(bytes, 0, 0, true, bytes, Math.min(bytes, inFlight)),
                new LaunchDemand.Chain(1, 0, 0, 0, 2.0 * KernelCosts.LOADS),
                2.0 * KernelCosts.LOADS * size);
    }

    private double micros(LaunchEstimate launch) {
        return launch.micros() + capacity.launchMicros();
    }

    /**
     * The launches of a plan, as far as the model knows them.
     *
     * @param plan a plan that fits the problem
     * @return the launches, in order
     */
    public List<LaunchDemand> launches(Plan plan) {
        return problem instanceof ForwardProblem forward
                ? ForwardLaunches.of(plan, forward, nvidia)
                : BackwardLaunches.of(plan, (BackwardProblem) problem, nvidia);
    }

    /**
     * Predicts a plan.
     *
     * @param plan a plan that fits the problem
     * @return the prediction
     */
    public Prediction of(Plan plan) {
        List<LaunchEstimate> estimates = new ArrayList<>();
        double sum = 0;
        for (LaunchDemand launch : launches(plan)) {
            LaunchEstimate estimate = LaunchEstimate.of(launch, capacity);
            estimates.add(estimate);
            sum += micros(estimate);
        }
        return new Prediction(List.copyOf(estimates), sum, copyMicros, tensorBytes());
    }
}
