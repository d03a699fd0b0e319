package io.github.clnorm.tools.normalize;

import io.github.clnorm.Tensor;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.Codec;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The first samples of a request, which the summary compares with float64. */
final class FirstSamples {

    private final long samples;
    private final int elements;

    /**
     * Takes samples of the first part while they have at most that many elements together; none of an empty tensor.
     */
    FirstSamples(Request request, Parts.Part firstPart, long mostElements) {
        long inPart = firstPart.shape()[0];
        long inElements = Shapes.elements(firstPart.shape());
        long ofSample = inElements == 0 ? 0 : inElements / inPart;
        long some = ofSample == 0 ? 0 : Math.min(inPart, mostElements / ofSample);
        // A set can only be compared as a whole.
        samples = request.samplesStandAlone() || some == request.samples() ? some : 0;
        elements = (int) (samples * ofSample);
    }

    /** Takes them of the whole input. */
    FirstSamples(Request request, long mostElements) {
        this(request, new Parts.Part(0, 0, request.shapeOf(request.samples())), mostElements);
    }

    /** The number of their elements of a tensor; 0 if there are none. */
    int elements() {
        return elements;
    }

    /** Their number. */
    long samples() {
        return samples;
    }

    /** Their elements of a tensor, whose first samples they are; null if there are none. */
    double[] of(Tensor tensor) {
        if (elements == 0) {
            return null;
        }
        double[] values = new double[elements];
        int bytes = tensor.type().bytes();
        tensor.read((at, piece) -> {
            long here = Math.min(elements - at / bytes, piece.remaining() / bytes);
            if (here > 0) {
                ByteBuffer part = piece.duplicate().order(piece.order());
                part.limit(part.position() + (int) here * bytes);
                Codec.decode(tensor.type(), part, values, (int) (at / bytes));
            }
        });
        return values;
    }

    /** Their elements of a tensor, plus those of another tensor unless that is null; null if there are none. */
    double[] of(Tensor tensor, Tensor added) {
        double[] values = of(tensor);
        if (values != null && added != null) {
            double[] others = of(added);
            Arrays.setAll(values, i -> values[i] + others[i]);
        }
        return values;
    }
}
