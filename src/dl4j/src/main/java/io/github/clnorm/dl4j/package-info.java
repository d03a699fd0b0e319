/**
 * Normalization layers for the networks of <a href="https://deeplearning4j.konduit.ai">Deeplearning4j</a>, forward and
 * backward, on any OpenCL device: {@link io.github.clnorm.dl4j.ClnormGroupNorm}, {@link
 * io.github.clnorm.dl4j.ClnormInstanceNorm} and {@link io.github.clnorm.dl4j.ClnormRmsNorm}.
 *
 * <p>A layer is configured, saved and trained as a layer of DL4J. Its values move between ND4J's memory and the device
 * without a Java array. All networks of a process share one {@link io.github.clnorm.Backend} for each device.
 */
package io.github.clnorm.dl4j;
