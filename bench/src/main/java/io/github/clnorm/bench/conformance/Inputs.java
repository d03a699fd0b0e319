package io.github.clnorm.bench.conformance;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.bytedeco.pytorch.AbstractTensor;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Random tensors, the same on every run. The name of a case seeds its sequence, so a new case changes no other.
 * Normal values use the Box-Muller transform, because Java's own generator may change with its version.
 */
final class Inputs {

    private final SplittableRandom random;

    Inputs(String name) {
        random = new SplittableRandom(name.hashCode());
    }

    /** Values from the standard normal distribution, like {@code torch.randn}. */
    Tensor normal(long... shape) {
        return normalAround(0, 1, shape);
    }

    Tensor normalAround(double mean, double deviation, long... shape) {
        return fill(shape, () -> mean + deviation * gaussian());
    }

    /** Uniform values from -9 up to 9: the range of {@code torch.testing.make_tensor} in PyTorch's sample inputs. */
    Tensor sample(long... shape) {
        return fill(shape, () -> 18 * random.nextDouble() - 9);
    }

    /** Uniform values from 0 up to 9: the range of running_mean and running_var in PyTorch's sample inputs. */
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
