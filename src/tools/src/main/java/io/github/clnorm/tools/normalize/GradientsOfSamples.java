package io.github.clnorm.tools.normalize;

import io.github.clnorm.Tensor;
import io.github.clnorm.tensorfile.TensorOutput;
import io.github.clnorm.type.ElementType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/** Gradients that each sample has of its own, part after part. */
final class GradientsOfSamples {

    private final List<double[]> parts = new ArrayList<>();

    /** Takes the gradients of a part, and closes them. Null is ignored. */
    void add(Tensor gradient) {
        if (gradient != null) {
            try (gradient) {
                parts.add(gradient.toDoubles());
            }
        }
    }

    /** Writes those of all parts; a null specification is ignored. */
    void write(TensorOutput files, String specification, ElementType type, long... shape) throws IOException {
        if (specification != null) {
            double[] all = parts.stream().flatMapToDouble(DoubleStream::of).toArray();
            files.write(specification, type, all, shape);
        }
    }
}
