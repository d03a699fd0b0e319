package io.github.clnorm.spark;

/**
 * Samples of an RDD of arrays.
 *
 * @param elements of a sample
 * @param shape of a sample
 */
record FloatsSource(int elements, long... shape) implements SampleSource<float[]> {

    private FloatsCodec codec() {
        return new FloatsCodec(elements, shape);
    }

    @Override
    public Sample sample(float[] row) throws BadRow {
        return codec().sample(row);
    }

    @Override
    public String describe(float[] row, long number, int partition) {
        return codec().describe(row, number, partition);
    }
}
