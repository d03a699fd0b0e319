package io.github.clnorm.tools.normalize;

import io.github.clnorm.Tensor;
import io.github.clnorm.internal.stream.HostValues;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** The gradient of a parameter, of all samples at once or part after part. */
final class GradientOutput {

    private final List<double[]> parts = new ArrayList<>();

    /** Takes the gradient of a part, and closes it. Null is ignored: the gradient is not wanted. */
    void add(Tensor gradient) {
        if (gradient != null) {
            try (gradient) {
                parts.add(gradient.toDoubles());
            }
        }
    }

    /** The same of pieces. */
    void add(HostValues gradient) {
        if (gradient != null) {
            parts.add(HostValues.doubles(gradient));
        }
    }

    /** Writes the gradients of all parts; a null specification is ignored. */
    void write(TensorOutput files, String specification, ElementType type, long... shape) throws IOException {
        if (specification != null) {
            files.write(specification, type, all(), shape);
        }
    }

    private double[] all() {
        return parts.size() == 1
                ? parts.get(0)
                : parts.stream().flatMapToDouble(DoubleStream::of).toArray();
    }
}
