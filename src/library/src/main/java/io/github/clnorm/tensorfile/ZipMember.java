package io.github.clnorm.tensorfile;

import java.nio.charset.StandardCharsets;

/**
 * A file in a zip archive, as the directory of the archive describes it.
 *
 * @param name its name
 * @param nameBytes the same as the archive has it, which may be in an encoding that it does not state
 * @param madeBy the system and version that made it
 * @param flags bits of the format
 * @param method how it is compressed
 * @param time its date and time, as the format packs them
 * @param crc its CRC-32
 * @param packed bytes that it takes in the archive
 * @param size bytes of its content
 * @param attributes mode and others
 * @param offset where its local header begins in the archive
 */
record ZipMember(
        String name,
        byte[] nameBytes,
        int madeBy,
        int flags,
        int method,
        int time,
        int crc,
        long packed,
        long size,
        int attributes,
        long offset) {

    static final int STORED = 0;
    static final int DEFLATED = 8;

    /** Names are UTF-8. */
    static final int UTF_8 = 0x800;
    /** Sizes follow the content. */
    static final int DESCRIPTOR = 8;

    private static final int ENCRYPTED = 1;
    /** Midnight of 1 January 1980, which NumPy writes too: equal tensors are equal files. */
    private static final int NO_TIME = 0x21 << 16;

    private static final int UNIX = 3 << 8;
    private static final int READABLE = 0100644 << 16;

    /** A new file, which is stored. */
    static ZipMember stored(String name, long size, int crc) {
        int flags = name.chars().allMatch(c -> c < 0x80) ? 0 : UTF_8;
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return new ZipMember(
                name, bytes, UNIX | ZipFormat.VERSION, flags, STORED, NO_TIME, crc, size, size, READABLE, 0);
    }

    boolean isEncrypted() {
        return (flags & ENCRYPTED) != 0;
    }

    ZipMember movedTo(long newOffset) {
        return new ZipMember(
                name, nameBytes, madeBy, flags & ~DESCRIPTOR, method, time, crc, packed, size, attributes, newOffset);
    }
}
