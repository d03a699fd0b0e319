/**
 * The loss: the mean over the samples of -log softmax of the right class's score.
 *
 * @param loss the mean over the samples
 * @param gradient its gradient with respect to each score
 * @param errors how many samples have their highest score in a wrong class
 */
record CrossEntropy(double loss, float[][] gradient, int errors) {

    /** Of scores with a row for each class and a column for each sample. */
    static CrossEntropy of(float[][] scores, int[] labels) {
        int samples = labels.length;
        float[][] gradient = new float[scores.length][samples];
        double loss = 0;
        int errors = 0;
        for (int sample = 0; sample < samples; sample++) {
            int highest = 0;
            for (int c = 1; c < scores.length; c++) {
                if (scores[c][sample] > scores[highest][sample]) {
                    highest = c;
                }
            }
            double sum = 0;
            for (float[] row : scores) {
                sum += StrictMath.exp(row[sample] - scores[highest][sample]);
            }
            int right = labels[sample];
            loss += (StrictMath.log(sum) + scores[highest][sample] - scores[right][sample]) / samples;
            for (int c = 0; c < scores.length; c++) {
                double share = StrictMath.exp(scores[c][sample] - scores[highest][sample]) / sum;
                gradient[c][sample] = (float) ((share - (c == right ? 1 : 0)) / samples);
            }
            // A network whose scores are NaN has learned nothing.
            errors += highest == right && !Double.isNaN(loss) ? 0 : 1;
        }
        return new CrossEntropy(loss, gradient, errors);
    }
}
