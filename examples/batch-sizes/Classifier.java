import java.util.List;
import java.util.SplittableRandom;

/** The mean of each channel over the pixels, then a linear layer: a score for each class. */
final class Classifier implements Stage {

    private final int pixels;
    private final Parameter weight;
    private final Parameter bias;
    private float[][] means;

    Classifier(int channels, int pixels, int classes, SplittableRandom random) {
        this.pixels = pixels;
        this.weight = Parameter.random(classes, channels, random);
        this.bias = new Parameter(new float[classes][1]);
    }

    @Override
    public float[][] forward(float[][] x, int samples) {
        means = new float[x.length][samples];
        for (int channel = 0; channel < x.length; channel++) {
            for (int i = 0; i < samples * pixels; i++) {
                means[channel][i / pixels] += x[channel][i] / pixels;
            }
        }
        float[][] scores = Matrices.product(weight.values, means);
        for (int c = 0; c < scores.length; c++) {
            for (int sample = 0; sample < samples; sample++) {
                scores[c][sample] += bias.values[c][0];
            }
        }
        return scores;
    }

    @Override
    public float[][] backward(float[][] dy) {
        Matrices.addProduct(dy, Matrices.transposed(means), weight.gradient);
        for (int c = 0; c < dy.length; c++) {
            for (float value : dy[c]) {
                bias.gradient[c][0] += value;
            }
        }
        float[][] ofMeans = Matrices.product(Matrices.transposed(weight.values), dy);
        float[][] dx = new float[ofMeans.length][ofMeans[0].length * pixels];
        for (int channel = 0; channel < dx.length; channel++) {
            for (int i = 0; i < dx[channel].length; i++) {
                dx[channel][i] = ofMeans[channel][i / pixels] / pixels;
            }
        }
        return dx;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight, bias);
    }
}
