package io.github.clnorm.bench.peers;

import io.github.clnorm.reference.Reference;
import io.github.clnorm.tools.measure.Direction;
import io.github.clnorm.tools.measure.Workload;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The expected results of a workload, in float64. Computed once and stored in files for the processes that check the
 * peers, each with only one library.
 */
final class ExpectedResults {

    private final DoubleBuffer tensor;
    private final Map<Parameter, DoubleBuffer> sums;

    private ExpectedResults(DoubleBuffer tensor, Map<Parameter, DoubleBuffer> sums) {
        this.tensor = tensor;
        this.sums = sums;
    }

    /** What a gradient is a sum for; a file of this name has the gradient. */
    private enum Parameter {
        WEIGHT(PeerResults::weight),
        BIAS(PeerResults::bias),
        SCALE(PeerResults::scale),
        SHIFT(PeerResults::shift);

        private final Function<PeerResults, float[]> result;

        Parameter(Function<PeerResults, float[]> result) {
            this.result = result;
        }

        Path file(Path folder) {
            return folder.resolve(name().toLowerCase(Locale.ROOT));
        }
    }

    /**
     * The tensor that the last of one or more calls writes, each of which has the result of the call before as its input,
     * and the sums of the first: those of later ones are 0 but for rounding where a set is a channel.
     */
    static ExpectedResults of(Workload workload, Data data, Direction direction, int calls) {
        Reference reference = workload.reference(
                doubles(data.gamma()), doubles(data.beta()), doubles(data.scale()), doubles(data.shift()));
        float[] residual = data.residual();
        Reference.Values input = residual == null ? i -> data.x()[i] : i -> (double) data.x()[i] + residual[i];
        if (direction == Direction.FORWARD) {
            double[] y = reference.normalize(input);
            for (int call = 1; call < calls; call++) {
                double[] x = StoredElements.rounded(y, workload.type());
                y = reference.normalize(i -> x[i]);
            }
            return new ExpectedResults(DoubleBuffer.wrap(y), Map.of());
        }
        Reference.Gradients gradients = reference.gradients(input, i -> data.dy()[i]);
        Map<Parameter, DoubleBuffer> sums = new EnumMap<>(Parameter.class);
        put(sums, Parameter.WEIGHT, gradients.weight(), data.gamma());
        put(sums, Parameter.BIAS, gradients.bias(), data.beta());
        put(sums, Parameter.SCALE, gradients.scale(), data.scale());
        put(sums, Parameter.SHIFT, gradients.shift(), data.shift());
        for (int call = 1; call < calls; call++) {
            double[] dy = StoredElements.rounded(gradients.input(), workload.type());
            gradients = reference.gradients(input, i -> dy[i]);
        }
        return new ExpectedResults(DoubleBuffer.wrap(gradients.input()), sums);
    }

    private static void put(Map<Parameter, DoubleBuffer> sums, Parameter parameter, double[] gradient, float[] values) {
        if (values != null) {
            sums.put(parameter, DoubleBuffer.wrap(gradient));
        }
    }

    /** Writes it to a folder, and replaces the previous content. */
    void write(Path folder) throws IOException {
        write(folder.resolve("tensor"), tensor);
        for (Parameter parameter : Parameter.values()) {
            write(parameter.file(folder), sums.get(parameter));
        }
    }

    private static void write(Path file, DoubleBuffer values) throws IOException {
        Files.deleteIfExists(file);
        if (values == null) {
            return;
        }
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) values.limit() * Double.BYTES)
                    .order(ByteOrder.nativeOrder())
                    .asDoubleBuffer()
                    .put(values.duplicate());
        }
    }

    /** Reads it from a folder. */
    static ExpectedResults read(Path folder) throws IOException {
        Map<Parameter, DoubleBuffer> sums = new EnumMap<>(Parameter.class);
        for (Parameter parameter : Parameter.values()) {
            DoubleBuffer gradient = map(parameter.file(folder));
            if (gradient != null) {
                sums.put(parameter, gradient);
            }
        }
        return new ExpectedResults(map(folder.resolve("tensor")), sums);
    }

    private static DoubleBuffer map(Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                    .order(ByteOrder.nativeOrder())
                    .asDoubleBuffer();
        }
    }

    private static double[] doubles(float[] values) {
        if (values == null) {
            return null;
        }
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /** Whether an error passes; NaN does not. Results of 16-bit types are rounded to them, and libtorch's statistics too. */
    static boolean passes(double error, ElementType type) {
        return error
                <= switch (type) {
                    case FLOAT16 -> 4e-3;
                    case BFLOAT16 -> 3e-2;
                    default -> 1e-4;
                };
    }

    /**
     * The largest error: of y and dx as |y - ref| / (1 + |ref|), of gradients of parameters, which are sums that cancel,
     * relative to their largest element. NaN if a result has a NaN, infinite if its size is wrong.
     */
    double error(PeerResults results) {
        return Math.max(errorOfTensor(results), errorOfSums(results));
    }

    /** The largest error of y or dx. */
    double errorOfTensor(PeerResults results) {
        return ofTensor(results.tensor());
    }

    /** The largest error of the gradients of parameters; 0 forward. */
    double errorOfSums(PeerResults results) {
        double error = 0;
        for (Map.Entry<Parameter, DoubleBuffer> sum : sums.entrySet()) {
            error = Math.max(error, ofSums(sum.getValue(), sum.getKey().result.apply(results)));
        }
        return error;
    }

    private double ofTensor(float[] actual) {
        if (actual.length != tensor.limit()) {
            return Double.POSITIVE_INFINITY;
        }
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            worst = Math.max(worst, Math.abs(actual[i] - tensor.get(i)) / (1 + Math.abs(tensor.get(i))));
        }
        return worst;
    }

    private static double ofSums(DoubleBuffer expected, float[] actual) {
        if (actual == null || actual.length != expected.limit()) {
            return Double.POSITIVE_INFINITY;
        }
        double largest = Double.MIN_NORMAL;
        double worst = 0;
        for (int i = 0; i < actual.length; i++) {
            largest = Math.max(largest, Math.abs(expected.get(i)));
            worst = Math.max(worst, Math.abs(actual[i] - expected.get(i)));
        }
        return worst / largest;
    }
}
