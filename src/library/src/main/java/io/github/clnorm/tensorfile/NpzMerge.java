package io.github.clnorm.tensorfile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Merges {@code .npz} files. Their content is copied as it is stored or compressed. */
final class NpzMerge extends Merge {

    /** A file of an archive and the position of its content. */
    private record Source(ZipMember member, FileChannel channel, long position) {}

    private final Map<String, Source> members = new LinkedHashMap<>();

    @Override
    void read(Specification named, FileChannel channel) throws IOException {
        for (ZipMember member : ZipDirectory.read(named, channel)) {
            long position = ZipDirectory.content(named, channel, member);
            members.put(member.name(), new Source(member, channel, position));
        }
    }

    @Override
    boolean isOneTensor() {
        return members.size() == 1;
    }

    @Override
    void write(FileChannel to) throws IOException {
        List<ZipMember> written = new ArrayList<>();
        for (Source source : members.values()) {
            ZipMember member = source.member.movedTo(to.position());
            written.add(member);
            Transfer.write(to, ByteBuffer.wrap(ZipFormat.local(member)));
            Transfer.copy(source.channel, source.position, member.packed(), to);
        }
        Transfer.write(to, ByteBuffer.wrap(ZipFormat.directory(to.position(), written)));
    }
}
