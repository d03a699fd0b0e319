package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Records of a zip archive, as <a href="https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT">PKWARE describes
 * them</a>. Sizes and offsets from 2<sup>32</sup>-1 on are in the extra field of ZIP64.
 */
final class ZipFormat {

    static final int LOCAL = 0x04034b50;
    static final int CENTRAL = 0x02014b50;
    static final int END = 0x06054b50;
    static final int END64 = 0x06064b50;
    static final int LOCATOR64 = 0x07064b50;

    static final int LOCAL_BYTES = 30;
    static final int CENTRAL_BYTES = 46;
    static final int END_BYTES = 22;
    static final int END64_BYTES = 56;
    static final int LOCATOR64_BYTES = 20;

    /** The extra field of ZIP64. */
    static final int EXTRA64 = 1;
    /** Marks a number that is in the extra field. */
    static final long MORE_INT = 0xffffffffL;

    static final int MORE_SHORT = 0xffff;

    static final int VERSION = 20;
    private static final int VERSION64 = 45;
    private static final int MAX_NAME_BYTES = 0xffff;

    private ZipFormat() {}

    /** Whether an archive can have a file of this name. */
    static boolean isName(String name) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(name)
                && name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES;
    }

    private static boolean isLarge(ZipMember member) {
        return member.size() >= MORE_INT || member.packed() >= MORE_INT;
    }

    /** The header in front of a file's content. */
    static byte[] local(ZipMember member) {
        byte[] name = member.nameBytes();
        boolean large = isLarge(member);
        ByteBuffer header = buffer(LOCAL_BYTES + name.length + (large ? 20 : 0));
        header.putInt(LOCAL);
        common(header, member, large, name.length, large ? 20 : 0);
        header.put(name);
        if (large) {
            header.putShort((short) EXTRA64).putShort((short) 16);
            header.putLong(member.size()).putLong(member.packed());
        }
        return header.array();
    }

    /** What local and central headers share. */
    private static void common(ByteBuffer header, ZipMember member, boolean large, int nameBytes, int extraBytes) {
        header.putShort((short) (large ? VERSION64 : VERSION));
        header.putShort((short) member.flags()).putShort((short) member.method());
        header.putInt(member.time()).putInt(member.crc());
        header.putInt((int) (large ? MORE_INT : member.packed()));
        header.putInt((int) (large ? MORE_INT : member.size()));
        header.putShort((short) nameBytes).putShort((short) extraBytes);
    }

    /** The directory at the end of an archive, and the record that ends it. */
    static byte[] directory(long offset, List<ZipMember> members) throws IOException {
        long bytes = END_BYTES + END64_BYTES + LOCATOR64_BYTES;
        for (ZipMember member : members) {
            bytes += CENTRAL_BYTES + member.nameBytes().length + 28;
        }
        if (bytes > ZipDirectory.MAX_BYTES) {
            throw new IOException("its directory would be longer than " + ZipDirectory.MAX_BYTES + " bytes");
        }
        ByteBuffer directory = buffer((int) bytes);
        members.forEach(member -> central(directory, member));
        end(directory, offset, members.size());
        byte[] written = new byte[directory.position()];
        directory.get(0, written);
        return written;
    }

    private static void central(ByteBuffer directory, ZipMember member) {
        byte[] name = member.nameBytes();
        boolean large = isLarge(member) || member.offset() >= MORE_INT;
        directory.putInt(CENTRAL).putShort((short) member.madeBy());
        common(directory, member, large, name.length, large ? 28 : 0);
        // No comment, the first disk, no internal attributes.
        directory.putShort((short) 0).putShort((short) 0).putShort((short) 0);
        directory.putInt(member.attributes());
        directory.putInt((int) (large ? MORE_INT : member.offset()));
        directory.put(name);
        if (large) {
            directory.putShort((short) EXTRA64).putShort((short) 24);
            directory.putLong(member.size()).putLong(member.packed()).putLong(member.offset());
        }
    }

    private static void end(ByteBuffer directory, long offset, int count) {
        int bytes = directory.position();
        boolean large = count >= MORE_SHORT || offset >= MORE_INT;
        if (large) {
            directory.putInt(END64).putLong(END64_BYTES - 12).putShort((short) VERSION64);
            directory.putShort((short) VERSION64).putInt(0).putInt(0);
            directory.putLong(count).putLong(count).putLong(bytes).putLong(offset);
            directory.putInt(LOCATOR64).putInt(0).putLong(offset + bytes).putInt(1);
        }
        short entries = (short) (large ? MORE_SHORT : count);
        directory.putInt(END).putShort((short) 0).putShort((short) 0).putShort(entries);
        directory.putShort(entries).putInt(bytes).putInt((int) (large ? MORE_INT : offset));
        directory.putShort((short) 0);
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
