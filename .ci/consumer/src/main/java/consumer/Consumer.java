package consumer;

import io.github.clnorm.Backend;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Recorded;
import io.github.clnorm.Tensor;

/** Normalizes two groups of four elements with the library alone, and compares with the formula. */
public final class Consumer {

    private static final float[] X = {1, 2, 3, 4, 10, 20, 30, 40};
    private static final int GROUP = 4;
    private static final double EPS = 1e-5;

    private Consumer() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open(arguments[0])) {
            GroupNorm norm = GroupNorm.of(backend, 2, 2);
            Tensor x = backend.tensor(X, 1, 2, 2, 2);
            try (Recorded pass = norm.record(x);
                    Tensor ones = backend.tensor(new float[] {1, 1, 1, 1, 1, 1, 1, 1}, 1, 2, 2, 2);
                    Gradients gradients = pass.backward(ones)) {
                compare("y", expected(), pass.output().toFloats());
                // A constant dy has no component along x or the mean: dx is 0.
                compare("dx", new double[X.length], gradients.input().toFloats());
            }
        }
        System.out.println("consumer: GroupNorm agrees with its formula");
    }

    private static double[] expected() {
        double[] y = new double[X.length];
        for (int group = 0; group < X.length; group += GROUP) {
            double mean = 0;
            double variance = 0;
            for (int i = group; i < group + GROUP; i++) {
                mean += X[i] / (double) GROUP;
            }
            for (int i = group; i < group + GROUP; i++) {
                variance += (X[i] - mean) * (X[i] - mean) / GROUP;
            }
            for (int i = group; i < group + GROUP; i++) {
                y[i] = (X[i] - mean) / Math.sqrt(variance + EPS);
            }
        }
        return y;
    }

    private static void compare(String name, double[] expected, float[] actual) {
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= 1e-5)) {
                throw new AssertionError(name + "[" + i + "] = " + actual[i] + ", expected " + expected[i]);
            }
        }
    }
}
