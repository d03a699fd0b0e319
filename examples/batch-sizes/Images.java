import java.util.Arrays;

/**
 * Labelled images.
 *
 * @param pixels those of all images, one image after the other
 * @param labels a class for each image
 */
record Images(float[] pixels, int[] labels) {

    int count() {
        return labels.length;
    }

    /** The images of some places of an order: of the last places if there are fewer. */
    Images batch(int[] order, int from, int to) {
        int size = pixels.length / labels.length;
        int count = Math.min(to, order.length) - from;
        float[] chosen = new float[count * size];
        int[] chosenLabels = new int[count];
        for (int i = 0; i < count; i++) {
            int image = order[from + i];
            System.arraycopy(pixels, image * size, chosen, i * size, size);
            chosenLabels[i] = labels[image];
        }
        return new Images(chosen, chosenLabels);
    }

    /** The images from one place to before another: to the last one if there are fewer. */
    Images part(int from, int to) {
        int size = pixels.length / labels.length;
        int end = Math.min(to, labels.length);
        return new Images(Arrays.copyOfRange(pixels, from * size, end * size), Arrays.copyOfRange(labels, from, end));
    }

    /** The input of a network: one channel. */
    float[][] maps() {
        return new float[][] {pixels};
    }
}
