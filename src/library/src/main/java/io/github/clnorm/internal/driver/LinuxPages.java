package io.github.clnorm.internal.driver;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;

/** Huge pages of Linux on 64-bit processors, through JNA: {@code mmap} and {@code madvise}. Thread-safe. */
final class LinuxPages implements HostPages {

    private static final long FAILED = -1;
    // Linux has the same numbers on x86-64 and aarch64.
    private static final int PROT_READ_AND_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_HUGEPAGE = 14;

    private final long pageBytes;

    /** Functions of the C library. Sizes and addresses have 64 bits. */
    private static final class C {

        static {
            Native.register(C.class, NativeLibrary.getProcess());
        }

        private C() {}

        static native long mmap(long address, long bytes, int protection, int flags, int file, long offset);

        static native int munmap(long address, long bytes);

        static native int madvise(long address, long bytes, int advice);
    }

    /**
     * Pages of this process.
     *
     * @param pageBytes the size of a huge page, as the kernel tells it
     */
    LinuxPages(long pageBytes) {
        this.pageBytes = pageBytes;
    }

    @Override
    public long pageBytes() {
        return pageBytes;
    }

    @Override
    public long map(long bytes) {
        long mapped = C.mmap(
                0, bytes + pageBytes, PROT_READ_AND_WRITE, MAP_PRIVATE_ANONYMOUS, /* file= */ -1, /* offset= */ 0);
        if (mapped == FAILED) {
            return 0;
        }
        // The kernel aligns to small pages: cut off what lies before and behind.
        long address = (mapped + pageBytes - 1) & -pageBytes;
        long before = address - mapped;
        if (before > 0) {
            C.munmap(mapped, before);
        }
        if (before < pageBytes) {
            C.munmap(address + bytes, pageBytes - before);
        }
        if (C.madvise(address, bytes, MADV_HUGEPAGE) != 0) {
            C.munmap(address, bytes);
            return 0;
        }
        return address;
    }

    @Override
    public void unmap(long address, long bytes) {
        C.munmap(address, bytes);
    }

    @Override
    public void discard(long address, long bytes) {
        C.madvise(address, bytes, MADV_DONTNEED);
    }

    @Override
    public ByteBuffer at(long address) {
        return new Pointer(address).getByteBuffer(0, 1);
    }
}
