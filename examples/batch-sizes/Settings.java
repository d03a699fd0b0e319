/**
 * How much a network is trained: all batch sizes see the same images, each image once.
 *
 * @param images for training
 * @param testImages for the error
 */
record Settings(int images, int testImages) {

    static final Settings USUAL = new Settings(8192, 2000);

    /** The batch size of the first learning rate. Others have one in proportion, as in the paper. */
    static final int USUAL_BATCH = 32;

    private static final double USUAL_RATE = 0.1;

    /** When the learning rate becomes a tenth, as shares of the training. */
    private static final double[] SLOWER = {0.6, 0.9};

    Settings {
        if (images % USUAL_BATCH != 0) {
            throw new IllegalArgumentException("images must be a multiple of " + USUAL_BATCH + ", but is " + images);
        }
    }

    /** The learning rate after a share of the training. */
    float rate(int batch, double share) {
        double rate = USUAL_RATE * batch / USUAL_BATCH;
        for (double from : SLOWER) {
            rate *= share < from ? 1 : 0.1;
        }
        return (float) rate;
    }
}
