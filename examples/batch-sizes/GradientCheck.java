import io.github.clnorm.Backend;
import java.util.SplittableRandom;

/** Compares the gradients of the network with differences of its loss. */
public final class GradientCheck {

    private static final int SAMPLES = 20;
    private static final double STEP = 3e-5;

    private GradientCheck() {}

    /**
     * The largest difference, over all parameters, between the slope that the gradient gives and that of the loss, along
     * a random direction. It is relative to the gradient's length.
     *
     * @param method a name of {@link Method}
     */
    public static double worst(Backend backend, String method) {
        SplittableRandom random = new SplittableRandom(1);
        Images images = Glyphs.ofLetters(SAMPLES, SAMPLES, 1);
        double worst = 0;
        try (Network network = new Network(backend, Method.valueOf(method), Glyphs.letters(), random)) {
            network.backward(CrossEntropy.of(network.scores(images.maps(), SAMPLES), images.labels())
                    .gradient());
            for (Parameter parameter : network.parameters()) {
                float[][] direction = direction(parameter, random);
                double expected = product(parameter.gradient, direction);
                double measured = (loss(network, images, parameter, direction, STEP)
                                - loss(network, images, parameter, direction, -STEP))
                        / (2 * STEP);
                double length = Math.sqrt(product(parameter.gradient, parameter.gradient));
                worst = Math.max(worst, Math.abs(expected - measured) / length);
            }
        }
        return worst;
    }

    /** Normally distributed, so that the slope along it is about as large as the gradient is long. */
    private static float[][] direction(Parameter parameter, SplittableRandom random) {
        float[][] direction = new float[parameter.values.length][parameter.values[0].length];
        for (float[] row : direction) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) Randoms.normal(random);
            }
        }
        return direction;
    }

    private static double loss(Network network, Images images, Parameter parameter, float[][] direction, double step) {
        float[][] kept = new float[parameter.values.length][];
        for (int row = 0; row < kept.length; row++) {
            kept[row] = parameter.values[row].clone();
            for (int i = 0; i < kept[row].length; i++) {
                parameter.values[row][i] += (float) (step * direction[row][i]);
            }
        }
        network.parametersChanged();
        double loss = CrossEntropy.of(network.scores(images.maps(), images.count()), images.labels())
                .loss();
        for (int row = 0; row < kept.length; row++) {
            System.arraycopy(kept[row], 0, parameter.values[row], 0, kept[row].length);
        }
        network.parametersChanged();
        return loss;
    }

    private static double product(float[][] a, float[][] b) {
        double sum = 0;
        for (int row = 0; row < a.length; row++) {
            for (int i = 0; i < a[row].length; i++) {
                sum += (double) a[row][i] * b[row][i];
            }
        }
        return sum;
    }
}
