package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Inflates a file in a zip archive. */
final class Inflated {

    private static final int PIECE_BYTES = 1 << 16;

    private Inflated() {}

    /** Receives bytes and says whether it wants more. */
    interface Receiver {
        boolean take(byte[] bytes, int count) throws IOException;
    }

    /** Inflates until the receiver wants no more, or the content is complete. Rejects content of another size. */
    static void read(Specification file, FileChannel channel, long start, ZipMember member, Receiver receiver)
            throws IOException {
        // The archive has deflate's data without zlib's header.
        Inflater inflater = new Inflater(true);
        try {
            ByteBuffer packed = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, member.packed()));
            byte[] bytes = new byte[PIECE_BYTES];
            long read = 0;
            long inflated = 0;
            boolean wanted = true;
            while (wanted && !inflater.finished()) {
                if (inflater.needsInput()) {
                    if (read == member.packed() || inflater.needsDictionary()) {
                        throw incomplete(file, member, inflated);
                    }
                    packed.clear().limit((int) Math.min(packed.capacity(), member.packed() - read));
                    Transfer.read(channel, start + read, packed);
                    read += packed.limit();
                    inflater.setInput(packed.flip());
                }
                int count = inflater.inflate(bytes);
                inflated += count;
                if (inflated > member.size()) {
                    throw ZipDirectory.damaged(
                            file,
                            Text.name(member.name()) + " inflates to more than the " + member.size()
                                    + " bytes of its directory");
                }
                wanted = count == 0 || receiver.take(bytes, count);
            }
            if (wanted && inflated < member.size()) {
                throw incomplete(file, member, inflated);
            }
        } catch (DataFormatException e) {
            throw new TensorFileException(
                    file,
                    "is a damaged .npz file: " + Text.name(member.name()) + " cannot be inflated"
                            + (e.getMessage() == null ? "" : ", " + e.getMessage()),
                    e);
        } finally {
            inflater.end();
        }
    }

    private static TensorFileException incomplete(Specification file, ZipMember member, long inflated) {
        return ZipDirectory.damaged(
                file,
                Text.name(member.name()) + " inflates to " + inflated + " bytes, expected the " + member.size()
                        + " of its directory");
    }
}
