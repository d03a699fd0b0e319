package io.github.clnorm.tools.normalize;

import io.github.clnorm.device.DeviceInfo;
import io.github.clnorm.internal.geometry.Cut;
import io.github.clnorm.internal.stream.Affine;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.internal.stream.SetStatistics;
import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.tensorfile.Elements;
import io.github.clnorm.tensorfile.Sink;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** What the command line hands to passes that go through the device in pieces of samples. */
final class StreamedPass {

    // Pieces of all tensors of a pass.
    private static final long BYTES = 16 << 20;

    private StreamedPass() {}

    /** Elements of a piece of one tensor. */
    static long pieceElements(Request request, DeviceInfo device, int tensors) {
        long bytes = Math.min(BYTES, device.maxBuffer()) / tensors;
        return Math.max(Cut.BLOCK, bytes / request.type.bytes());
    }

    /** The tensor of a file; null for null. */
    static TensorSource source(Elements elements) {
        return elements == null ? null : elements::read;
    }

    /** The tensor of an output file; null for null. */
    static TensorTarget target(Sink sink) {
        return sink == null
                ? null
                : (element, from) -> {
                    try {
                        sink.write(from);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                };
    }

    /** The same, which also keeps the first elements. */
    static TensorTarget keepingFirst(TensorTarget target, ElementType type, double... first) {
        if (target == null || first == null) {
            return target;
        }
        return (element, from) -> {
            if (element < first.length) {
                int count = (int) Math.min(first.length - element, from.remaining() / type.bytes());
                ByteBuffer some =
                        from.slice(from.position(), count * type.bytes()).order(from.order());
                Codec.decode(type, some, first, (int) element);
            }
            target.write(element, from);
        };
    }

    /** The first elements of a file, plus those of another file unless that is null. */
    static double[] first(Elements elements, Elements added, ElementType type, int count) {
        double[] values = first(elements, type, count);
        if (added != null) {
            double[] others = first(added, type, count);
            Arrays.setAll(values, i -> values[i] + others[i]);
        }
        return values;
    }

    private static double[] first(Elements elements, ElementType type, int count) {
        double[] values = new double[count];
        HostValues host = HostValues.of(type, count);
        elements.read(0, host.bytes());
        Codec.decode(type, host.bytes().rewind(), values, 0);
        return values;
    }

    static Affine affine(ElementType real, ParameterValues parameters) {
        return new Affine(HostValues.of(real, parameters.weight()), HostValues.of(real, parameters.bias()));
    }

    /** Given statistics, or memory for those of all sets. */
    static SetStatistics statistics(Request request, ParameterValues parameters, long sets) {
        ElementType real = request.type.accumulator();
        SetStatistics unknown = SetStatistics.of(real, sets);
        return request.isEval()
                ? new SetStatistics(
                        HostValues.of(real, parameters.runningMean()),
                        unknown.meanLo(),
                        HostValues.of(real, parameters.runningVar()),
                        unknown.rstd())
                : unknown;
    }
}
