package io.github.clnorm.internal.stream;

import io.github.clnorm.internal.geometry.BlockSlots;
import io.github.clnorm.type.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The moments, or the sums, of all blocks of some sets, in host memory. Sections of a tensor fill it in any order; a merge reads
 * the blocks of some sets.
 *
 * <p>Thread-safe for sections that do not overlap. A merge must follow the last section.
 */
final class BlockTable {

    private final int bytes;
    private final long blocks;
    private final ByteBuffer[] planes;

    /**
     * An empty table.
     *
     * @param values of a block: 4 moments or 2 sums
     * @param sets their number
     * @param blocks of a set
     * @param real float32 or float64
     * @throws IllegalArgumentException if the host cannot hold it
     */
    BlockTable(int values, long sets, long blocks, ElementType real) {
        this.bytes = real.bytes();
        this.blocks = blocks;
        long plane = sets * blocks * bytes;
        if (plane > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("the sums of " + sets * blocks + " blocks take " + values * plane
                    + " bytes of host memory; " + values * (long) Integer.MAX_VALUE + " are supported");
        }
        planes = new ByteBuffer[values];
        for (int i = 0; i < values; i++) {
            planes[i] = ByteBuffer.allocateDirect((int) plane).order(ByteOrder.nativeOrder());
        }
    }

    /** Bytes of all values of some sets. */
    long bytes(long sets) {
        return planes.length * sets * blocks * bytes;
    }

    /**
     * Takes the blocks of a section.
     *
     * @param values all first values of the blocks of all its sets, then all second values, …
     * @param firstSet its first set in the table
     * @param slots where its blocks lie
     */
    void put(ByteBuffer values, long firstSet, BlockSlots slots) {
        int plane = values.remaining() / planes.length;
        long sets = plane / (slots.ofSection() * bytes);
        for (int i = 0; i < planes.length; i++) {
            for (long set = 0; set < sets; set++) {
                long from = (long) i * plane + set * slots.ofSection() * bytes;
                long to = (firstSet + set) * blocks * bytes;
                for (BlockSlots.Stretch stretch : slots.stretches()) {
                    planes[i].put(
                            (int) (to + stretch.to() * bytes), values, (int) (from + stretch.from() * bytes), (int)
                                    (stretch.count() * bytes));
                }
            }
        }
    }

    /**
     * All values of successive sets of every sample.
     *
     * @param samples their number
     * @param groups sets of a sample
     * @param group the first set of each sample
     * @param count how many sets of each sample
     * @return all first values in the order of the sets, then all second values, …
     */
    ByteBuffer get(long samples, long groups, long group, long count) {
        ByteBuffer all = ByteBuffer.allocateDirect(Math.toIntExact(bytes(samples * count)))
                .order(ByteOrder.nativeOrder());
        int size = Math.toIntExact(count * blocks * bytes);
        for (ByteBuffer plane : planes) {
            for (long sample = 0; sample < samples; sample++) {
                all.put(plane.slice((int) ((sample * groups + group) * blocks * bytes), size));
            }
        }
        return all.flip();
    }
}
