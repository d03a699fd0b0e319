package io.github.clnorm.tensorfile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The order of the bytes of an element. */
final class ByteOrders {
    private ByteOrders() {}

    /** Reverses the bytes of each element from a position to the buffer's position. */
    static void reverse(ByteBuffer target, int start, int size) {
        ByteBuffer bytes = target.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        for (int at = start; at < target.position(); at += size) {
            switch (size) {
                case 2 -> bytes.putShort(at, Short.reverseBytes(bytes.getShort(at)));
                case 4 -> bytes.putInt(at, Integer.reverseBytes(bytes.getInt(at)));
                default -> bytes.putLong(at, Long.reverseBytes(bytes.getLong(at)));
            }
        }
    }
}
