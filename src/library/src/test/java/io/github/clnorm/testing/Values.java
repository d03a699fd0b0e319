package io.github.clnorm.testing;

import io.github.clnorm.type.BrainFloat;
import io.github.clnorm.type.ElementType;
import io.github.clnorm.type.HalfFloat;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Inputs that depend only on a seed. */
public final class Values {
    private Values() {}

    /** Normally distributed values. */
    public static float[] normal(long seed, int count, double mean, double std) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i += 2) {
            // Box-Muller. nextDouble can be 0, which has no logarithm.
            double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
            double angle = 2 * Math.PI * random.nextDouble();
            values[i] = (float) (mean + std * radius * Math.cos(angle));
            if (i + 1 < count) {
                values[i + 1] = (float) (mean + std * radius * Math.sin(angle));
            }
        }
        return values;
    }

    /** Normally distributed values of a type. */
    public static double[] normal(ElementType type, long seed, int count, double mean, double std) {
        double[] values = doubles(normal(seed, count, 0, 1));
        for (int i = 0; i < count; i++) {
            values[i] = rounded(type, mean + std * values[i]);
        }
        return values;
    }

    /** Equal elements. */
    public static float[] constant(int count, float value) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return values;
    }

    /** Converts to doubles. */
    public static double[] doubles(float... values) {
        double[] result = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            result[i] = values[i];
        }
        return result;
    }

    /** The nearest value of a type. */
    public static double rounded(ElementType type, double value) {
        return switch (type) {
            case FLOAT64 -> value;
            case FLOAT32 -> (float) value;
            case FLOAT16 -> HalfFloat.toFloat(HalfFloat.fromDouble(value));
            case BFLOAT16 -> BrainFloat.toFloat(BrainFloat.fromDouble(value));
        };
    }

    /** The nearest values of a type. */
    public static double[] rounded(ElementType type, double... values) {
        return Arrays.stream(values).map(value -> rounded(type, value)).toArray();
    }
}
