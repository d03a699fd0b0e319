package io.github.clnorm.internal.opencl;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.clnorm.internal.driver.HostPages;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pages of 64 KB that overwrite what is returned to them, and stay allocated: a later access finds wrong content, where it
 * would crash the process with real pages. Not thread-safe, as its arena makes one call at a time.
 */
final class PoisonedPages implements HostPages {

    static final int PAGE = 64 << 10;
    private static final byte POISON = 0x5a;

    private final TreeMap<Long, ByteBuffer> mapped = new TreeMap<>();
    private final TreeMap<Long, ByteBuffer> unmapped = new TreeMap<>();

    @Override
    public long pageBytes() {
        return PAGE;
    }

    @Override
    public long map(long bytes) {
        ByteBuffer memory = ByteBuffer.allocateDirect((int) bytes + PAGE).alignedSlice(PAGE);
        long address = Pointer.nativeValue(Native.getDirectBufferPointer(memory));
        mapped.put(address, memory);
        return address;
    }

    @Override
    public void unmap(long address, long bytes) {
        discard(address, bytes);
        unmapped.put(address, mapped.remove(address));
    }

    @Override
    public void discard(long address, long bytes) {
        ByteBuffer poisoned = from(address);
        for (int i = 0; i < bytes; i++) {
            poisoned.put(i, POISON);
        }
    }

    @Override
    public ByteBuffer at(long address) {
        return from(address);
    }

    private ByteBuffer from(long address) {
        Map.Entry<Long, ByteBuffer> mapping = mapped.floorEntry(address);
        return mapping.getValue().slice((int) (address - mapping.getKey()), (int)
                (mapping.getValue().capacity() - (address - mapping.getKey())));
    }

    int mappings() {
        return mapped.size();
    }
}
