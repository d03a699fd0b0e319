package io.github.clnorm.bench.conformance;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Random tensors, the same on every run. Each case has a sequence of its own, by its name: a new case changes no other.
 * Java's own Gaussian numbers may change with its version, so these are Box and Muller's.
 */
final class Inputs {

    private final SplittableRandom random;

    Inputs(String name) {
        random = new SplittableRandom(name.hashCode());
    }

    /** Normal values of mean 0 and deviation 1, as {@code torch.randn} has them. */
    Tensor normal(long... shape) {
        return normalAround(0, 1, shape);
    }

    Tensor normalAround(double mean, double deviation, long... shape) {
        return fill(shape, () -> mean + deviation * gaussian());
    }

    /** Uniform values from -9 up to 9: what {@code torch.testing.make_tensor} gives PyTorch's sample inputs. */
    Tensor sample(long... shape) {
        return fill(shape, () -> 18 * random.nextDouble() - 9);
    }

    /** Uniform values from 0 up to 9: what PyTorch's sample inputs take for running_mean and running_var. */
    Tensor positiveSample(long... shape) {
        return fill(shape, () -> 9 * random.nextDouble());
    }

    private Tensor fill(long[] shape, DoubleSupplier values) {
        int elements = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        if (elements == 0) {
            return torch.zeros(shape);
        }
        float[] data = new float[elements];
        for (int i = 0; i < elements; i++) {
            data[i] = (float) values.getAsDouble();
        }
        return AbstractTensor.create(data, shape);
    }

    private double gaussian() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }
}
