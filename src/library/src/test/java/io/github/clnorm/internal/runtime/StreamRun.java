package io.github.clnorm.internal.runtime;

import io.github.clnorm.internal.geometry.Statistics;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.BackwardTensors;
import io.github.clnorm.internal.stream.ForwardTensors;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.StreamDevices;
import io.github.clnorm.internal.stream.StreamedBackward;
import io.github.clnorm.internal.stream.StreamedForward;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/** Runs trials part by part. */
final class StreamRun {

    private StreamRun() {}

    /** A forward pass in parts of at most some elements. */
    static PlanRun forward(StreamDevices devices, Trial trial, long most) {
        ElementType real = trial.type().accumulator();
        int sets = (int) trial.operation().geometry().sets();
        boolean given = trial.operation().statistics() == Statistics.GIVEN;
        boolean centered = trial.operation().statistics() != Statistics.MEAN_SQUARE;
        HostValues y = values(trial.type(), GuardedBuffers.nothing(trial.x().length));
        HostValues sum = trial.sum() ? values(trial.type(), GuardedBuffers.nothing(trial.x().length)) : null;
        double[] unknown = GuardedBuffers.nothing(sets);
        SetStatistics statistics = new SetStatistics(
                values(real, given ? trial.mean() : unknown),
                values(real, unknown),
                values(real, given ? trial.variance() : unknown),
                values(real, unknown));
        new StreamedForward(devices, trial.problem(), affine(trial), trial.eps(), most)
                .run(
                        new ForwardTensors(
                                source(trial.type(), trial.x()),
                                source(trial.type(), trial.residual()),
                                target(devices, y),
                                target(devices, sum)),
                        statistics);
        return new PlanRun(
                doubles(y),
                sum == null ? null : doubles(sum),
                centered ? doubles(statistics.mean()) : null,
                centered && !given ? doubles(statistics.meanLo()) : null,
                doubles(statistics.variance()),
                given ? null : doubles(statistics.rstd()));
    }

    /** A backward pass in parts of at most some elements. */
    static GradientRun backward(StreamDevices devices, GradientTrial trial, long most) {
        Trial forward = trial.forward();
        ElementType real = trial.type().accumulator();
        double[][] saved = trial.saved();
        SetStatistics statistics = new SetStatistics(
                values(real, saved[0]), values(real, saved[1]), values(real, saved[2]), values(real, saved[2]));
        HostValues dx = trial.input() ? values(trial.type(), GuardedBuffers.nothing(forward.x().length)) : null;
        double[] parameters = GuardedBuffers.nothing(forward.operation().parameters());
        HostValues weight = trial.weight() ? values(forward.parameterType(), parameters) : null;
        HostValues bias = trial.bias() ? values(forward.parameterType(), parameters) : null;
        new StreamedBackward(devices, trial.problem(), affine(forward), forward.eps(), most)
                .run(
                        new BackwardTensors(
                                source(trial.type(), forward.x()),
                                source(trial.type(), forward.residual()),
                                source(trial.type(), trial.dy()),
                                target(devices, dx)),
                        statistics,
                        true,
                        weight,
                        bias);
        return new GradientRun(
                dx == null ? null : doubles(dx),
                weight == null ? null : doubles(weight),
                bias == null ? null : doubles(bias));
    }

    private static Affine affine(Trial trial) {
        return new Affine(
                trial.weight() == null ? null : values(trial.parameterType(), trial.weight()),
                trial.bias() == null ? null : values(trial.parameterType(), trial.bias()));
    }

    private static HostValues values(ElementType type, double... values) {
        HostValues host = HostValues.of(type, values.length);
        Codec.encode(
                type, values, 0, host.bytes().duplicate().order(host.bytes().order()));
        return host;
    }

    private static double[] doubles(HostValues values) {
        double[] all = new double[values.bytes().capacity() / values.type().bytes()];
        Codec.decode(
                values.type(), values.bytes().duplicate().order(values.bytes().order()), all, 0);
        return all;
    }

    private static TensorSource source(ElementType type, double... elements) {
        if (elements == null) {
            return null;
        }
        ByteBuffer bytes = values(type, elements).bytes();
        return (first, into) -> into.put(bytes.slice((int) first * type.bytes(), into.remaining()));
    }

    /** Of one device in order: a gap or a repetition fails. */
    private static TensorTarget target(StreamDevices devices, HostValues to) {
        if (to == null) {
            return null;
        }
        long[] next = {0};
        return (first, from) -> {
            if (devices.failures().size() == 1 && first != next[0]) {
                throw new IllegalStateException("written from " + first + " on, expected " + next[0]);
            }
            next[0] += from.remaining() / to.type().bytes();
            to.bytes().slice((int) first * to.type().bytes(), from.remaining()).put(from);
        };
    }
}
