package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.Geometry;
import io.github.clnorm.internal.geometry.Part;
import java.nio.ByteBuffer;

/**
 * Gamma and beta of a whole tensor, on the host.
 *
 * @param weight gamma, or null
 * @param bias beta, or null; of the weight's type
 */
public record Affine(HostValues weight, HostValues bias) {

    ByteBuffer weight(Geometry whole, Part part) {
        return HostValues.slice(weight, part.firstParameter(whole), part.parameters(whole));
    }

    ByteBuffer bias(Geometry whole, Part part) {
        return HostValues.slice(bias, part.firstParameter(whole), part.parameters(whole));
    }
}
