package io.github.clnorm.bench.peers;

/**
 * What a pass computed, copied to Java.
 *
 * @param tensor y forward, dx backward; in the workload's layout
 * @param weight dγ, null forward
 * @param bias dβ, null forward
 */
record PeerResults(float[] tensor, float[] weight, float[] bias) {

    static PeerResults forward(float[] y) {
        return new PeerResults(y, null, null);
    }
}
