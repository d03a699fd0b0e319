package io.github.clnorm.tools.conformance;

import io.github.clnorm.Backend;
import io.github.clnorm.Tensor;
import io.github.clnorm.internal.geometry.Shapes;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;

/**
 * A tensor in Java's heap.
 *
 * @param type the type of its elements
 * @param shape its dimensions
 * @param values its elements, which the type represents exactly
 */
record HostTensor(ElementType type, long[] shape, double[] values) {

    /** A tensor of given elements, each rounded to the type. */
    static HostTensor of(ElementType type, IntToDoubleFunction element, long... shape) {
        double[] values = new double[Math.toIntExact(Shapes.elements(shape))];
        Arrays.setAll(values, element);
        return new HostTensor(type, shape, rounded(type, values));
    }

    /** Normally distributed elements that depend on the seed alone. */
    static HostTensor normal(ElementType type, long seed, double mean, double deviation, long... shape) {
        SplittableRandom random = new SplittableRandom(seed);
        return of(type, i -> mean + deviation * gaussian(random), shape);
    }

    /** The Box-Muller method: Java's generator may change with its version. */
    private static double gaussian(SplittableRandom random) {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - random.nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * random.nextDouble());
    }

    private static double[] rounded(ElementType type, double[] values) {
        if (type != ElementType.FLOAT64) {
            ByteBuffer bytes = ByteBuffer.allocate(values.length * type.bytes());
            Codec.encode(type, values, 0, bytes);
            Codec.decode(type, bytes, values, 0);
        }
        return values;
    }

    /** The tensor with its elements rounded to another type. */
    HostTensor as(ElementType other) {
        return new HostTensor(other, shape, rounded(other, values.clone()));
    }

    /** The same elements with another shape. */
    HostTensor viewedAs(long... other) {
        return new HostTensor(type, other, values);
    }

    /** A range of the first dimension. */
    HostTensor samples(int from, int count) {
        int each = (int) (values.length / shape[0]);
        long[] part = shape.clone();
        part[0] = count;
        return new HostTensor(type, part, Arrays.copyOfRange(values, from * each, (from + count) * each));
    }

    Tensor on(Backend backend) {
        return backend.tensor(type, values, shape);
    }
}
