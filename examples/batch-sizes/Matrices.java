/**
 * Products of matrices, which are arrays of rows. The inner loops run along rows, and each row is an array of its own, so
 * the JIT compiler vectorizes them.
 */
final class Matrices {

    private Matrices() {}

    /** Returns a b. */
    static float[][] product(float[][] a, float[][] b) {
        float[][] c = new float[a.length][b[0].length];
        addProduct(a, b, c);
        return c;
    }

    /** Adds a b to c, four rows of b at a time: c is read and written a fourth as often. */
    static void addProduct(float[][] a, float[][] b, float[][] c) {
        int inner = b.length;
        for (int i = 0; i < a.length; i++) {
            float[] factors = a[i];
            int k = 0;
            for (; k + 4 <= inner; k += 4) {
                addFourRows(
                        factors[k],
                        b[k],
                        factors[k + 1],
                        b[k + 1],
                        factors[k + 2],
                        b[k + 2],
                        factors[k + 3],
                        b[k + 3],
                        c[i]);
            }
            for (; k < inner; k++) {
                addRow(factors[k], b[k], c[i]);
            }
        }
    }

    private static void addFourRows(
            float f0,
            float[] row0,
            float f1,
            float[] row1,
            float f2,
            float[] row2,
            float f3,
            float[] row3,
            float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += f0 * row0[j] + f1 * row1[j] + f2 * row2[j] + f3 * row3[j];
        }
    }

    private static void addRow(float factor, float[] row, float[] sum) {
        for (int j = 0; j < sum.length; j++) {
            sum[j] += factor * row[j];
        }
    }

    static float[][] transposed(float[][] a) {
        float[][] result = new float[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            float[] row = a[i];
            for (int j = 0; j < row.length; j++) {
                result[j][i] = row[j];
            }
        }
        return result;
    }
}
