package io.github.clnorm.tools.normalize;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import java.util.Arrays;

/**
 * The scale and the shift of the samples of a part, on the device.
 *
 * @param scale or null
 * @param shift or null
 */
record PartModulation(Tensor scale, Tensor shift) implements AutoCloseable {

    static PartModulation of(Request request, Backend backend, ParameterValues parameters, Parts.Part part) {
        return new PartModulation(
                upload(request, backend, parameters.scale(), part), upload(request, backend, parameters.shift(), part));
    }

    private static Tensor upload(Request request, Backend backend, double[] all, Parts.Part part) {
        if (all == null) {
            return null;
        }
        long[] shape = request.parameters.modulationShape();
        int each = all.length / (int) Math.max(1, shape[0]);
        shape[0] = part.shape()[0];
        int first = (int) part.first() * each;
        double[] own = Arrays.copyOfRange(all, first, first + (int) shape[0] * each);
        return backend.tensor(request.type.accumulator(), own, shape);
    }

    @Override
    public void close() {
        if (shift != null) {
            shift.close();
        }
        if (scale != null) {
            scale.close();
        }
    }
}
