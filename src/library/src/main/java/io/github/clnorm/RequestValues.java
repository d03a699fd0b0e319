package io.github.clnorm;

import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.RunningValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The parameters and running statistics of a request in the host's memory, as a layer of its spec has them. Immutable. */
final class RequestValues {

    private final FleetRequest request;

    RequestValues(FleetRequest request) {
        this.request = request;
    }

    /**
     * The running statistics after a pass.
     *
     * @param devices one of which updates them
     * @param ofBatch the statistics of all sets; not read for a batch without samples, which changes nothing
     * @return null if the pass changes none
     */
    TrackedStatistics tracked(StreamDevices devices, SetStatistics ofBatch) {
        if (!request.updatesRunningStatistics() || !(request.spec instanceof ChannelStatisticsSpec<?> channels)) {
            return null;
        }
        ChannelStatisticsSpec.Tracking tracking = channels.tracking();
        RunningValues before = running(tracking);
        RunningValues after = request.samples() == 0
                ? before
                : before.updated(devices, request.problem().geometry(), ofBatch, channels.factor(tracking.batches()));
        return new TrackedStatistics(
                HostValues.doubles(after.mean()),
                HostValues.doubles(after.variance()),
                tracking.batches() + (channels.countsBatches() ? 1 : 0));
    }

    private RunningValues running(ChannelStatisticsSpec.Tracking tracking) {
        return new RunningValues(values(0, tracking.mean()), values(1, tracking.variance()));
    }

    /** Gamma and beta, each null if there is none. */
    Affine affine() {
        NormSpec.Common common = request.spec.common();
        return new Affine(
                parameter(common.hasWeight(), 1, common.weight()), parameter(common.hasBias(), 0, common.bias()));
    }

    /** A parameter as the layer has it; a spec for any number of channels has only those that are given. */
    private HostValues parameter(boolean wanted, float initial, float... values) {
        return wanted && (values != null || request.spec.parameters() != NormSpec.ANY) ? values(initial, values) : null;
    }

    private HostValues values(float initial, float... values) {
        ElementType real = request.type.accumulator();
        int count = Math.toIntExact(Shapes.elements(request.parameterShape()));
        float[] all = values;
        if (all == null) {
            all = new float[count];
            Arrays.fill(all, initial);
        }
        HostValues host = HostValues.of(real, count);
        Codec.encode(real, all, 0, host.bytes().duplicate().order(ByteOrder.nativeOrder()));
        return host;
    }

    /** Running statistics that normalize, or memory for those of all sets. */
    SetStatistics statistics() {
        ElementType real = request.type.accumulator();
        SetStatistics unknown =
                SetStatistics.of(real, request.problem().geometry().sets());
        if (request.isByRunningStatistics() && request.spec instanceof ChannelStatisticsSpec<?> channels) {
            RunningValues given = running(channels.tracking());
            return new SetStatistics(given.mean(), unknown.meanLo(), given.variance(), unknown.rstd());
        }
        return unknown;
    }
}
