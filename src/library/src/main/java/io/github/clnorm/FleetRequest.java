package io.github.clnorm;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.fleet.PieceRun;
import io.github.clnorm.internal.fleet.SamplePieces;
import io.github.clnorm.internal.fleet.ShareKey;
import io.github.clnorm.internal.geometry.ForwardProblem;
import io.github.clnorm.internal.geometry.Sets;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.geometry.Wording;
import io.github.clnorm.type.ElementType;
import java.util.List;
import java.util.Objects;

/** What a fleet is asked to normalize: a spec, and the type and shape of its input, checked. Immutable. */
final class FleetRequest {

    private static final int TENSORS_OF_PASS = 2;
    private static final long ROW = 1 << 16;
    private static final long MOST_ROWS = 1 << 10;

    final NormSpec spec;
    final ElementType type;
    final long[] shape;
    private final boolean residual;
    private final boolean sum;
    private final Sets sets;
    private final long samples;
    private final long sampleBytes;

    /**
     * Checks what needs no device.
     *
     * @throws IllegalArgumentException if the spec does not fit the shape
     */
    FleetRequest(NormSpec spec, ElementType type, long... shape) {
        this(spec, type, false, false, shape);
    }

    private FleetRequest(NormSpec spec, ElementType type, boolean residual, boolean sum, long... shape) {
        this.residual = residual;
        this.sum = sum;
        this.spec = Objects.requireNonNull(spec, "spec");
        this.type = Objects.requireNonNull(type, "type");
        this.shape = Objects.requireNonNull(shape, "shape").clone();
        spec.requireNoWeightOffset();
        this.sets = spec.sets();
        sets.geometry(shape);
        spec.checkInput(ChannelState.NONE, shape);
        sets.checkStatistics(shape);
        long elements = Shapes.elements(shape);
        if (elements > Long.MAX_VALUE / type.bytes()) {
            throw new IllegalArgumentException(
                    "a " + type + " tensor of shape " + Shapes.text(shape) + " takes more than 2^63-1 bytes");
        }
        checkCount("weight", spec.common().weight());
        checkCount("bias", spec.common().bias());
        this.samples = elements == 0 ? 0 : sets.samples(shape);
        this.sampleBytes = samples == 0 ? 0 : elements / samples * type.bytes();
    }

    /** The same request with a residual, and with the sum of input and residual as a result, if the tensors have them. */
    FleetRequest of(FleetTensors tensors) {
        return new FleetRequest(spec, type, tensors.residual() != null, tensors.sum() != null, shape);
    }

    private void checkCount(String name, float... values) {
        if (values != null) {
            long[] expected = sets.parameterShape(shape);
            long[] given = spec.parameters() == NormSpec.ANY && expected.length == 1
                    ? new long[] {values.length}
                    : spec.parameters() == NormSpec.ANY ? expected : spec.layerParameterShape();
            sets.checkParameter(name, given, shape, Wording.LIBRARY);
            if (Shapes.elements(given) != values.length) {
                throw new IllegalArgumentException("Expected " + name + " of "
                        + Shapes.count(Shapes.elements(given), "value") + ", but got " + values.length);
            }
        }
    }

    /** The number of samples; 0 for a tensor without elements. */
    long samples() {
        return samples;
    }

    long sampleBytes() {
        return sampleBytes;
    }

    long elements() {
        return Shapes.elements(shape);
    }

    /** The shape of some samples. */
    long[] shapeOf(long some) {
        return sets.shapeOf(some, shape);
    }

    long[] parameterShape() {
        return sets.parameterShape(shape);
    }

    /** Whether running statistics normalize. */
    boolean isByRunningStatistics() {
        return sets.statistics() == Statistics.GIVEN;
    }

    /** Whether a tensor is added to the input. */
    boolean hasResidual() {
        return residual;
    }

    /** Whether the pass changes running statistics. */
    boolean updatesRunningStatistics() {
        return spec instanceof ChannelStatisticsSpec<?> channels && channels.updates();
    }

    /** The same operation on another number of samples. */
    FleetRequest of(long some) {
        return new FleetRequest(spec, type, shapeOf(some));
    }

    /** Why a device cannot compute the type; empty if it can. */
    String problemOfType(DeviceInfo device) {
        return type == ElementType.FLOAT64 && !device.fp64() ? "it does not compute in double precision" : "";
    }

    /** Why a device cannot compute a whole sample; empty if it can. */
    String problemOfSize(DeviceInfo device) {
        return sampleBytes <= mostBytes(device)
                ? ""
                : "one sample takes " + sampleBytes + " bytes, and it has room for " + mostBytes(device)
                        + " in each of its passes";
    }

    /** Whether a sample has the same result alone and in a batch. */
    boolean samplesAreIndependent() {
        return sets.samplesAreIndependent();
    }

    /**
     * What is measured to find the weights of a pass that goes through the devices twice, in sections: rows of the same type
     * and at most the same size.
     */
    FleetRequest rows() {
        long rows = Math.max(1, Math.min(MOST_ROWS, elements() / ROW));
        return new FleetRequest(NormSpec.rmsNorm(ROW), type, rows, ROW);
    }

    ForwardProblem problem() {
        return new ForwardProblem(
                sets.geometry(shape), sets.statistics(), type, type.accumulator(), spec.activation(), residual, sum);
    }

    /** What fits on a device of a piece, which has an input and an output, beside a second piece. */
    static long mostBytes(DeviceInfo device) {
        // Half of the memory: the driver and other programs need some.
        return Math.min(device.maxBuffer(), device.globalMemory() / 2 / TENSORS_OF_PASS / PieceRun.IN_FLIGHT);
    }

    /** The pieces, which all of the devices can compute. */
    SamplePieces pieces(double smallestShare, long leastBytes, List<DeviceInfo> able) {
        long most = able.stream().mapToLong(FleetRequest::mostBytes).min().orElseThrow();
        return SamplePieces.of(samples, sampleBytes, smallestShare, leastBytes, most);
    }

    /** What weights that are measured for this request are stored by. */
    ShareKey key(List<DeviceInfo> devices) {
        return ShareKey.of(devices, sets.name(), type, spec.layout(), samples, sampleBytes);
    }

    @Override
    public String toString() {
        return spec.name() + " of " + type + " " + Shapes.text(shape);
    }
}
