package io.github.clnorm.internal.driver;

import java.nio.ByteBuffer;

/**
 * Memory of this process in huge pages, from the operating system. A class behind an interface, so that tests replace it.
 * Thread-safe.
 */
public interface HostPages {

    /**
     * The size of a huge page.
     *
     * @return a power of two
     */
    long pageBytes();

    /**
     * Maps memory that is zero and takes no physical memory before it is used.
     *
     * @param bytes a multiple of {@link #pageBytes()}
     * @return its address, a multiple of {@link #pageBytes()}; 0 if there is none
     */
    long map(long bytes);

    /**
     * Ends a mapping. Later accesses crash the process.
     *
     * @param address what {@link #map} returned
     * @param bytes its size
     */
    void unmap(long address, long bytes);

    /**
     * Returns the physical memory of pages. They stay mapped, and are zero when they are used again.
     *
     * @param address in a mapping, a multiple of {@link #pageBytes()}
     * @param bytes a multiple of {@link #pageBytes()}
     */
    void discard(long address, long bytes);

    /**
     * The first byte of memory as a buffer, for calls that take an address as a buffer.
     *
     * @param address in a mapping
     * @return a direct buffer that begins there
     */
    ByteBuffer at(long address);
}
