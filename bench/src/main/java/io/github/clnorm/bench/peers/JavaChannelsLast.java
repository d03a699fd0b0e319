package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;
import java.util.Arrays;

/**
 * group_norm, instance_norm and batch_norm with channels last. The threads share blocks of rows of C elements and sum
 * each channel separately: the JIT vectorizes a loop over the channels.
 */
final class JavaChannelsLast implements JavaNorm {

    private static final int BLOCK = 32768;

    private final int samples;
    private final int channels;
    private final int positions;
    private final int groups;
    private final float[] gamma;
    private final float[] beta;
    private final Workers workers;
    private final int rowsPerBlock;
    private final int blocksPerSample;
    private final float[][] sums;
    private final float[][] products;
    /** By sample and channel. */
    private final float[] mean;

    private final float[] rstd;

    JavaChannelsLast(Shape shape, boolean batch, float[] gamma, float[] beta, Workers workers) {
        // batch_norm treats all samples as one.
        samples = batch ? 1 : shape.samples();
        positions = batch ? shape.samples() * shape.positions() : shape.positions();
        channels = shape.channels();
        groups = shape.groups();
        this.gamma = gamma;
        this.beta = beta;
        this.workers = workers;
        rowsPerBlock = Math.max(1, Math.min(BLOCK / channels, (positions + workers.threads() - 1) / workers.threads()));
        blocksPerSample = (positions + rowsPerBlock - 1) / rowsPerBlock;
        sums = new float[samples * blocksPerSample][channels];
        products = new float[samples * blocksPerSample][channels];
        mean = new float[samples * channels];
        rstd = new float[samples * channels];
    }

    /** The body of a loop over blocks: a range of rows and its sample. */
    private interface Block {
        void run(int block, int sample, int from, int to);
    }

    private void blocks(Block body) {
        workers.loop(samples * blocksPerSample, block -> {
            int sample = block / blocksPerSample;
            int first = block % blocksPerSample * rowsPerBlock;
            int last = Math.min(positions, first + rowsPerBlock);
            body.run(block, sample, sample * positions + first, sample * positions + last);
        });
    }

    /** The sum over the blocks of a sample. */
    private double total(float[][] partial, int sample, int channel) {
        double total = 0;
        for (int block = 0; block < blocksPerSample; block++) {
            total += partial[sample * blocksPerSample + block][channel];
        }
        return total;
    }

    @Override
    public void forward(float[] x, float[] y) {
        int each = channels / groups;
        double count = (double) each * positions;
        blocks((block, sample, from, to) -> sum(x, from, to, sums[block]));
        for (int set = 0; set < samples * groups; set++) {
            double sum = 0;
            for (int i = 0; i < each; i++) {
                sum += total(sums, set / groups, set % groups * each + i);
            }
            Arrays.fill(mean, set * each, (set + 1) * each, (float) (sum / count));
        }
        blocks((block, sample, from, to) -> squares(x, from, to, sample * channels, products[block]));
        for (int set = 0; set < samples * groups; set++) {
            double squares = 0;
            for (int i = 0; i < each; i++) {
                squares += total(products, set / groups, set % groups * each + i);
            }
            float scale = (float) (1 / Math.sqrt(squares / count + Workload.EPS));
            Arrays.fill(rstd, set * each, (set + 1) * each, scale);
        }
        float[] scale = new float[samples * channels];
        float[] shift = new float[samples * channels];
        for (int i = 0; i < scale.length; i++) {
            scale[i] = gamma[i % channels] * rstd[i];
            shift[i] = beta[i % channels] - mean[i] * scale[i];
        }
        blocks((block, sample, from, to) -> affine(x, y, from, to, sample * channels, scale, shift));
    }

    private void sum(float[] x, int from, int to, float[] sum) {
        Arrays.fill(sum, 0);
        for (int row = from; row < to; row++) {
            int at = row * channels;
            for (int c = 0; c < channels; c++) {
                sum[c] += x[at + c];
            }
        }
    }

    private void squares(float[] x, int from, int to, int parameters, float[] squares) {
        Arrays.fill(squares, 0);
        for (int row = from; row < to; row++) {
            int at = row * channels;
            for (int c = 0; c < channels; c++) {
                float deviation = x[at + c] - mean[parameters + c];
                squares[c] += deviation * deviation;
            }
        }
    }

    private void affine(float[] x, float[] y, int from, int to, int parameters, float[] scale, float[] shift) {
        for (int row = from; row < to; row++) {
            int at = row * channels;
            for (int c = 0; c < channels; c++) {
                y[at + c] = x[at + c] * scale[parameters + c] + shift[parameters + c];
            }
        }
    }

    @Override
    public void backward(float[] x, float[] dy, float[] dx, float[] dgamma, float[] dbeta) {
        blocks((block, sample, from, to) -> {
            sum(dy, from, to, sums[block]);
            products(x, dy, from, to, sample * channels, products[block]);
        });
        int each = channels / groups;
        double count = (double) each * positions;
        double[] ofWeight = new double[channels];
        double[] ofBias = new double[channels];
        float[] ofDy = new float[samples * channels];
        float[] ofX = new float[samples * channels];
        float[] constant = new float[samples * channels];
        for (int set = 0; set < samples * groups; set++) {
            double sum = 0;
            double product = 0;
            double scale = rstd[set * each];
            for (int i = set * each; i < (set + 1) * each; i++) {
                int channel = i % channels;
                double channelSum = total(sums, set / groups, channel);
                double channelProduct = total(products, set / groups, channel);
                ofBias[channel] += channelSum;
                ofWeight[channel] += channelProduct * scale;
                sum += channelSum * gamma[channel];
                product += channelProduct * gamma[channel];
            }
            for (int i = set * each; i < (set + 1) * each; i++) {
                ofDy[i] = (float) (gamma[i % channels] * scale);
                ofX[i] = (float) (-product / count * scale * scale * scale);
                constant[i] = (float) (-sum / count * scale);
            }
        }
        for (int c = 0; c < channels; c++) {
            dgamma[c] = (float) ofWeight[c];
            dbeta[c] = (float) ofBias[c];
        }
        blocks((block, sample, from, to) -> combine(x, dy, dx, from, to, sample * channels, ofDy, ofX, constant));
    }

    private void products(float[] x, float[] dy, int from, int to, int parameters, float[] products) {
        Arrays.fill(products, 0);
        for (int row = from; row < to; row++) {
            int at = row * channels;
            for (int c = 0; c < channels; c++) {
                products[c] += dy[at + c] * (x[at + c] - mean[parameters + c]);
            }
        }
    }

    private void combine(
            float[] x,
            float[] dy,
            float[] dx,
            int from,
            int to,
            int parameters,
            float[] ofDy,
            float[] ofX,
            float[] constant) {
        for (int row = from; row < to; row++) {
            int at = row * channels;
            for (int c = 0; c < channels; c++) {
                int p = parameters + c;
                dx[at + c] = dy[at + c] * ofDy[p] + (x[at + c] - mean[p]) * ofX[p] + constant[p];
            }
        }
    }
}
