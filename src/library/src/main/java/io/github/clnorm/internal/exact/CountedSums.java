package io.github.clnorm.internal.exact;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Sums of several quantities for each of a number of channels, and the number of elements that a channel has in them.
 *
 * <p>Immutable and thread-safe, if the sums are no longer modified.
 */
public final class CountedSums {

    // Bytes begin with the kind (a letter), the version, the number of quantities, channels and count. Each quantity
    // follows:
    // whether a sum is not finite, base, width, a byte for each sum if one is not finite, and the limbs of the smallest
    // window. A checksum ends them. All numbers have the most significant byte first.
    private static final int VERSION = 1;
    private static final int HEADER = 1 + 1 + 1 + 4 + 8;
    private static final int QUANTITY_HEADER = 1 + 2 + 2;
    private static final int CHECKSUM = 4;

    private final int channels;
    private final long count;
    private final ExactSums[] quantities;

    /**
     * Sums of finished quantities.
     *
     * @param channels number of channels
     * @param count elements of a channel
     * @param quantities sums of each quantity, one for each channel; not modified any more
     */
    public CountedSums(int channels, long count, ExactSums... quantities) {
        this.channels = channels;
        this.count = count;
        this.quantities = quantities;
    }

    /**
     * Sums of nothing.
     *
     * @param channels number of channels
     * @param quantities number of quantities
     * @return the neutral element of {@link #plus}
     */
    public static CountedSums none(int channels, int quantities) {
        ExactSums[] sums = new ExactSums[quantities];
        Arrays.setAll(sums, i -> new ExactSums(channels));
        return new CountedSums(channels, 0, sums);
    }

    /**
     * The number of channels.
     *
     * @return the number
     */
    public int channels() {
        return channels;
    }

    /**
     * Elements of a channel.
     *
     * @return the number
     */
    public long count() {
        return count;
    }

    /**
     * The sums of a quantity, one for each channel.
     *
     * @param number of the quantity
     * @return not to be modified
     */
    public ExactSums quantity(int number) {
        return quantities[number];
    }

    /**
     * The sums of both.
     *
     * @param other with as many channels
     * @return new sums
     * @throws IllegalArgumentException if the numbers of channels differ, or the count exceeds the range of long
     */
    public CountedSums plus(CountedSums other) {
        if (other.channels != channels) {
            throw new IllegalArgumentException("Expected sums of " + channels + " channels, got " + other.channels);
        }
        long total = count + other.count;
        if (total < 0) {
            throw new IllegalArgumentException(
                    "Expected at most 2^63 - 1 elements a channel, got " + count + " and " + other.count);
        }
        ExactSums[] sums = new ExactSums[quantities.length];
        Arrays.setAll(sums, i -> quantities[i].plus(other.quantities[i]));
        return new CountedSums(channels, total, sums);
    }

