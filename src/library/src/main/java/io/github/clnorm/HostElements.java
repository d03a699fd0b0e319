package io.github.clnorm;

import io.github.clnorm.internal.stream.TensorSource;
import io.github.clnorm.internal.stream.TensorTarget;
import io.github.clnorm.type.Codec;
import io.github.clnorm.type.ElementType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.util.Objects;

/**
 * The elements of a caller's {@code java.nio} buffer, from its position to its limit, checked against the tensor that
 * they go to or come from. Works on a view of its own: the caller's position and limit never change, and another thread
 * may move them.
 *
 * <p>Thread-safe for one transfer at a time.
 */
final class HostElements {

    // Elements that are converted at a time.
    private static final int CONVERTED = 1 << 14;

    private final ElementType type;
    private final Buffer view;
    private final boolean raw;

    private HostElements(ElementType type, Buffer view, boolean raw) {
        this.type = type;
        this.view = view;
        this.raw = raw;
    }

    /**
     * The elements for a tensor to be read from.
     *
     * @param type the tensor's
     * @param buffer the caller's
     * @param shape the tensor's, for messages
     * @param elements the tensor's number of elements
     * @throws IllegalArgumentException if kind, byte order or number of elements do not fit
     */
    static HostElements source(ElementType type, Buffer buffer, String shape, long elements) {
        Objects.requireNonNull(type, "type");
        boolean raw = isRaw(type, Objects.requireNonNull(buffer, "buffer"));
        checkOrder(buffer);
        checkCount(type, buffer, shape, elements);
        return new HostElements(type, buffer.slice(), raw);
    }

    /** The same for a tensor's elements to be written to. */
    static HostElements target(ElementType type, Buffer buffer, String shape, long elements) {
        HostElements target = source(type, buffer, shape, elements);
        if (buffer.isReadOnly()) {
            throw new IllegalArgumentException("the " + kind(buffer) + " for the " + elements
                    + " elements of a tensor of shape " + shape + " is read-only");
        }
        return target;
    }

    /** Whether the buffer holds the type's own bytes; otherwise every element is converted. */
    private static boolean isRaw(ElementType type, Buffer buffer) {
        boolean isHalf = type.bytes() == Short.BYTES;
        if (buffer instanceof ByteBuffer || buffer instanceof ShortBuffer && isHalf) {
            return true;
        }
        if (buffer instanceof FloatBuffer) {
            return type == ElementType.FLOAT32;
        }
        if (buffer instanceof DoubleBuffer) {
            return type == ElementType.FLOAT64;
        }
        throw new IllegalArgumentException("a " + type + " tensor takes a FloatBuffer, DoubleBuffer, "
                + (isHalf ? "ShortBuffer " : "") + "or ByteBuffer, got a " + kind(buffer)
                + (buffer instanceof ShortBuffer ? ", which holds float16 or bfloat16" : ""));
    }

    private static void checkOrder(Buffer buffer) {
        ByteOrder order = buffer instanceof ByteBuffer bytes
                ? bytes.order()
                : buffer instanceof ShortBuffer shorts
                        ? shorts.order()
                        : buffer instanceof FloatBuffer floats ? floats.order() : ((DoubleBuffer) buffer).order();
        if (order != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("the " + kind(buffer) + " has byte order " + order + ", expected "
                    + ByteOrder.nativeOrder() + ": call order(ByteOrder.nativeOrder()) on the ByteBuffer before it is"
                    + " viewed or filled");
        }
    }

    private static void checkCount(ElementType type, Buffer buffer, String shape, long elements) {
        boolean isBytes = buffer instanceof ByteBuffer;
        long expected = isBytes ? elements * type.bytes() : elements;
        if (buffer.remaining() != expected) {
            throw new IllegalArgumentException("a " + type + " tensor of shape " + shape + " takes " + expected
                    + (isBytes ? " bytes" : " elements") + ", but the " + kind(buffer) + " has " + buffer.remaining()
                    + " from its position " + buffer.position() + " to its limit " + buffer.limit());
        }
    }

