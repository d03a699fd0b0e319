package io.github.clnorm.bench.peers;

/**
 * What a pass computed, copied to Java.
 *
 * @param tensor y forward, dx backward; in the workload's layout
 * @param weight dγ; null forward, and without a weight
 * @param bias dβ; null forward, and without a bias
 * @param scale the gradient of the scale; null forward, and without a scale
 * @param shift the gradient of the shift; null forward, and without a shift
 */
record PeerResults(float[] tensor, float[] weight, float[] bias, float[] scale, float[] shift) {

    /** The gradients of a layer. */
    PeerResults(float[] tensor, float[] weight, float[] bias) {
        this(tensor, weight, bias, null, null);
    }

    static PeerResults forward(float[] y) {
        return new PeerResults(y, null, null);
    }
}
