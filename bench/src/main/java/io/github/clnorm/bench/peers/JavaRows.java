package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;
import java.util.Arrays;

/**
 * layer_norm: the threads share chunks of rows, and each chunk has its own sums for the gradients of weight and bias.
 */
final class JavaRows implements JavaNorm {

    private final int chunks;
    private final int rows;
    private final int width;
    private final float[] gamma;
    private final float[] beta;
    private final Workers workers;
    private final float[] mean;
    private final float[] rstd;
    private final float[][] ofWeight;
    private final float[][] ofBias;

    JavaRows(Shape shape, float[] gamma, float[] beta, Workers workers) {
        chunks = 4 * workers.threads();
        rows = shape.samples();
        width = shape.channels();
        this.gamma = gamma;
        this.beta = beta;
        this.workers = workers;
        mean = new float[rows];
        rstd = new float[rows];
        ofWeight = new float[chunks][width];
        ofBias = new float[chunks][width];
    }

    private int firstRow(int chunk) {
        return (int) ((long) rows * chunk / chunks);
    }

    @Override
    public void forward(float[] x, float[] y) {
        workers.loop(chunks, chunk -> {
            for (int row = firstRow(chunk); row < firstRow(chunk + 1); row++) {
                int at = row * width;
                float center = (float) (Sums.of(x, at, width) / width);
                float scale = (float) (1 / Math.sqrt(Sums.ofSquares(x, center, at, width) / width + Workload.EPS));
                mean[row] = center;
                rstd[row] = scale;
                affine(x, y, at, center, scale);
            }
        });
    }

    private void affine(float[] x, float[] y, int at, float center, float scale) {
        for (int i = 0; i < width; i++) {
            y[at + i] = (x[at + i] - center) * scale * gamma[i] + beta[i];
        }
    }

    @Override
    public void backward(float[] x, float[] dy, float[] dx, float[] dgamma, float[] dbeta) {
        workers.loop(chunks, chunk -> {
            Arrays.fill(ofWeight[chunk], 0);
            Arrays.fill(ofBias[chunk], 0);
            for (int row = firstRow(chunk); row < firstRow(chunk + 1); row++) {
                row(row, x, dy, dx, ofWeight[chunk], ofBias[chunk]);
            }
        });
        for (int i = 0; i < width; i++) {
            double weight = 0;
            double bias = 0;
            for (int chunk = 0; chunk < chunks; chunk++) {
                weight += ofWeight[chunk][i];
                bias += ofBias[chunk][i];
            }
            dgamma[i] = (float) weight;
            dbeta[i] = (float) bias;
        }
    }

    /** Four accumulators per sum, so that the additions overlap. */
    private void row(int row, float[] x, float[] dy, float[] dx, float[] weight, float[] bias) {
        int at = row * width;
        float center = mean[row];
        float scale = rstd[row];
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        float p0 = 0, p1 = 0, p2 = 0, p3 = 0;
        int i = 0;
        for (; i <= width - 4; i += 4) {
            float g0 = dy[at + i] * gamma[i];
            float g1 = dy[at + i + 1] * gamma[i + 1];
            float g2 = dy[at + i + 2] * gamma[i + 2];
            float g3 = dy[at + i + 3] * gamma[i + 3];
            s0 += g0;
            s1 += g1;
            s2 += g2;
            s3 += g3;
            p0 += g0 * (x[at + i] - center);
            p1 += g1 * (x[at + i + 1] - center);
            p2 += g2 * (x[at + i + 2] - center);
            p3 += g3 * (x[at + i + 3] - center);
        }
        for (; i < width; i++) {
            s0 += dy[at + i] * gamma[i];
            p0 += dy[at + i] * gamma[i] * (x[at + i] - center);
        }
        float sum = ((s0 + s1) + (s2 + s3)) / width;
        float product = ((p0 + p1) + (p2 + p3)) / width * scale;
        gradients(x, dy, dx, at, center, scale, sum, product);
        parameters(x, dy, at, center, scale, weight, bias);
    }

    private void gradients(
            float[] x, float[] dy, float[] dx, int at, float center, float scale, float sum, float product) {
        for (int i = 0; i < width; i++) {
            dx[at + i] = (dy[at + i] * gamma[i] - sum - (x[at + i] - center) * scale * product) * scale;
        }
    }

    private void parameters(float[] x, float[] dy, int at, float center, float scale, float[] weight, float[] bias) {
        for (int i = 0; i < width; i++) {
            weight[i] += dy[at + i] * ((x[at + i] - center) * scale);
            bias[i] += dy[at + i];
        }
    }
}
