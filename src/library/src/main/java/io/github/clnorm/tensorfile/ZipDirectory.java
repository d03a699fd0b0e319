package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the directory at the end of a zip archive, with ZIP64. */
final class ZipDirectory {

    /** The longest directory that is read or written: about a million tensors. */
    static final int MAX_BYTES = 100_000_000;

    private static final int MAX_COMMENT_BYTES = 0xffff;
    // In the heap, the shortest entries take about four times the size of their text.
    private static final int SHARE_OF_HEAP = 16;

    private final Specification file;
    private final FileChannel channel;

    /** Where the directory lies, and the number of its entries. */
    private record Place(long offset, long bytes, long count) {}

    private ZipDirectory(Specification file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Reads the description of all files, in their order. */
    static List<ZipMember> read(Specification file, FileChannel channel) throws IOException {
        ZipDirectory directory = new ZipDirectory(file, channel);
        return directory.members(directory.place());
    }

    /** The position of a member's content. */
    static long content(Specification file, FileChannel channel, ZipMember member) throws IOException {
        ZipDirectory directory = new ZipDirectory(file, channel);
        ByteBuffer local = directory.record(member.offset(), ZipFormat.LOCAL_BYTES);
        if (local.remaining() < ZipFormat.LOCAL_BYTES || local.getInt(0) != ZipFormat.LOCAL) {
            throw directory.damaged("the header of " + Text.name(member.name()) + " is not where its directory says");
        }
        long start = member.offset() + ZipFormat.LOCAL_BYTES + unsigned(local, 26) + unsigned(local, 28);
        if (member.packed() > channel.size() - start) {
            throw directory.damaged(Text.name(member.name()) + " reaches beyond its end");
        }
        return start;
    }

    static TensorFileException damaged(Specification file, String how) {
        return new TensorFileException(file, "is a damaged .npz file: " + how);
    }

    private TensorFileException damaged(String how) {
        return damaged(file, how);
    }

    private Place place() throws IOException {
        long size = channel.size();
        int most = (int) Math.min(size, ZipFormat.END_BYTES + MAX_COMMENT_BYTES);
        ByteBuffer tail = record(size - most, most);
        for (int at = tail.limit() - ZipFormat.END_BYTES; at >= 0; at--) {
            if (tail.getInt(at) == ZipFormat.END) {
                return place(tail, at, size - most + at);
            }
        }
        ByteBuffer start = record(0, Integer.BYTES);
        if (start.remaining() == Integer.BYTES && start.getInt(0) == ZipFormat.LOCAL) {
            throw damaged("the directory at its end is missing, so it may be truncated");
        }
        throw notAnArchive(file);
    }

    static TensorFileException notAnArchive(Specification file) {
        return new TensorFileException(
                file, "is not a .npz file: expected a zip archive of .npy files, as numpy.savez writes");
    }

    private Place place(ByteBuffer tail, int at, long position) throws IOException {
        Place place = new Place(
                tail.getInt(at + 16) & ZipFormat.MORE_INT,
                tail.getInt(at + 12) & ZipFormat.MORE_INT,
                unsigned(tail, at + 10));
        long end = position;
        if (position >= ZipFormat.LOCATOR64_BYTES) {
            ByteBuffer locator = record(position - ZipFormat.LOCATOR64_BYTES, ZipFormat.LOCATOR64_BYTES);
            if (locator.getInt(0) == ZipFormat.LOCATOR64) {
                end = locator.getLong(8);
                place = place64(end);
            }
        }
        if (place.offset < 0 || place.bytes < 0 || place.offset > end - place.bytes) {
            throw damaged("its directory of " + Long.toUnsignedString(place.bytes) + " bytes at "
                    + Long.toUnsignedString(place.offset) + " reaches beyond its end");
        }
        long most = Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
        if (place.bytes > most) {
            throw new TensorFileException(
                    file, "has a directory of " + place.bytes + " bytes, expected at most " + most);
        }
        return place;
    }

    private Place place64(long position) throws IOException {
        ByteBuffer end = position < 0 ? ZipFormat.buffer(0) : record(position, ZipFormat.END64_BYTES);
        if (end.remaining() < ZipFormat.END64_BYTES || end.getInt(0) != ZipFormat.END64) {
            throw damaged("the ZIP64 record of its end is missing");
        }
        return new Place(end.getLong(48), end.getLong(40), end.getLong(32));
    }

    private List<ZipMember> members(Place place) throws IOException {
        ByteBuffer directory = record(place.offset, (int) place.bytes);
        if (directory.remaining() < place.bytes) {
            throw Transfer.shorter();
        }
        List<ZipMember> members = new ArrayList<>();
        while (directory.hasRemaining()) {
            members.add(member(directory, members.size()));
        }
        if (members.size() != place.count) {
            throw damaged(
                    "its directory has " + members.size() + " entries, expected " + Long.toUnsignedString(place.count));
        }
        return members;
    }

    private ZipMember member(ByteBuffer directory, int number) {
        int at = directory.position();
        int left = directory.remaining();
        if (left < ZipFormat.CENTRAL_BYTES || directory.getInt(at) != ZipFormat.CENTRAL) {
            throw damaged("entry " + number + " of its directory is malformed");
        }
        int nameBytes = unsigned(directory, at + 28);
        int extraBytes = unsigned(directory, at + 30);
        int bytes = ZipFormat.CENTRAL_BYTES + nameBytes + extraBytes + unsigned(directory, at + 32);
        if (left < bytes) {
            throw damaged("entry " + number + " of its directory is truncated");
        }
        byte[] name = new byte[nameBytes];
        directory.get(at + ZipFormat.CENTRAL_BYTES, name);
        long[] numbers = numbers(directory, at, nameBytes, extraBytes, number);
        ZipMember member = new ZipMember(
                text(name),
                name,
                unsigned(directory, at + 4),
                unsigned(directory, at + 8),
                unsigned(directory, at + 10),
                directory.getInt(at + 12),
                directory.getInt(at + 16),
                numbers[1],
                numbers[0],
                directory.getInt(at + 38),
                numbers[2]);
        if (member.packed() < 0 || member.size() < 0 || member.offset() < 0) {
            throw damaged("entry " + number + " of its directory has an impossible size or offset");
        }
        directory.position(at + bytes);
        return member;
    }

    /** A name without the flag of UTF-8 may be in any encoding. */
    private static String text(byte... name) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            return new String(name, StandardCharsets.ISO_8859_1);
        }
    }

    /** Size, packed size and offset, in the order of ZIP64. */
    private long[] numbers(ByteBuffer directory, int at, int nameBytes, int extraBytes, int number) {
        long[] numbers = {
            directory.getInt(at + 24) & ZipFormat.MORE_INT,
            directory.getInt(at + 20) & ZipFormat.MORE_INT,
            directory.getInt(at + 42) & ZipFormat.MORE_INT
        };
        int start = at + ZipFormat.CENTRAL_BYTES + nameBytes;
        ByteBuffer large = extra64(directory.slice(start, extraBytes).order(ByteOrder.LITTLE_ENDIAN));
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] == ZipFormat.MORE_INT && large != null) {
                if (large.remaining() < Long.BYTES) {
                    throw damaged("entry " + number + " of its directory has a truncated ZIP64 field");
                }
                numbers[i] = large.getLong();
            }
        }
        return numbers;
    }

    /** The field of ZIP64; null if there is none. */
    private static ByteBuffer extra64(ByteBuffer extra) {
        while (extra.remaining() >= 2 * Short.BYTES) {
            int id = extra.getShort() & 0xffff;
            int bytes = Math.min(extra.getShort() & 0xffff, extra.remaining());
            if (id == ZipFormat.EXTRA64) {
                return extra.limit(extra.position() + bytes);
            }
            extra.position(extra.position() + bytes);
        }
        return null;
    }

    private ByteBuffer record(long position, int bytes) throws IOException {
        ByteBuffer record = ZipFormat.buffer(bytes);
        Transfer.readAvailable(channel, position, record);
        return record.flip();
    }

    private static int unsigned(ByteBuffer bytes, int at) {
        return bytes.getShort(at) & 0xffff;
    }
}
