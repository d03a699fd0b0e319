package io.github.clnorm.internal.opencl;

import io.github.clnorm.internal.driver.HostPages;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Cuts huge pages into blocks of any size. Small blocks share a page, and the end of a large block shares its last page with
 * others, so that a process takes about as much physical memory as its blocks have. Takes the smallest free range that is
 * large enough. Returns pages to the system as soon as no block has a byte of them.
 *
 * <p>Thread-safe.
 */
final class PageArena {

    /** What addresses and sizes of blocks are multiples of: two cache lines, and what OpenCL's largest vector needs. */
    static final int STEP = 128;

    // Address space costs nothing. Blocks of one region share their pages.
    private static final int REGION_PAGES = 32;

    private final HostPages pages;
    private final TreeMap<Long, Range> byAddress = new TreeMap<>();
    private final TreeSet<Range> bySize =
            new TreeSet<>(Comparator.comparingLong(Range::bytes).thenComparingLong(Range::address));

    /** A mapping. */
    private static final class Region {
        final long address;
        final long bytes;
        long used;

        Region(long address, long bytes) {
            this.address = address;
            this.bytes = bytes;
        }
    }

    /** A free range. */
    private record Range(Region region, long address, long bytes) {
        long end() {
            return address + bytes;
        }
    }

    /** Memory that is in use. Its content is undefined. */
    static final class Block {
        private final Region region;
        private final long address;
        private final long bytes;
        private boolean given;

        private Block(Region region, long address, long bytes) {
            this.region = region;
            this.address = address;
            this.bytes = bytes;
        }

        /** Its first byte, a multiple of {@link #STEP}. */
        long address() {
            return address;
        }
    }

    /** Without blocks. */
    PageArena(HostPages pages) {
        this.pages = pages;
    }

    /**
     * Takes a block.
     *
     * @param size its least size in bytes, more than 0
     * @return the block; null if the system has no memory
     */
    synchronized Block take(long size) {
        long bytes = roundedUp(size, STEP);
        Range range = bySize.ceiling(new Range(null, 0, bytes));
        if (range == null) {
            range = mapped(bytes);
            if (range == null) {
                return null;
            }
        } else {
            remove(range);
        }
        if (range.bytes > bytes) {
            add(new Range(range.region, range.address + bytes, range.bytes - bytes));
        }
        range.region.used += bytes;
        return new Block(range.region, range.address, bytes);
    }

    private Range mapped(long bytes) {
        long size = roundedUp(Math.max(bytes, REGION_PAGES * pages.pageBytes()), pages.pageBytes());
        long address = pages.map(size);
        return address == 0 ? null : new Range(new Region(address, size), address, size);
    }

    /** Takes a block back, which nothing uses any more. */
    synchronized void give(Block block) {
        if (block.given) {
            throw new IllegalStateException("a block of " + block.bytes + " bytes was given back twice");
        }
        block.given = true;
        Region region = block.region;
        region.used -= block.bytes;
        Range free = merged(new Range(region, block.address, block.bytes));
        if (region.used == 0) {
            pages.unmap(region.address, region.bytes);
            return;
        }
        add(free);
        // Pages of the neighbours that are free were returned before.
        long page = pages.pageBytes();
        long from = Math.max(roundedUp(free.address, page), block.address / page * page);
        long to = Math.min(free.end() / page * page, roundedUp(block.address + block.bytes, page));
        if (from < to) {
            pages.discard(from, to - from);
        }
    }

    /** A range with its free neighbours, which are removed. */
    private Range merged(Range range) {
        Range all = range;
        Map.Entry<Long, Range> before = byAddress.lowerEntry(range.address);
        if (before != null && before.getValue().end() == range.address && before.getValue().region == range.region) {
            Range neighbour = before.getValue();
            remove(neighbour);
            all = new Range(range.region, neighbour.address, neighbour.bytes + all.bytes);
        }
        Range behind = byAddress.get(range.end());
        if (behind != null && behind.region == range.region) {
            remove(behind);
            all = new Range(range.region, all.address, all.bytes + behind.bytes);
        }
        return all;
    }

    private void add(Range range) {
        byAddress.put(range.address, range);
        bySize.add(range);
    }

    private void remove(Range range) {
        byAddress.remove(range.address);
        bySize.remove(range);
    }

    private static long roundedUp(long bytes, long to) {
        return (bytes + to - 1) / to * to;
    }
}
