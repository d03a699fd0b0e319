import java.util.SplittableRandom;

/** A parameter matrix with its gradient, and stochastic gradient descent with momentum, as torch.optim.SGD does it. */
final class Parameter {

    private static final float MOMENTUM = 0.9f;
    private static final float WEIGHT_DECAY = 1e-4f;

    final float[][] values;
    final float[][] gradient;
    private final float[][] velocity;

    Parameter(float[][] values) {
        this.values = values;
        this.gradient = new float[values.length][values[0].length];
        this.velocity = new float[values.length][values[0].length];
    }

    /** Normally distributed values for layers before a ReLU (He et al. 2015). */
    static Parameter random(int outputs, int inputs, SplittableRandom random) {
        float[][] values = new float[outputs][inputs];
        double deviation = Math.sqrt(2.0 / inputs);
        for (float[] row : values) {
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) (deviation * Randoms.normal(random));
            }
        }
        return new Parameter(values);
    }

    /** Adds to the gradient of the only row. */
    void addToGradient(float[] values) {
        for (int i = 0; i < values.length; i++) {
            gradient[0][i] += values[i];
        }
    }

    /** Steps against the gradient, and clears it. */
    void step(float rate) {
        for (int row = 0; row < values.length; row++) {
            float[] value = values[row];
            float[] slope = gradient[row];
            float[] speed = velocity[row];
            for (int i = 0; i < value.length; i++) {
                speed[i] = MOMENTUM * speed[i] + slope[i] + WEIGHT_DECAY * value[i];
                value[i] -= rate * speed[i];
                slope[i] = 0;
            }
        }
    }

    void copyFrom(Parameter other) {
        for (int row = 0; row < values.length; row++) {
            System.arraycopy(other.values[row], 0, values[row], 0, values[row].length);
        }
    }
}
