package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Writes a {@code .npz} file of one tensor, which is stored. Takes the bytes of the {@code .npy} file. Closing it completes the
 * archive and leaves the file's own channel open.
 */
final class NpzChannel implements WritableByteChannel {

    private final FileChannel archive;
    private final String name;
    private final long size;
    private final CRC32 crc = new CRC32();
    private long left;
    private boolean open = true;

    /**
     * Begins an archive.
     *
     * @param archive an empty file
     * @param tensor the tensor's name
     * @param size bytes of the .npy file
     */
    NpzChannel(FileChannel archive, String tensor, long size) throws IOException {
        this.archive = archive;
        this.name = NpzMember.fileName(tensor);
        this.size = size;
        this.left = size;
        Transfer.write(archive, ByteBuffer.wrap(ZipFormat.local(ZipMember.stored(name, size, 0))));
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int count = bytes.remaining();
        ByteBuffer written = bytes.duplicate();
        Transfer.write(archive, bytes);
        crc.update(written);
        left -= count;
        return count;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** An incomplete archive is abandoned. */
    @Override
    public void close() throws IOException {
        if (!open) {
            return;
        }
        open = false;
        if (left == 0) {
            ZipMember member = ZipMember.stored(name, size, (int) crc.getValue());
            long end = archive.position();
            // The checksum is known only now.
            Transfer.write(archive.position(0), ByteBuffer.wrap(ZipFormat.local(member)));
            Transfer.write(archive.position(end), ByteBuffer.wrap(ZipFormat.directory(end, List.of(member))));
        }
    }
}
