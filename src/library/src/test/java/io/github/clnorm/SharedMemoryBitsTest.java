package io.github.clnorm;

import static org.jocl.CL.CL_MEM_READ_WRITE;

import io.github.clnorm.testing.Errors;
import io.github.clnorm.testing.OnEveryDevice;
import io.github.clnorm.testing.OwnOpenCl;
import io.github.clnorm.testing.Values;
import io.github.clnorm.type.Activation;
import io.github.clnorm.type.ElementType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jocl.cl_mem;
import org.junit.jupiter.api.Tag;

/**
 * The order of summation does not depend on where a tensor lies: the same bits in own, wrapped, viewed and sliced
 * memory.
 */
@Tag("slow")
@Tag("device")
class SharedMemoryBitsTest {

    // 8 KB a sample, a multiple of any device's alignment; a set is longer than a block.
    private static final long[] SHAPE = {2, 8, 256};
    private static final int COUNT = 2 * 8 * 256;
    private static final float[] X = Values.normal(1, COUNT, 3, 2);
    private static final float[] DY = Values.normal(2, COUNT, 0, 1);
    private static final float NOTHING = -7;

    private static List<NormSpec> specs() {
        return List.of(
                NormSpec.groupNorm(2, 8).activation(Activation.SILU), NormSpec.batchNorm(8), NormSpec.layerNorm(256));
    }

    /** y, dx, dgamma and dbeta. */
    private static List<float[]> results(NormSpec spec, Tensor x, Tensor y, Tensor dy, Tensor dx) {
        try (Layer layer = spec.on(y.backend());
                Recorded pass = layer.record(x, Options.DEFAULTS.output(y));
                Gradients gradients = pass.backward(dy, GradientOptions.DEFAULTS.output(dx))) {
            return List.of(
                    y.toFloats(),
                    dx.toFloats(),
                    gradients.weight().toFloats(),
                    gradients.bias().toFloats());
        }
    }

    private static void assertSameBits(List<float[]> expected, List<float[]> actual, String what) {
        for (int i = 0; i < expected.size(); i++) {
            Errors.assertSameBits(expected.get(i), actual.get(i), what + ", result " + i);
        }
    }

    @OnEveryDevice
    void wrappedViewedAndSlicedTensorsGiveTheBitsOfOwnOnes(Backend any) {
        try (OwnOpenCl own = new OwnOpenCl(any.device())) {
            Backend backend = own.backend();
            for (NormSpec spec : specs()) {
                List<float[]> expected = own(backend, spec);
                // On PoCL's devices in huge pages, where the system has them.
                assertSameBits(expected, own(any, spec), spec + ", in clnorm's context");
                assertSameBits(expected, wrapped(own, backend, spec), spec + ", wrapped");
                assertSameBits(expected, sliced(backend, spec), spec + ", sliced");
            }
        }
    }

    /** In memory of the library. */
    private static List<float[]> own(Backend backend, NormSpec spec) {
        try (Tensor x = backend.tensor(X, SHAPE);
                Tensor y = backend.empty(SHAPE);
                Tensor dy = backend.tensor(DY, SHAPE);
                Tensor dx = backend.empty(SHAPE)) {
            return results(spec, x, y, dy, dx);
        }
    }

    /** All four in one buffer of the caller, at offsets. */
    private static List<float[]> wrapped(OwnOpenCl own, Backend backend, NormSpec spec) {
        long place = COUNT * Float.BYTES + own.alignment();
        cl_mem memory = own.buffer(CL_MEM_READ_WRITE, 4 * place);
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tensors.add(backend.wrap(memory, i * place, ElementType.FLOAT32, SHAPE));
        }
        tensors.get(0).set(X);
        tensors.get(2).set(DY);
        List<float[]> results = results(spec, tensors.get(0), tensors.get(1), tensors.get(2), tensors.get(3));
        tensors.forEach(Tensor::close);
        return results;
    }

    /** Slices of one tensor, seen in another shape; the slices around them keep their values. */
    private static List<float[]> sliced(Backend backend, NormSpec spec) {
        float[] values = new float[12 * COUNT];
        Arrays.fill(values, NOTHING);
        System.arraycopy(X, 0, values, COUNT, COUNT);
        System.arraycopy(DY, 0, values, 7 * COUNT, COUNT);
        try (Tensor all = backend.tensor(values, 12, COUNT);
                Tensor slice1 = all.slice(1, 2);
                Tensor slice4 = all.slice(4, 5);
                Tensor slice7 = all.slice(7, 8);
                Tensor slice10 = all.slice(10, 11);
                Tensor x = slice1.view(SHAPE);
                Tensor y = slice4.view(SHAPE);
                Tensor dy = slice7.view(SHAPE);
                Tensor dx = slice10.view(SHAPE)) {
            List<float[]> results = results(spec, x, y, dy, dx);
            System.arraycopy(results.get(0), 0, values, 4 * COUNT, COUNT);
            System.arraycopy(results.get(1), 0, values, 10 * COUNT, COUNT);
            Errors.assertSameBits(values, all.toFloats(), spec + ", all of the sliced tensor");
            return results;
        }
    }
}
