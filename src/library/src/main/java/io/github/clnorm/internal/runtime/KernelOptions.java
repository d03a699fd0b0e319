package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.driver.Quirks;
import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.ParameterScope;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;

/** The macros that a kernel is built with. Defaults are left out, so that kernels share programs. */
final class KernelOptions {

    private final StringBuilder text = new StringBuilder();

    private KernelOptions() {}

    /** The macros of every kernel. */
    static KernelOptions of(
            Session session, int workGroupSize, int vectorWidth, ElementType type, Statistics statistics) {
        boolean fma = type == ElementType.FLOAT64 || session.device().fusedMultiplyAdd();
        return new KernelOptions()
                .with("WORK_GROUP_SIZE", workGroupSize)
                .with("VECTOR_WIDTH", vectorWidth)
                .with("HAS_FMA", fma ? 1 : 0)
                .with(Quirks.prefetches(session.device()), "PREFETCH", 1)
                .with(type != ElementType.FLOAT32, "STORAGE", type.name())
                .with(
                        type == ElementType.FLOAT16 && Quirks.roundsHalvesToNearest(session.device()),
                        "NEAREST_HALVES",
                        1)
                .with(statistics == Statistics.MEAN_SQUARE, "CENTERED", 0);
    }

    KernelOptions with(String macro, Object value) {
        text.append(text.isEmpty() ? "" : " ")
                .append("-D")
                .append(macro)
                .append('=')
                .append(value);
        return this;
    }

    /** Adds a macro if a condition holds. */
    KernelOptions with(boolean condition, String macro, Object value) {
        return condition ? with(macro, value) : this;
    }

    /** Indices of 32 bits for tensors of fewer than 2^31 elements. On a CPU, where they gain nothing, programs are shared. */
    KernelOptions indices(Session session, Geometry geometry) {
        boolean narrow =
                !Quirks.prefersVectorsToWorkItems(session.device()) && geometry.elements() <= Integer.MAX_VALUE;
        return with(narrow, "NARROW", 1);
    }

    KernelOptions parameters(ElementType type) {
        return with(type != ElementType.FLOAT32, "PARAMETER", type.name());
    }

    /** Which sets share the parameters that a kernel reads. */
    KernelOptions scope(Geometry geometry) {
        return with(
                geometry.scope() != ParameterScope.PER_GROUP,
                "PARAMETER_SCOPE",
                geometry.scope().name());
    }

    KernelOptions activation(Activation activation) {
        return with(activation != Activation.NONE, "ACTIVATION", activation.name());
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