    /**
     * A compact form, equal for equal sums.
     *
     * @param kind tells apart sums of different meanings
     * @return the bytes, with a version and a checksum
     */
    public byte[] toBytes(char kind) {
        Window[] windows = new Window[quantities.length];
        Arrays.setAll(windows, i -> Window.of(quantities[i]));
        long size = HEADER + CHECKSUM;
        for (Window window : windows) {
            size += QUANTITY_HEADER + window.bytes(channels);
        }
        if (size > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException("Expected sums of at most 2^31 bytes, but they have " + size);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) size);
        bytes.put((byte) kind).put((byte) VERSION).put((byte) quantities.length);
        bytes.putInt(channels).putLong(count);
        for (int i = 0; i < quantities.length; i++) {
            windows[i].write(quantities[i], bytes);
        }
        bytes.putInt(checksum(bytes));
        return bytes.array();
    }

    /**
     * Sums from their compact form.
     *
     * @param bytes as {@link #toBytes} made them
     * @param kind as there
     * @param quantities number of quantities
     * @return equal sums
     * @throws IllegalArgumentException if the bytes are not such a form, with the reason
     */
    public static CountedSums of(byte[] bytes, char kind, int quantities) {
        check(bytes.length >= HEADER + CHECKSUM, "they are cut off after " + bytes.length + " bytes");
        ByteBuffer in = ByteBuffer.wrap(bytes);
        check(in.get() == (byte) kind, "they are of another kind, " + bytes[0] + " instead of " + (int) kind);
        int version = in.get();
        check(version == VERSION, "they have version " + version + ", and this clnorm reads version " + VERSION);
        check(in.get() == quantities, "they have " + bytes[2] + " quantities instead of " + quantities);
        int end = bytes.length - CHECKSUM;
        ByteBuffer body = ByteBuffer.wrap(bytes);
        body.position(end);
        check(checksum(body) == in.getInt(end), "the checksum does not match");
        in.limit(end);
        int channels = in.getInt();
        long count = in.getLong();
        check(channels >= 0 && count >= 0, "they have " + channels + " channels of " + count + " elements");
        ExactSums[] sums = new ExactSums[quantities];
        for (int i = 0; i < quantities; i++) {
            sums[i] = Window.read(in, channels);
        }
        check(!in.hasRemaining(), "they have " + in.remaining() + " bytes too many");
        return new CountedSums(channels, count, sums);
    }

    private static void check(boolean right, String wrong) {
        if (!right) {
            throw new IllegalArgumentException("Expected the bytes of exact sums, but " + wrong);
        }
    }

    /** Of all bytes before the position. */
    private static int checksum(ByteBuffer bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes.array(), 0, bytes.position());
        return (int) checksum.getValue();
    }

    /** The smallest window of sums, in which they are written. */
    private record Window(boolean finite, int base, int width) {

        // No product of two doubles needs limbs outside.
        private static final int SMALLEST = -40;
        private static final int LARGEST = 40;

        static Window of(ExactSums sums) {
            int first = sums.base();
            int end = first + sums.width();
            while (first < end && isZero(sums, first)) {
                first++;
            }
            while (end - first > 1 && isSign(sums, end - 1)) {
                end--;
            }
            boolean finite = true;
            for (int sum = 0; sum < sums.count() && finite; sum++) {
                finite = sums.notFinite(sum) == 0;
            }
            return new Window(finite, first == end ? 0 : first, end - first);
        }

        private static boolean isZero(ExactSums sums, int limb) {
            for (int sum = 0; sum < sums.count(); sum++) {
                if (sums.limb(sum, limb) != 0) {
                    return false;
                }
            }
            return true;
        }

        /** Whether a limb has no more than the sign of the limb below, with the headroom of sums. */
        private static boolean isSign(ExactSums sums, int limb) {
            for (int sum = 0; sum < sums.count(); sum++) {
                long below = sums.limb(sum, limb - 1);
                if (sums.limb(sum, limb) != below >> 63 || below >> 62 != below >> 63) {
                    return false;
                }
            }
            return true;
        }

        long bytes(int channels) {
            return (finite ? 0 : channels) + 8L * channels * width;
        }

        void write(ExactSums sums, ByteBuffer bytes) {
            bytes.put((byte) (finite ? 0 : 1)).putShort((short) base).putShort((short) width);
            if (!finite) {
                for (ExactSums.NotFinite value : sums.notFinite()) {
                    bytes.put((byte) (value == null ? 0 : value.ordinal() + 1));
                }
            }
            for (int sum = 0; sum < sums.count(); sum++) {
                for (int i = 0; i < width; i++) {
                    bytes.putLong(sums.limb(sum, base + i));
                }
            }
        }

        static ExactSums read(ByteBuffer bytes, int channels) {
            check(bytes.remaining() >= QUANTITY_HEADER, "a quantity is missing");
            int form = bytes.get();
            Window window = new Window(form == 0, bytes.getShort(), bytes.getShort());
            check(
                    (form == 0 || form == 1)
                            && window.width >= 0
                            && window.base >= SMALLEST
                            && window.base + window.width <= LARGEST,
                    "a quantity has the form " + form + ", and limbs " + window.base + " to "
                            + (window.base + window.width));
            check(bytes.remaining() >= window.bytes(channels), "a quantity of " + channels + " channels is cut off");
            ExactSums.NotFinite[] notFinite = window.finite ? null : new ExactSums.NotFinite[channels];
            for (int sum = 0; sum < channels && !window.finite; sum++) {
                int value = bytes.get();
                check(
                        value >= 0 && value <= ExactSums.NotFinite.values().length,
                        "a sum is of the unknown form " + value);
                notFinite[sum] = value == 0 ? null : ExactSums.NotFinite.values()[value - 1];
            }
            long[] limbs = new long[ExactSums.size(channels, window.width)];
            bytes.asLongBuffer().get(limbs);
            bytes.position(bytes.position() + 8 * limbs.length);
            return ExactSums.checked(channels, window.base, window.width, limbs, notFinite);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CountedSums that
                && channels == that.channels
                && count == that.count
                && Arrays.equals(quantities, that.quantities);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(count) + Arrays.hashCode(quantities);
    }
}