    /** Rejects a buffer that the device cannot address. */
    static void checkAddress(ElementType type, ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("expected a direct ByteBuffer to wrap, got a heap buffer of "
                    + buffer.remaining() + " bytes: allocate it by ByteBuffer.allocateDirect, or copy it by"
                    + " Backend.tensor");
        }
        int beyond = buffer.alignmentOffset(buffer.position(), type.bytes());
        if (beyond != 0) {
            throw new IllegalArgumentException("the ByteBuffer's position " + buffer.position() + " is " + beyond
                    + " bytes beyond a multiple of the " + type.bytes() + " bytes of a " + type + " element");
        }
    }

    /** The public class of a buffer. */
    static String kind(Buffer buffer) {
        if (buffer instanceof ByteBuffer) {
            return "ByteBuffer";
        }
        if (buffer instanceof ShortBuffer) {
            return "ShortBuffer";
        }
        if (buffer instanceof FloatBuffer) {
            return "FloatBuffer";
        }
        if (buffer instanceof DoubleBuffer) {
            return "DoubleBuffer";
        }
        return buffer instanceof CharBuffer ? "CharBuffer" : buffer instanceof IntBuffer ? "IntBuffer" : "LongBuffer";
    }

    /** The memory that a driver can read and write as it is; null if elements must be copied or converted in Java. */
    Buffer memory() {
        return raw && view.isDirect() ? view : null;
    }

    /** The elements for a pass that reads them in any order. */
    TensorSource asSource() {
        return (element, into) -> {
            copyTo(element, into);
            into.position(into.limit());
        };
    }

    /** The elements for a pass that writes them in any order. */
    TensorTarget asTarget() {
        return (element, from) -> {
            copyFrom(element, from);
            from.position(from.limit());
        };
    }

    /** Fills a piece with elements. */
    void copyTo(long first, ByteBuffer piece) {
        int from = (int) first;
        int count = piece.remaining() / type.bytes();
        ByteBuffer to = piece.duplicate().order(ByteOrder.nativeOrder());
        if (view instanceof ByteBuffer bytes) {
            to.put(bytes.slice(from * type.bytes(), count * type.bytes()));
        } else if (view instanceof ShortBuffer shorts) {
            to.asShortBuffer().put(shorts.slice(from, count));
        } else if (view instanceof FloatBuffer floats) {
            if (raw) {
                to.asFloatBuffer().put(floats.slice(from, count));
            } else {
                float[] some = new float[Math.min(count, CONVERTED)];
                inParts(count, to, (at, part, number) -> {
                    floats.get(from + at, some, 0, number);
                    Codec.encode(type, some, 0, part);
                });
            }
        } else if (view instanceof DoubleBuffer doubles) {
            if (raw) {
                to.asDoubleBuffer().put(doubles.slice(from, count));
            } else {
                double[] some = new double[Math.min(count, CONVERTED)];
                inParts(count, to, (at, part, number) -> {
                    doubles.get(from + at, some, 0, number);
                    Codec.encode(type, some, 0, part);
                });
            }
        }
    }

    /** Takes the elements of a piece. */
    void copyFrom(long first, ByteBuffer piece) {
        int to = (int) first;
        int count = piece.remaining() / type.bytes();
        ByteBuffer from = piece.duplicate().order(ByteOrder.nativeOrder());
        if (view instanceof ByteBuffer bytes) {
            bytes.slice(to * type.bytes(), count * type.bytes()).put(from);
        } else if (view instanceof ShortBuffer shorts) {
            shorts.slice(to, count).put(from.asShortBuffer());
        } else if (view instanceof FloatBuffer floats) {
            if (raw) {
                floats.slice(to, count).put(from.asFloatBuffer());
            } else {
                float[] some = new float[Math.min(count, CONVERTED)];
                inParts(count, from, (at, part, number) -> {
                    Codec.decode(type, part, some, 0);
                    floats.put(to + at, some, 0, number);
                });
            }
        } else if (view instanceof DoubleBuffer doubles) {
            if (raw) {
                doubles.slice(to, count).put(from.asDoubleBuffer());
            } else {
                double[] some = new double[Math.min(count, CONVERTED)];
                inParts(count, from, (at, part, number) -> {
                    Codec.decode(type, part, some, 0);
                    doubles.put(to + at, some, 0, number);
                });
            }
        }
    }

    /** Converts some elements of a piece. */
    private interface Part {
        void convert(int at, ByteBuffer part, int number);
    }

    private void inParts(int count, ByteBuffer piece, Part each) {
        for (int at = 0; at < count; at += CONVERTED) {
            int number = Math.min(CONVERTED, count - at);
            each.convert(
                    at,
                    piece.slice(piece.position() + at * type.bytes(), number * type.bytes())
                            .order(ByteOrder.nativeOrder()),
                    number);
        }
    }
}
