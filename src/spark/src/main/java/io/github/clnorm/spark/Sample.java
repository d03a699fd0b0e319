package io.github.clnorm.spark;

import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;

/** The values of a row, before they are copied. */
interface Sample {
    /** The type in which a device computes them. */
    ElementType type();

    /**
     * Fills a buffer, whose remaining bytes are as many as a sample has.
     *
     * @throws BadRow if they are not valid
     */
    void read(ByteBuffer target) throws BadRow;
}
