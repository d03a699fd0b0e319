package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A tensor of a {@code .npz} file, which is a zip archive of {@code .npy} files: stored, as numpy.savez writes, or deflated,
 * as numpy.savez_compressed does. As in NumPy, a tensor has the name of its file without .npy.
 */
final class NpzMember {

    /** The longest header of a .npy file, and one number. */
    private static final int HEAD_BYTES = 1 << 16;
    /** Deflate's largest ratio, rounded up. */
    private static final int MAX_RATIO = 1033;

    private static final String NPY = Format.NPY.toString();

    private final Specification file;
    private final FileChannel channel;
    private final ZipMember member;
    /** Where its bytes begin in the archive. */
    private final long start;

    private NpzMember(Specification file, FileChannel channel, ZipMember member, long start) {
        this.file = file;
        this.channel = channel;
        this.member = member;
        this.start = start;
    }

    /** Finds the tensor that a specification names, or the only one. */
    static NpzMember find(Specification file, FileChannel channel) throws IOException {
        Map<String, ZipMember> tensors = tensors(ZipDirectory.read(file, channel));
        String name = file.tensor() == null ? null : tensorName(file.tensor());
        ZipMember member = NamedTensors.pick(file, name, tensors);
        Specification named = file.named(tensorName(member.name()));
        if (member.isEncrypted()) {
            throw new TensorFileException(named, "is encrypted, expected a .npz file as numpy.savez writes");
        }
        if (member.method() != ZipMember.STORED && member.method() != ZipMember.DEFLATED) {
            throw new TensorFileException(
                    named,
                    "is compressed by zip's method " + member.method()
                            + ", expected 0 or 8, as numpy.savez and numpy.savez_compressed write");
        }
        NpzMember found = new NpzMember(named, channel, member, ZipDirectory.content(file, channel, member));
        found.checkSizes();
        return found;
    }

    /** The .npy files of an archive by tensor name. As in Python, the last of several with one name counts. */
    static Map<String, ZipMember> tensors(List<ZipMember> members) {
        Map<String, ZipMember> tensors = new LinkedHashMap<>();
        for (ZipMember member : members) {
            if (member.name().endsWith(NPY)) {
                tensors.put(tensorName(member.name()), member);
            }
        }
        return tensors;
    }

    /** As in NumPy, .npy may follow a tensor's name. */
    static String tensorName(String name) {
        return name.endsWith(NPY) ? name.substring(0, name.length() - NPY.length()) : name;
    }

    static String fileName(String tensor) {
        return tensorName(tensor) + NPY;
    }

    private void checkSizes() {
        boolean possible = isStored() ? member.packed() == member.size() : member.size() / MAX_RATIO <= member.packed();
        if (!possible) {
            throw ZipDirectory.damaged(
                    file, member.size() + " bytes of content cannot take " + member.packed() + " bytes in the archive");
        }
    }

    private boolean isStored() {
        return member.method() == ZipMember.STORED;
    }

    /** Describes the float tensor. Its offset is that in the {@link #open opened} content. */
    StoredTensor tensor() throws IOException {
        StoredTensor tensor = NpyHeader.read(file, head());
        return tensor.movedBy(isStored() ? start : 0);
    }

    /** Reads the whole number. */
    long number() throws IOException {
        NpyBytes content = head();
        if (member.size() <= HEAD_BYTES) {
            ByteBuffer all = ByteBuffer.allocate((int) member.size());
            content.read(0, all);
            CRC32 crc = new CRC32();
            crc.update(all.flip());
            checkCrc(crc);
        }
        return NpyHeader.number(file, content).read(file, content);
    }

    /** The content, of which only the first bytes can be read if it is deflated. */
    private NpyBytes head() throws IOException {
        if (isStored()) {
            return new Head(member.size()) {
                @Override
                public void readAvailable(long position, ByteBuffer target) throws IOException {
                    int end = target.limit();
                    long left = Math.max(0, member.size() - position);
                    target.limit((int) Math.min(end, target.position() + left));
                    Transfer.readAvailable(channel, start + position, target);
                    target.limit(end);
                }
            };
        }
        ByteBuffer first = ByteBuffer.allocate((int) Math.min(HEAD_BYTES, member.size()));
        Inflated.read(file, channel, start, member, (bytes, count) -> {
            first.put(bytes, 0, Math.min(count, first.remaining()));
            return first.hasRemaining();
        });
        first.flip();
        return new Head(member.size()) {
            @Override
            public void readAvailable(long position, ByteBuffer target) {
                int from = (int) Math.min(position, first.limit());
                int count = Math.min(target.remaining(), first.limit() - from);
                target.put(first.slice(from, count));
            }
        };
    }

    /** The content of a file in an archive. */
    private abstract static class Head implements NpyBytes {
        private final long size;

        Head(long size) {
            this.size = size;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public String noun() {
            return "its file in the archive";
        }
    }

    /**
     * Checks the content and returns a channel in which the tensor is at its offset: that of the archive, or of an
     * unlinked temporary file with the inflated content.
     */
    FileChannel open() throws IOException {
        CRC32 crc = new CRC32();
        if (isStored()) {
            ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(member.size(), Transfer.PIECE_BYTES));
            for (long at = 0; at < member.size(); at += piece.limit()) {
                piece.clear().limit((int) Math.min(piece.capacity(), member.size() - at));
                Transfer.read(channel, start + at, piece);
                crc.update(piece.flip());
            }
            checkCrc(crc);
            return channel;
        }
        Temporary inflated = Temporary.create();
        boolean done = false;
        try {
            Inflated.read(file, channel, start, member, (bytes, count) -> {
                crc.update(bytes, 0, count);
                inflated.append(bytes, count);
                return true;
            });
            checkCrc(crc);
            done = true;
            return inflated.channel();
        } finally {
            if (!done) {
                inflated.channel().close();
            }
        }
    }

    private void checkCrc(CRC32 crc) {
        if ((int) crc.getValue() != member.crc()) {
            throw ZipDirectory.damaged(file, "the content of " + Text.name(member.name()) + " has another checksum");
        }
    }
}
