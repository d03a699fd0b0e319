import io.github.clnorm.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Three convolutions, each with a normalization and a ReLU, and a linear classifier of the mean of each channel. */
final class Network implements AutoCloseable {

    static final int CHANNELS = 32;

    /** How many pixels each convolution moves on: the images have 16 by 16 pixels, its outputs 8 by 8, 4 by 4, 2 by 2. */
    private static final int[] STRIDES = {2, 2, 2};

    private final List<Stage> body = new ArrayList<>();
    private final Classifier classifier;

    /** Parameters are drawn from random in the same order for each method. */
    Network(Backend backend, Method method, int classes, SplittableRandom random) {
        int channels = 1;
        int size = Glyphs.SIZE;
        for (int stride : STRIDES) {
            Convolution convolution = new Convolution(channels, CHANNELS, size, stride, random);
            channels = CHANNELS;
            size = convolution.outputSize();
            body.add(convolution);
            body.add(new Normalization(backend, method.layer(backend, channels), size));
        }
        classifier = new Classifier(channels, size * size, classes, random);
    }

    /** The scores of the classes, a row for each class and a column for each sample. */
    float[][] scores(float[][] images, int samples) {
        float[][] x = images;
        for (Stage stage : stages()) {
            x = stage.forward(x, samples);
        }
        return x;
    }

    /** Computes the gradients of all parameters from that of the last scores. */
    void backward(float[][] ofScores) {
        List<Stage> stages = stages();
        float[][] gradient = ofScores;
        for (int i = stages.size() - 1; i >= 0; i--) {
            gradient = stages.get(i).backward(gradient);
        }
    }

    /** Steps against the gradients. */
    void step(float rate) {
        for (Parameter parameter : parameters()) {
            parameter.step(rate);
        }
        parametersChanged();
    }

    /** Called after values of parameters were set. */
    void parametersChanged() {
        for (Stage stage : stages()) {
            stage.parametersChanged();
        }
    }

    List<Parameter> parameters() {
        return stages().stream().flatMap(stage -> stage.parameters().stream()).toList();
    }

    /** Selects between training and evaluation. */
    void training(boolean training) {
        for (Stage stage : stages()) {
            stage.training(training);
        }
    }

    /** Takes over all of another network, with its statistics, except its classifier, which may have other classes. */
    void copyBody(Network other) {
        for (int i = 0; i < body.size(); i++) {
            body.get(i).copyFrom(other.body.get(i));
        }
    }

    /** Takes over all of another network, with its statistics. */
    void copyFrom(Network other) {
        copyBody(other);
        classifier.copyFrom(other.classifier);
    }

    private List<Stage> stages() {
        List<Stage> stages = new ArrayList<>(body);
        stages.add(classifier);
        return stages;
    }

    @Override
    public void close() {
        for (Stage stage : stages()) {
            stage.close();
        }
    }
}
