import io.github.clnorm.Backend;
import io.github.clnorm.Gradients;
import io.github.clnorm.GroupNorm;
import io.github.clnorm.Tensor;
import io.github.clnorm.type.Activation;
import java.io.PrintStream;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Trains a network of two linear layers with a GroupNorm and SiLU between them, by plain gradient descent: it learns
 * sin(3u) cos(2v) from 256 points (u, v) of a square.
 *
 * <p>The norm works on the device, forward and backward; it has its SiLU in the same pass. clnorm has no linear layers, so
 * those are plain Java. Everything begins from one seed: on one device every run prints the same numbers.
 *
 * <p>Run from the top of the project, which {@code ./clnorm devices} builds:
 * {@code java -cp 'target/clnorm.jar:target/lib/*' examples/TrainTwoLayers.java}
 */
public final class TrainTwoLayers {

    private static final int POINTS = 256; // the batch
    private static final int HIDDEN = 32; // channels between the layers
    private static final int GROUPS = 4;
    private static final int STEPS = 600;
    private static final int PRINTED = 100;
    private static final float RATE = 0.07f;

    private TrainTwoLayers() {}

    public static void main(String[] arguments) {
        try (Backend backend = Backend.open()) {
            train(backend, System.out);
        }
    }

    /** Trains on a device, prints the loss at regular steps, and returns the last one. */
    public static double train(Backend backend, PrintStream out) {
        SplittableRandom random = new SplittableRandom(1);
        float[] points = new float[2 * POINTS];
        float[] wanted = new float[POINTS];
        for (int i = 0; i < POINTS; i++) {
            double u = points[2 * i] = (float) random.nextDouble(-1, 1);
            double v = points[2 * i + 1] = (float) random.nextDouble(-1, 1);
            wanted[i] = (float) (StrictMath.sin(3 * u) * StrictMath.cos(2 * v));
        }
        Linear first = new Linear(2, HIDDEN, random);
        Linear second = new Linear(HIDDEN, 1, random);
        double loss = 0;
        try (GroupNorm norm = GroupNorm.builder(backend, GROUPS, HIDDEN).activation(Activation.SILU).build();
                Tensor x = backend.empty(POINTS, HIDDEN)) {
            for (int step = 0; step <= STEPS; step++) {
                // Forward: the norm remembers its input and the statistics of this pass.
                x.set(first.forward(points));
                float[] predicted;
                try (Tensor y = norm.forward(x)) {
                    predicted = second.forward(y.toFloats());
                }
                // The mean squared error, and its gradient with respect to every prediction.
                loss = 0;
                float[] gradient = new float[POINTS];
                for (int i = 0; i < POINTS; i++) {
                    float error = predicted[i] - wanted[i];
                    loss += (double) error * error / POINTS;
                    gradient[i] = 2 * error / POINTS;
                }
                if (step % PRINTED == 0) {
                    out.printf(Locale.ROOT, "step %3d  loss %.6f%n", step, loss);
                }
                // Backward, from the loss to the first layer; every layer steps against its own gradients.
                try (Tensor dy = backend.tensor(second.backward(gradient), POINTS, HIDDEN);
                        Gradients gradients = norm.backward(dy)) {
                    first.backward(gradients.input().toFloats());
                    descend(norm.weight(), gradients.weight());
                    descend(norm.bias(), gradients.bias());
                }
            }
        }
        return loss;
    }

    /** A step of a parameter that is on the device. */
    private static void descend(Tensor parameter, Tensor gradient) {
        float[] values = parameter.toFloats();
        descend(values, gradient.toFloats());
        parameter.set(values);
    }

    private static void descend(float[] values, float[] gradient) {
        for (int i = 0; i < values.length; i++) {
            values[i] -= RATE * gradient[i];
        }
    }

    /** y = x W + b, for every row of x. */
    private static final class Linear {
        private final int inputs;
        private final int outputs;
        private final float[] weight;
        private final float[] bias;
        private float[] x;

        Linear(int inputs, int outputs, SplittableRandom random) {
            this.inputs = inputs;
            this.outputs = outputs;
            this.weight = new float[inputs * outputs];
            this.bias = new float[outputs];
            double bound = 1 / Math.sqrt(inputs);
            for (int i = 0; i < weight.length; i++) {
                weight[i] = (float) random.nextDouble(-bound, bound);
            }
        }

        float[] forward(float[] input) {
            x = input;
            int rows = x.length / inputs;
            float[] y = new float[rows * outputs];
            for (int row = 0; row < rows; row++) {
                for (int o = 0; o < outputs; o++) {
                    float sum = bias[o];
                    for (int i = 0; i < inputs; i++) {
                        sum += x[row * inputs + i] * weight[i * outputs + o];
                    }
                    y[row * outputs + o] = sum;
                }
            }
            return y;
        }

        /** Steps against the gradients of weight and bias: the gradient of what forward was given. */
        float[] backward(float[] dy) {
            float[] dx = new float[x.length];
            float[] ofWeight = new float[weight.length];
            float[] ofBias = new float[outputs];
            for (int at = 0; at < dy.length; at++) {
                int row = at / outputs;
                int o = at % outputs;
                for (int i = 0; i < inputs; i++) {
                    ofWeight[i * outputs + o] += dy[at] * x[row * inputs + i];
                    dx[row * inputs + i] += dy[at] * weight[i * outputs + o];
                }
                ofBias[o] += dy[at];
            }
            descend(weight, ofWeight);
            descend(bias, ofBias);
            return dx;
        }
    }
}
