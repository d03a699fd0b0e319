package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Section;
import java.nio.ByteBuffer;

/**
 * Gamma and beta of a whole tensor, on the host.
 *
 * @param weight gamma, or null
 * @param bias beta, or null; of the weight's type
 */
public record Affine(HostValues weight, HostValues bias) {

    ByteBuffer weight(Geometry whole, Section section) {
        return HostValues.slice(weight, section.firstParameter(whole), section.parameters(whole));
    }

    ByteBuffer bias(Geometry whole, Section section) {
        return HostValues.slice(bias, section.firstParameter(whole), section.parameters(whole));
    }
}
