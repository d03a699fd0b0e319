package io.github.clnorm.internal.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.clnorm.internal.driver.HostPages;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Blocks do not overlap, share pages, and pages without blocks are returned. Nothing here is real memory. */
class PageArenaTest {

    private static final long PAGE = 2 << 20;

    private final Pages pages = new Pages();
    private final PageArena arena = new PageArena(pages);
    private final TreeMap<Long, Long> sizes = new TreeMap<>();

    /** Address space in which blocks are touched, and which knows the pages that this makes resident. */
    private static final class Pages implements HostPages {
        final TreeMap<Long, Long> mapped = new TreeMap<>();
        final TreeSet<Long> resident = new TreeSet<>();
        long next = 64 * PAGE;
        boolean isFull;

        @Override
        public long pageBytes() {
            return PAGE;
        }

        @Override
        public long map(long bytes) {
            if (isFull) {
                return 0;
            }
            assertEquals(0, bytes % PAGE);
            // Neighbours without a gap, as Linux maps them.
            long address = next;
            next += bytes;
            mapped.put(address, bytes);
            return address;
        }

        @Override
        public void unmap(long address, long bytes) {
            assertEquals(bytes, mapped.remove(address));
            resident.subSet(address, address + bytes).clear();
        }

        @Override
        public void discard(long address, long bytes) {
            assertEquals(0, address % PAGE);
            assertEquals(0, bytes % PAGE);
            assertTrue(bytes > 0);
            resident.subSet(address, address + bytes).clear();
        }

        @Override
        public ByteBuffer at(long address) {
            throw new AssertionError("nothing is accessed");
        }

        void touch(long address, long bytes) {
            Map.Entry<Long, Long> mapping = mapped.floorEntry(address);
            assertTrue(address + bytes <= mapping.getKey() + mapping.getValue(), "a block is in one mapping");
            for (long page = address / PAGE * PAGE; page < address + bytes; page += PAGE) {
                resident.add(page);
            }
        }
    }

    private PageArena.Block take(long bytes) {
        PageArena.Block block = arena.take(bytes);
        long address = block.address();
        assertEquals(0, address % PageArena.STEP);
        Map.Entry<Long, Long> before = sizes.lowerEntry(address + bytes);
        assertTrue(before == null || before.getKey() + before.getValue() <= address, "blocks overlap");
        sizes.put(address, bytes);
        pages.touch(address, bytes);
        return block;
    }

    private void give(PageArena.Block block) {
        sizes.remove(block.address());
        arena.give(block);
    }

    /** Every resident page has a byte of a block. */
    private void assertNothingIsKept() {
        for (long page : pages.resident) {
            Map.Entry<Long, Long> last = sizes.lowerEntry(page + PAGE);
            assertTrue(last != null && last.getKey() + last.getValue() > page, "a page without a block is resident");
        }
    }

    @Test
    void blocksOfAllSizesComeAndGo() {
        SplittableRandom random = new SplittableRandom(1);
        List<PageArena.Block> blocks = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (blocks.isEmpty() || random.nextInt(100) < 52) {
                // From a byte to 256 MB, small ones more often.
                blocks.add(take(1 + (long) Math.exp(random.nextDouble() * Math.log(256 << 20))));
            } else {
                give(blocks.remove(random.nextInt(blocks.size())));
                assertNothingIsKept();
            }
        }
        assertTrue(pages.mapped.size() > 1);
        blocks.forEach(this::give);
        assertEquals(Map.of(), pages.mapped);
        assertEquals(0, pages.resident.size());
    }

    @Test
    void smallBlocksShareAPage() {
        for (int i = 0; i < 4000; i++) {
            take(4096);
        }
        assertEquals(8, pages.resident.size(), "16 MB are 8 pages");
    }

    @Test
    void theEndOfALargeBlockSharesItsPage() {
        for (int i = 0; i < 50; i++) {
            take(5 << 20);
        }
        long exact = (50 * 5L << 20) / PAGE;
        assertTrue(pages.resident.size() <= exact + pages.mapped.size(), pages.resident.size() + " pages");
        // Larger than a mapping that several blocks share.
        take((100L << 20) + 4096);
        int before = pages.resident.size();
        take(PAGE / 2);
        assertEquals(before, pages.resident.size(), "the half page fits behind a large block");
    }

    @Test
    void freedMemoryIsReused() {
        PageArena.Block first = take(4096);
        take(4096);
        give(first);
        assertEquals(first.address(), take(4096).address());
    }

    @Test
    void neighboursAreMerged() {
        List<PageArena.Block> blocks = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            blocks.add(take(PAGE / 4));
        }
        take(1);
        for (int i = 0; i < 64; i += 2) {
            give(blocks.get(i));
        }
        for (int i = 1; i < 64; i += 2) {
            give(blocks.get(i));
        }
        assertEquals(blocks.get(0).address(), take(16 * PAGE).address());
    }

    @Test
    void mappingsThatAreNextToEachOtherAreNotMerged() {
        PageArena.Block first = take(32 * PAGE);
        PageArena.Block second = take(32 * PAGE);
        PageArena.Block third = take(1);
        assertEquals(second.address(), first.address() + 32 * PAGE);
        give(first);
        give(second);
        assertEquals(1, pages.mapped.size());
        give(third);
        assertEquals(0, pages.mapped.size());
    }

    @Test
    void withoutMemoryThereIsNoBlock() {
        pages.isFull = true;
        assertNull(arena.take(100));
        pages.isFull = false;
        PageArena.Block block = arena.take(100);
        assertNotNull(block);
        pages.isFull = true;
        assertNotNull(arena.take(100), "it fits in the mapping that there is");
        assertNull(arena.take(64 * PAGE));
    }

    @Test
    void aBlockIsGivenBackOnce() {
        PageArena.Block block = take(100);
        give(block);
        assertThrows(IllegalStateException.class, () -> arena.give(block));
    }
}
