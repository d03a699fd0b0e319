package io.github.clnorm.bench.peers;

import io.github.clnorm.tools.measure.Workload;

/**
 * group_norm, instance_norm and batch_norm with channels first. A row is a channel of a sample: its elements lie side by
 * side and share weight and bias. A set is the rows of a group, or of a channel in all samples.
 */
final class JavaChannelsFirst implements JavaNorm {

    /** Runs a body for all indexes. */
    private interface Loop {
        void over(int count, Workers.Body body);
    }

    private final Shape shape;
    private final boolean batch;
    private final float[] gamma;
    private final float[] beta;
    private final Loop outer;
    private final Loop inner;
    private final int sets;
    private final int rowsPerSet;
    private final float[] mean;
    private final float[] rstd;
    private final double[] sums;
    private final double[] products;

    JavaChannelsFirst(Shape shape, boolean batch, float[] gamma, float[] beta, Workers workers) {
        this.shape = shape;
        this.batch = batch;
        this.gamma = gamma;
        this.beta = beta;
        sets = batch ? shape.channels() : shape.samples() * shape.groups();
        rowsPerSet = shape.samples() * shape.channels() / sets;
        // The threads share the sets, so that a set stays in one core's cache. If there are few sets, they share the
        // rows of each set.
        boolean few = sets < 2 * workers.threads();
        outer = few ? JavaChannelsFirst::inOrder : workers::loop;
        inner = few ? workers::loop : JavaChannelsFirst::inOrder;
        mean = new float[sets];
        rstd = new float[sets];
        sums = new double[shape.samples() * shape.channels()];
        products = new double[sums.length];
    }

    private static void inOrder(int count, Workers.Body body) {
        for (int i = 0; i < count; i++) {
            body.run(i);
        }
    }

    private int row(int set, int index) {
        return batch ? index * shape.channels() + set : set * rowsPerSet + index;
    }

    private double total(double[] rows, int set) {
        double total = 0;
        for (int i = 0; i < rowsPerSet; i++) {
            total += rows[row(set, i)];
        }
        return total;
    }

    @Override
    public void forward(float[] x, float[] y) {
        outer.over(sets, set -> forward(set, x, y));
    }

    private void forward(int set, float[] x, float[] y) {
        int size = shape.positions();
        double count = (double) rowsPerSet * size;
        inner.over(rowsPerSet, i -> {
            int row = row(set, i);
            sums[row] = Sums.of(x, row * size, size);
        });
        float center = (float) (total(sums, set) / count);
        inner.over(rowsPerSet, i -> {
            int row = row(set, i);
            products[row] = Sums.ofSquares(x, center, row * size, size);
        });
        float scale = (float) (1 / Math.sqrt(total(products, set) / count + Workload.EPS));
        mean[set] = center;
        rstd[set] = scale;
        inner.over(rowsPerSet, i -> {
            int row = row(set, i);
            int channel = row % shape.channels();
            affine(x, y, row * size, size, gamma[channel] * scale, beta[channel] - center * gamma[channel] * scale);
        });
    }

    private static void affine(float[] x, float[] y, int from, int count, float scale, float shift) {
        for (int i = from; i < from + count; i++) {
            y[i] = x[i] * scale + shift;
        }
    }

    @Override
    public void backward(float[] x, float[] dy, float[] dx, float[] dgamma, float[] dbeta) {
        outer.over(sets, set -> backward(set, x, dy, dx));
        for (int channel = 0; channel < shape.channels(); channel++) {
            double ofWeight = 0;
            double ofBias = 0;
            for (int row = channel; row < sums.length; row += shape.channels()) {
                ofWeight += products[row] * rstd[batch ? channel : row / rowsPerSet];
                ofBias += sums[row];
            }
            dgamma[channel] = (float) ofWeight;
            dbeta[channel] = (float) ofBias;
        }
    }

    private void backward(int set, float[] x, float[] dy, float[] dx) {
        int size = shape.positions();
        double count = (double) rowsPerSet * size;
        float center = mean[set];
        float scale = rstd[set];
        inner.over(rowsPerSet, i -> {
            int row = row(set, i);
            sums[row] = Sums.of(dy, row * size, size);
            products[row] = Sums.ofProducts(dy, x, center, row * size, size);
        });
        double sum = 0;
        double product = 0;
        for (int i = 0; i < rowsPerSet; i++) {
            int row = row(set, i);
            sum += gamma[row % shape.channels()] * sums[row];
            product += gamma[row % shape.channels()] * products[row];
        }
        float ofX = (float) (-product / count * scale * scale * scale);
        float constant = (float) (-sum / count * scale);
        inner.over(rowsPerSet, i -> {
            int row = row(set, i);
            combine(x, dy, dx, row * size, size, center, gamma[row % shape.channels()] * scale, ofX, constant);
        });
    }

    private static void combine(
            float[] x,
            float[] dy,
            float[] dx,
            int from,
            int count,
            float center,
            float ofDy,
            float ofX,
            float constant) {
        for (int i = from; i < from + count; i++) {
            dx[i] = dy[i] * ofDy + (x[i] - center) * ofX + constant;
        }
    }
}
