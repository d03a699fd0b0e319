package io.github.clnorm.internal.exact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** The compact form of exact sums, and what it rejects. */
class CountedSumsTest {

    private static final char KIND = 'x';

    private static CountedSums sums(int seed, int channels) {
        Random random = new Random(seed);
        ExactSums first = new ExactSums(channels);
        ExactSums second = new ExactSums(channels);
        for (int i = 0; i < 3 * channels; i++) {
            first.add(i % channels, random.nextGaussian());
            second.addProduct(i % channels, i, Math.scalb(random.nextDouble(), random.nextInt(2000) - 1000), -3);
        }
        if (seed % 2 == 1) {
            second.add(seed % channels, seed % 3 == 0 ? Double.NaN : Double.NEGATIVE_INFINITY);
        }
        return new CountedSums(channels, seed * 1000L, first, second);
    }

    private static String rejection(byte[] bytes) {
        return assertThrows(IllegalArgumentException.class, () -> CountedSums.of(bytes, KIND, 2))
                .getMessage();
    }

    /** The bytes with another checksum, so that other checks see them. */
    private static byte[] signed(byte[] bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, bytes.length - 4);
        ByteBuffer.wrap(bytes).putInt(bytes.length - 4, (int) checksum.getValue());
        return bytes;
    }

    @Test
    void bytesGiveEqualSums() {
        for (int seed = 0; seed < 40; seed++) {
            CountedSums sums = sums(seed, 1 + seed % 5);
            CountedSums read = CountedSums.of(sums.toBytes(KIND), KIND, 2);
            assertEquals(sums, read);
            assertEquals(sums.hashCode(), read.hashCode());
            assertArrayEquals(sums.toBytes(KIND), read.toBytes(KIND));
            CountedSums more = sums(seed + 100, 1 + seed % 5);
            assertEquals(sums.plus(more), more.plus(read));
            assertArrayEquals(
                    sums.plus(more).toBytes(KIND), more.plus(sums).toBytes(KIND), "equal sums have equal bytes");
        }
        CountedSums none = CountedSums.none(3, 2);
        assertEquals(none, CountedSums.of(none.toBytes(KIND), KIND, 2));
        assertEquals(29, none.toBytes(KIND).length);
        CountedSums noChannels = CountedSums.none(0, 2);
        assertEquals(noChannels, CountedSums.of(noChannels.toBytes(KIND), KIND, 2));
    }

    @Test
    void eachChangedByteIsRejected() {
        byte[] bytes = sums(3, 2).toBytes(KIND);
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x10;
            assertTrue(rejection(changed).startsWith("Expected the bytes of exact sums, but "));
        }
    }

    @Test
    void eachCutIsRejected() {
        byte[] bytes = sums(3, 2).toBytes(KIND);
        for (int length = 0; length < bytes.length; length++) {
            rejection(Arrays.copyOf(bytes, length));
            if (length >= 19) {
                rejection(signed(Arrays.copyOf(bytes, length)));
            }
        }
        rejection(signed(Arrays.copyOf(bytes, bytes.length + 1)));
    }

    @Test
    void wrongNumbersAreRejectedAlsoWithTheirChecksum() {
        byte[] bytes = sums(3, 2).toBytes(KIND);
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] changed = bytes.clone();
            for (int n = random.nextInt(3); n >= 0; n--) {
                changed[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            CountedSums read;
            try {
                read = CountedSums.of(signed(changed), KIND, 2);
            } catch (IllegalArgumentException e) {
                continue;
            }
            // What is accepted is a valid value.
            assertEquals(read, CountedSums.of(read.toBytes(KIND), KIND, 2));
            if (read.count() < Long.MAX_VALUE / 2) {
                CountedSums none = CountedSums.none(read.channels(), 2);
                assertEquals(read.plus(read), read.plus(none).plus(read));
            }
        }
        byte[] version = bytes.clone();
        version[1] = 2;
        assertEquals(
                "Expected the bytes of exact sums, but they have version 2, and this clnorm reads version 1",
                rejection(signed(version)));
        assertEquals(
                "Expected the bytes of exact sums, but the checksum does not match", rejection(changedLast(bytes)));
        byte[] negative = bytes.clone();
        negative[7] = -1;
        assertTrue(rejection(signed(negative)).contains("they have 2 channels of -"));
    }

    private static byte[] changedLast(byte[] bytes) {
        byte[] changed = bytes.clone();
        changed[bytes.length - 1]++;
        return changed;
    }

    @Test
    void countsDoNotOverflow() {
        CountedSums large = new CountedSums(1, Long.MAX_VALUE, new ExactSums(1));
        assertEquals(
                "Expected at most 2^63 - 1 elements a channel, got 9223372036854775807 and 9223372036854775807",
                assertThrows(IllegalArgumentException.class, () -> large.plus(large))
                        .getMessage());
        assertEquals(
                "Expected sums of 1 channels, got 2",
                assertThrows(IllegalArgumentException.class, () -> large.plus(CountedSums.none(2, 1)))
                        .getMessage());
    }
}
