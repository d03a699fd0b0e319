import java.util.List;
import java.util.SplittableRandom;

/**
 * A convolution of 3 by 3 pixels with zeros outside the image, as one product of matrices: each column of the unfolded
 * input (im2col) has the 9 pixels of all input channels that make one output pixel.
 */
final class Convolution implements Stage {

    private static final int WINDOW = 3;

    private final int channels;
    private final int size;
    private final int stride;
    private final int outputSize;
    private final Parameter weight;
    private float[][] unfolded;
    private int samples;

    /** Without a bias: the normalization behind it has one. The input is size by size pixels. */
    Convolution(int channels, int outputChannels, int size, int stride, SplittableRandom random) {
        this.channels = channels;
        this.size = size;
        this.stride = stride;
        this.outputSize = (size + stride - 1) / stride;
        this.weight = Parameter.random(outputChannels, channels * WINDOW * WINDOW, random);
    }

    int outputSize() {
        return outputSize;
    }

    @Override
    public float[][] forward(float[][] x, int samples) {
        this.samples = samples;
        unfolded = new float[channels * WINDOW * WINDOW][samples * outputSize * outputSize];
        forEachLine((row, column, count, channel, pixel) -> {
            float[] target = unfolded[row];
            float[] source = x[channel];
            for (int i = 0; i < count; i++) {
                target[column + i] = source[pixel + i * stride];
            }
        });
        return Matrices.product(weight.values, unfolded);
    }

    @Override
    public float[][] backward(float[][] dy) {
        Matrices.addProduct(dy, Matrices.transposed(unfolded), weight.gradient);
        float[][] gradient = Matrices.product(Matrices.transposed(weight.values), dy);
        float[][] dx = new float[channels][samples * size * size];
        forEachLine((row, column, count, channel, pixel) -> {
            float[] source = gradient[row];
            float[] target = dx[channel];
            for (int i = 0; i < count; i++) {
                target[pixel + i * stride] += source[column + i];
            }
        });
        return dx;
    }

    /** Elements column, column + 1, … of an unfolded row, and the pixels of the input that they are copies of. */
    private interface Line {
        void visit(int row, int column, int count, int channel, int pixel);
    }

    /** Visits the line of each channel, place in the window, sample and line of the output. Zeros have no line. */
    private void forEachLine(Line line) {
        for (int row = 0; row < channels * WINDOW * WINDOW; row++) {
            int channel = row / (WINDOW * WINDOW);
            int down = row / WINDOW % WINDOW - 1;
            int right = row % WINDOW - 1;
            int first = right < 0 ? 1 : 0;
            int last = Math.min(outputSize - 1, (size - 1 - right) / stride);
            for (int sample = 0; sample < samples; sample++) {
                for (int y = 0; y < outputSize; y++) {
                    int from = y * stride + down;
                    if (from >= 0 && from < size) {
                        int column = (sample * outputSize + y) * outputSize + first;
                        int pixel = (sample * size + from) * size + first * stride + right;
                        line.visit(row, column, last - first + 1, channel, pixel);
                    }
                }
            }
        }
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight);
    }
}
